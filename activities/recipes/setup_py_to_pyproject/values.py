"""What setup.py gives to `setup()`, exactly or not at all: a syntax tree, never run."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

LARGEST = 300_000
_MOST_STEPS = 20_000
_OPENERS = ("io", "codecs", "os")
_READING = frozenset(
    ("open", "read", "read_text", "join", "dirname", "abspath", "realpath", "Path", "joinpath", "resolve", "decode")
)
_CHANGING = ("append", "extend", "update", "insert", "pop", "remove", "setdefault")


class NotPlainError(Exception):
    """A value that only running the script would tell."""


@dataclass(frozen=True)
class FileText:
    """The text of files, one after another with a line end between them."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class FoundPackages:
    """A call of `find_packages`, or of `find_namespace_packages`."""

    namespaces: bool
    where: str = "."
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class SetupCall:
    """`values` are the keywords that are plain, `others` why each of the rest is not."""

    call: ast.Call
    values: dict[str, object]
    others: dict[str, str]


@dataclass(frozen=True)
class OwnModule:
    """The one module of the project that has its version: its name for `attr:`, and what it names plainly."""

    name: str
    values: dict[str, object]


@dataclass(frozen=True)
class AttributeOf:
    """The version that is a module's attribute."""

    module: str
    name: str


def setup_call(tree: ast.Module, own: OwnModule | None) -> SetupCall | None:
    """The one call of `setup()`; None where there is none, several, or one with `**options`."""
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("setup", "setuptools.setup", "core.setup")
    ]
    if len(calls) != 1 or calls[0].args:
        return None
    reader = _ValueReader(tree)
    text = ast.unparse(tree)
    values: dict[str, object] = {}
    others: dict[str, str] = {}
    for keyword in calls[0].keywords:
        if keyword.arg is None:
            return None
        known = _of_own_module(keyword.arg, keyword.value, text, own)
        if known is not None:
            values[keyword.arg] = known
            continue
        try:
            values[keyword.arg] = reader.value(keyword.value)
        except NotPlainError as error:
            others[keyword.arg] = str(error)
        except RecursionError:
            others[keyword.arg] = "is nested too deeply"
    return SetupCall(calls[0], values, others)


def _of_own_module(name: str, node: ast.expr, text: str, own: OwnModule | None) -> object:
    """What is read from the project's own module: `about["__author__"]`, `package.__version__`, its text."""
    if own is None or isinstance(node, ast.Constant):
        return None
    if name == "version" and "__version__" in text and not _is_plain_name(node, text):
        return AttributeOf(own.name, "__version__")
    match node:
        case ast.Subscript(value=ast.Name(), slice=ast.Constant(value=str(key))):
            return own.values.get(key) if key.startswith("__") else None
        case ast.Attribute(value=ast.Name(), attr=key):
            return own.values.get(key) if key.startswith("__") else None
    return None


def _is_plain_name(node: ast.expr, text: str) -> bool:
    """Whether it is a name that the script itself gives a text."""
    return isinstance(node, ast.Name) and bool(re.search(rf"(?m)^{re.escape(node.id)} = ['\"]", text))


class _ValueReader:
    """Names count where the module gives them a value once, at its top."""

    def __init__(self, tree: ast.Module) -> None:
        self._left = _MOST_STEPS
        self._names: dict[str, ast.expr] = {}
        self._files: dict[str, ast.expr] = {}
        self._entries: dict[str, list[tuple[ast.expr, ast.expr]]] = {}
        self._building: dict[str, dict[object, object]] = {}
        given: dict[str, int] = {}
        self.imports = {
            alias.asname or alias.name: f"{getattr(node, 'module', None) or ''}.{alias.name}".lstrip(".")
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        for name in _given(tree):
            given[name] = given.get(name, 0) + 1
        for node in _statements(tree.body):
            if isinstance(node, ast.Assign) and (entry := _entry(node)):
                self._entries.setdefault(entry[0], []).append((entry[1], node.value))
                given[entry[0]] -= 1
        for node in _statements(tree.body):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                if given.get(node.targets[0].id) == 1:
                    self._names[node.targets[0].id] = node.value
            elif isinstance(node, ast.With):
                for item in node.items:
                    if isinstance(item.optional_vars, ast.Name):
                        self._files[item.optional_vars.id] = item.context_expr
        self._functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}

    def value(self, node: ast.expr) -> object:
        """Raises NotPlainError."""
        self._left -= 1
        if self._left < 0:
            raise NotPlainError("is too large")
        found: object
        match node:
            case ast.Constant(value=constant):
                found = constant
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                found = [each for element in elements for each in self._element(element)]
            case ast.Dict(keys=keys, values=values):
                found = self._table(keys, values)
            case ast.Name(id=name) if name in self._names:
                found = self._named(name)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                found = self._sum(self.value(left), self.value(right))
            case ast.BinOp(left=left, op=ast.Mod(), right=right):
                found = self._formatted(self.value(left), self.value(right))
            case ast.JoinedStr(values=parts):
                found = "".join(self._text(part) for part in parts)
            case ast.Call():
                found = self._call(node)
            case ast.Subscript(value=value, slice=key):
                found = self._item(self.value(value), self.value(key))
            case _:
                raise NotPlainError(f"is `{ast.unparse(node)[:80]}`")
        return found

    def _named(self, name: str) -> object:
        """With the entries that the script gives to it afterwards: `extras["all"] = …`."""
        if name in self._building:
            return self._building[name]
        found = self.value(self._names[name])
        if not self._entries.get(name):
            return found
        if not isinstance(found, dict):
            raise NotPlainError("is changed after it was made")
        table = self._building[name] = dict(found)
        try:
            for key, value in self._entries[name]:
                table[self._key(key)] = self.value(value)
        finally:
            del self._building[name]
        return table

    def _key(self, node: ast.expr) -> str:
        key = self.value(node)
        if not isinstance(key, str):
            raise NotPlainError("has a key that is no text")
        return key

    def _element(self, node: ast.expr) -> list[object]:
        if not isinstance(node, ast.Starred):
            return [self.value(node)]
        value = self.value(node.value)
        if not isinstance(value, list):
            raise NotPlainError("unpacks something else than a list")
        return value

    def _table(self, keys: list[ast.expr | None], values: list[ast.expr]) -> dict[object, object]:
        table: dict[object, object] = {}
        for key, value in zip(keys, values, strict=True):
            found = self.value(value)
            if key is not None:
                table[self._key(key)] = found
            elif isinstance(found, dict):
                table |= found
        return table

    def _sum(self, left: object, right: object) -> object:
        if isinstance(left, FileText) or isinstance(right, FileText):
            return _joined(left, right)
        if isinstance(left, str) and isinstance(right, str):
            return left + right
        if isinstance(left, list) and isinstance(right, list):
            return [*left, *right]
        raise NotPlainError("is a sum of different things")

    def _formatted(self, left: object, right: object) -> str:
        if isinstance(left, str) and isinstance(right, str | int):
            return left % right
        raise NotPlainError("is formatted")

    def _text(self, node: ast.expr) -> str:
        inner = (
            node.value
            if isinstance(node, ast.FormattedValue) and node.conversion == -1 and not node.format_spec
            else node
        )
        value = self.value(inner)
        if not isinstance(value, str | int):
            raise NotPlainError("is formatted")
        return str(value)

    def _item(self, value: object, key: object) -> object:
        if isinstance(value, dict) and isinstance(key, str) and key in value:
            return value[key]
        raise NotPlainError("is looked up")

    def _call(self, node: ast.Call) -> object:
        name = ast.unparse(node.func)
        first, _, rest = name.partition(".")
        full = f"{self.imports.get(first, first)}.{rest}" if rest else self.imports.get(first, first)
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        found: object = None
        if full.rpartition(".")[2] in ("find_packages", "find_namespace_packages") and "setuptools" in full:
            found = self._packages(node, full.endswith("namespace_packages"))
        elif name == "dict" and not node.args:
            found = {each.arg: self.value(each.value) for each in node.keywords if each.arg}
        elif name in ("list", "tuple", "sorted") and len(node.args) == 1 and not node.keywords:
            listed = self.value(node.args[0])
            if isinstance(listed, list):
                found = sorted(listed, key=str) if name == "sorted" else listed
        elif isinstance(node.func, ast.Attribute) and method in ("read", "read_text"):
            found = FileText((self._path(node.func.value),))
        elif isinstance(node.func, ast.Attribute) and method == "decode":
            inner = self.value(node.func.value)
            found = inner if isinstance(inner, FileText) else None
        elif isinstance(node.func, ast.Attribute) and method == "join" and len(node.args) == 1:
            found = self._join(self.value(node.func.value), self.value(node.args[0]))
        elif isinstance(node.func, ast.Name) and node.func.id in self._functions and len(node.args) == 1:
            found = self._own_function(self._functions[node.func.id], node.args[0])
        if found is None:
            raise NotPlainError(f"is the result of `{ast.unparse(node)[:80]}`")
        return found

    def _packages(self, node: ast.Call, namespaces: bool) -> FoundPackages:
        names = ("where", "exclude", "include")
        found = {name: self.value(each) for name, each in zip(names, node.args, strict=False)}
        found |= {each.arg: self.value(each.value) for each in node.keywords if each.arg}
        where = found.get("where", ".")
        include, exclude = found.get("include", []), found.get("exclude", [])
        if not isinstance(where, str) or not isinstance(include, list) or not isinstance(exclude, list):
            raise NotPlainError("finds packages in another way")
        return FoundPackages(namespaces, where, tuple(map(str, include)), tuple(map(str, exclude)))

    def _path(self, node: ast.expr) -> str:
        """The file that is read: `open("README")`, `Path("README")`, a `with`, joined with the script's folder."""
        known = {**self._names, **self._files}.get(node.id) if isinstance(node, ast.Name) else None
        inner = [known] if known is not None else list(self._parts(node))
        if inner:
            return "/".join(self._path(each) for each in inner)
        value = self.value(node)
        if isinstance(value, str) and value and not value.startswith("/") and ".." not in value:
            return value.removeprefix("./")
        raise NotPlainError("is read from a file that is not named plainly")

    def _parts(self, node: ast.expr) -> Iterator[ast.expr]:
        """The parts of a path without the script's folder; nothing for a plain value."""
        name = ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield from (each for each in (node.left, node.right) if not self._is_here(each))
        elif isinstance(node, ast.Call) and name in ("join", "joinpath"):
            yield from (each for each in node.args if not self._is_here(each))
        elif isinstance(node, ast.Call) and name in ("open", "Path", "str"):
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            if name == "open" and owner is not None and ast.unparse(owner) not in _OPENERS:  # Path(…).open()
                yield owner
            else:
                yield from node.args[:1]

    def _is_here(self, node: ast.expr) -> bool:
        """Whether it is the script's own folder."""
        if isinstance(node, ast.Name) and node.id in self._names:
            node = self._names[node.id]
        text = ast.unparse(node)
        joined = "join(" in text or "'" in text
        return ("__file__" in text and not joined) or text in ("'.'", "''", "os.getcwd()", "Path.cwd()")

    def _join(self, between: object, parts: object) -> object:
        if isinstance(between, str) and isinstance(parts, list):
            if all(isinstance(each, str) for each in parts):
                return between.join(map(str, parts))
            if between == "\n" and all(isinstance(each, FileText) for each in parts):
                return FileText(tuple(path for each in parts if isinstance(each, FileText) for path in each.paths))
        raise NotPlainError("is joined from other things")

    def _own_function(self, function: ast.FunctionDef, argument: ast.expr) -> object:
        """A function of the script that does nothing but to read the file that it is given."""
        nodes = list(ast.walk(function))
        called = {ast.unparse(node.func).rpartition(".")[2] for node in nodes if isinstance(node, ast.Call)}
        taken = len(function.args.args) + bool(function.args.vararg)
        others = any(isinstance(node, ast.If | ast.For | ast.While | ast.BinOp | ast.Subscript) for node in nodes)
        if taken != 1 or others or not called & {"read", "read_text"} or called - _READING:
            raise NotPlainError(f"is the result of {function.name}()")
        return FileText((self._path(argument),))


def _entry(node: ast.Assign) -> tuple[str, ast.expr] | None:
    """`name[key] = …`."""
    target = node.targets[0]
    if len(node.targets) == 1 and isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        return target.value.id, target.slice
    return None


def _joined(left: object, right: object) -> FileText:
    """`open(a).read() + "\\n" + open(b).read()`."""
    if isinstance(left, FileText) and right == "\n":
        return FileText((*left.paths, ""))
    if isinstance(left, FileText) and isinstance(right, FileText) and left.paths[-1] == "":
        return FileText((*left.paths[:-1], *right.paths))
    raise NotPlainError("is put together from files and other text")


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.With):
            yield from _statements(node.body)


def _given(tree: ast.Module) -> Iterator[str]:
    """Each time that a name is given a value, anywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id
        elif isinstance(node, ast.AugAssign | ast.Subscript) and isinstance(getattr(node, "ctx", None), ast.Store):
            value = getattr(node, "value", None)
            if isinstance(value, ast.Name):
                yield value.id
        elif isinstance(node, ast.Attribute) and node.attr in _CHANGING and isinstance(node.value, ast.Name):
            yield node.value.id
