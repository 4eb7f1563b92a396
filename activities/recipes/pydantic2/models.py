"""Which classes of a project are pydantic's models, and which expressions are models or instances of them."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from activities.migration.python.source import SourceFile

MODELS = frozenset(
    ("pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.generics.GenericModel", "pydantic.RootModel")
)
SETTINGS = frozenset(
    (
        "pydantic.BaseSettings",
        "pydantic.env_settings.BaseSettings",
        "pydantic_settings.BaseSettings",
        "pydantic_settings.main.BaseSettings",
    )
)
OF_LISTS = frozenset(
    [
        "List",
        "list",
        "Sequence",
        "Iterable",
        "Iterator",
        "Set",
        "set",
        "FrozenSet",
        "frozenset",
        "Tuple",
        "tuple",
        "Deque",
        "Collection",
        "AsyncIterator",
    ]
)
OF_TABLES = frozenset(("Dict", "dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict"))
_MAKERS = frozenset(
    [
        "parse_obj",
        "parse_raw",
        "parse_file",
        "from_orm",
        "construct",
        "validate",
        "model_validate",
        "model_validate_json",
        "model_construct",
    ]
)
_MOST_DEPTH = 30


@dataclass(eq=False)
class ModelClass:
    """A model of the project. `fields` are its own, with their annotations."""

    file: SourceFile
    node: ast.ClassDef
    is_settings: bool
    is_root: bool = False
    fields: dict[str, ast.AnnAssign] = field(default_factory=dict)
    bases: list["ModelClass"] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.node.name

    def field_named(self, name: str) -> ast.AnnAssign | None:
        """Also of the models that it is based on."""
        for one in self.lineage():
            if name in one.fields:
                return one.fields[name]
        return None

    def lineage(self) -> Iterator["ModelClass"]:
        seen: set[int] = set()
        waiting = [self]
        while waiting:
            one = waiting.pop(0)
            if id(one) not in seen:
                seen.add(id(one))
                yield one
                waiting += one.bases


class Models:
    """The models of all files."""

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self.of_node: dict[ast.ClassDef, ModelClass] = {}
        self._by_name: dict[str, list[ModelClass]] = {}
        self._others: dict[str, int] = {}
        self.functions: dict[str, list[ast.FunctionDef]] = {}
        for file in files:
            for node in file.tree.body:
                if isinstance(node, ast.FunctionDef):
                    self.functions.setdefault(node.name, []).append(node)
        classes = [(file, node) for file in files for node in ast.walk(file.tree) if isinstance(node, ast.ClassDef)]
        for _ in range(_MOST_DEPTH):
            before = len(self.of_node)
            for file, node in classes:
                if node not in self.of_node:
                    self._look(file, node)
            if len(self.of_node) == before:
                break
        for _, node in classes:
            if node not in self.of_node:
                self._others[node.name] = self._others.get(node.name, 0) + 1

    def _look(self, file: SourceFile, node: ast.ClassDef) -> None:
        for base in node.bases:
            name = base.value if isinstance(base, ast.Subscript) else base
            dotted = file.dotted(name)
            parent = self.class_named(file, name)
            known = dotted in MODELS or dotted in SETTINGS or parent is not None
            if not known and not (dotted and not dotted.startswith(".") and _looks_like_model(file, node)):
                continue
            one = self.of_node.get(node) or ModelClass(file, node, dotted in SETTINGS)
            one.is_settings |= bool(parent and parent.is_settings)
            one.is_root |= dotted == "pydantic.RootModel"
            if parent:
                one.bases.append(parent)
            if node not in self.of_node:
                one.fields = {
                    each.target.id: each
                    for each in node.body
                    if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
                }
                self.of_node[node] = one
                self._by_name.setdefault(node.name, []).append(one)

    def class_named(self, file: SourceFile, node: ast.AST | None) -> ModelClass | None:
        """The model that an expression names, by its class or by an import of it."""
        dotted = file.dotted(node)
        name = dotted.rpartition(".")[2] if dotted else node.id if isinstance(node, ast.Name) else ""
        found = self._by_name.get(name, [])
        if not dotted:
            return next((one for one in found if one.file is file), None)
        module = dotted.rpartition(".")[0].rpartition(".")[2]
        for one in found:
            path = PurePosixPath(one.file.path)
            if module in (path.stem, path.parent.name if path.stem == "__init__" else path.stem):
                return one
        is_sure = found and not self._others.get(name) and not dotted.startswith("pydantic")
        return found[0] if is_sure else None

    def annotated(
        self, file: SourceFile, node: ast.AST | None, *, elements: bool = False, depth: int = 0
    ) -> ModelClass | None:
        """The model of an annotation: or that of the `elements` of a list or table; also where it may be None."""
        inner: ast.AST | None = None
        found: ModelClass | None = None
        match node:
            case ast.Constant(value=str(text)):
                inner = _expression(text)
            case ast.BinOp(left=left, right=right):
                inner = _only([left, right])
            case ast.Subscript(value=value, slice=arguments):
                parts = arguments.elts if isinstance(arguments, ast.Tuple) else [arguments]
                name = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
                if name in ("Optional", "Union", "Annotated", "Final"):
                    inner = _only(parts[:1] if name == "Annotated" else parts)
                elif elements and (name in OF_LISTS or (name in OF_TABLES and len(parts) == 2)):
                    return self.annotated(file, parts[0 if name in OF_LISTS else 1], depth=depth + 1)
                elif not elements and name not in ("Type", "type"):
                    found = self.class_named(file, value)
            case _ if not elements:
                found = self.class_named(file, node)
        if inner is None or depth > _MOST_DEPTH:
            return found
        return self.annotated(file, inner, elements=elements, depth=depth + 1)


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return None


def _only(parts: list[ast.expr]) -> ast.expr | None:
    """The one that is not None."""
    left = [part for part in parts if not _is_none(part)]
    return left[0] if len(left) == 1 else None


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _looks_like_model(file: SourceFile, node: ast.ClassDef) -> bool:
    """Whether the class uses what only models do: then its base, of another package, is one."""
    called = (each.func for each in ast.walk(node) if isinstance(each, ast.Call))
    return any(
        file.dotted(each) in ("pydantic.Field", "pydantic.validator", "pydantic.root_validator") for each in called
    )


class Instances:
    """What expressions of one file are instances of."""

    def __init__(self, models: Models, file: SourceFile) -> None:
        self._models, self._file = models, file
        self._returns: dict[str, ast.expr | None] = {}
        for node in ast.walk(file.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                known = self._returns.setdefault(node.name, node.returns)
                if known is not node.returns:
                    self._returns[node.name] = None

    def of(self, node: ast.AST | None, depth: int = 0) -> ModelClass | None:
        """The model that the expression is surely an instance of."""
        found: ModelClass | None = None
        if depth > _MOST_DEPTH:
            return None
        match node:
            case ast.Await(value=value) | ast.NamedExpr(value=value):
                found = self.of(value, depth + 1)
            case ast.Call(func=function):
                found = self._made(function, depth)
            case ast.Name(id=name):
                found = self._named(node, name, depth, elements=False)
            case ast.Attribute(value=value, attr=name):
                owner = self.of(value, depth + 1)
                field_found = owner.field_named(name) if owner else None
                if owner and field_found:
                    found = self._models.annotated(owner.file, field_found.annotation)
                else:
                    found = self._own_attribute(node, name, depth)
            case ast.Subscript(value=value):
                found = self._elements(value, depth + 1)
        return found

    def is_class(self, node: ast.AST | None) -> ModelClass | None:
        """The model that the expression is itself, also as `cls` in one of its methods."""
        if isinstance(node, ast.Name) and node.id == "cls":
            return self._owner(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "type" and node.args:
            return self.of(node.args[0])
        if isinstance(node, ast.Subscript):
            node = node.value
        return self._models.class_named(self._file, node)

    def of_owner(self, node: ast.AST) -> bool:
        """Whether the node is in a method of a model."""
        return self._owner(node) is not None

    def _made(self, function: ast.expr, depth: int) -> ModelClass | None:
        if one := self.is_class(function):
            return one
        if isinstance(function, ast.Attribute):
            if function.attr in _MAKERS:
                return self.is_class(function.value)
            if function.attr in ("copy", "model_copy"):
                return self.of(function.value, depth + 1)
        if isinstance(function, ast.Name):
            return self._models.annotated(self._file, self._returns.get(function.id))
        return None

    def _owner(self, node: ast.AST) -> ModelClass | None:
        """The model in whose method the node is."""
        while node in self._file.parents:
            node = self._file.parents[node]
            if isinstance(node, ast.ClassDef):
                return self._models.of_node.get(node)
        return None

    def _scopes(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self._file.parents:
            node = self._file.parents[node]
            if isinstance(
                node,
                ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module
                | ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
            ):  # fmt: skip
                yield node

    def _named(self, node: ast.AST, name: str, depth: int, *, elements: bool) -> ModelClass | None:
        if name == "self" and not elements:
            return self._owner(node)
        for scope in self._scopes(node):
            found = list(self._bound(scope, name, depth, elements=elements))
            if found:
                first = found[0]
                return first if all(one is first for one in found) else None
        return None

    def _bound(self, scope: ast.AST, name: str, depth: int, *, elements: bool) -> Iterator[ModelClass | None]:
        """What the scope gives to the name, each time."""
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = scope.args
            for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                if each.arg == name:
                    yield self._models.annotated(self._file, each.annotation, elements=elements)
        if isinstance(scope, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            for generator in scope.generators:
                if _is_name(generator.target, name):
                    yield None if elements else self._elements(generator.iter, depth + 1)
        else:
            for node in _own_nodes(scope):
                yield from self._given(node, name, depth, elements=elements)

    def _given(self, node: ast.AST, name: str, depth: int, *, elements: bool) -> Iterator[ModelClass | None]:
        match node:
            case ast.Assign(targets=targets, value=value) if any(_is_name(each, name) for each in targets):
                yield self._elements(value, depth + 1) if elements else self.of(value, depth + 1)
            case ast.Assign(targets=targets) if any(
                isinstance(each, ast.Tuple) and _holds(each, name) for each in targets
            ):
                yield None
            case ast.AnnAssign(target=ast.Name(id=target), annotation=annotation) if target == name:
                yield self._models.annotated(self._file, annotation, elements=elements)
            case ast.For(target=target_node, iter=values) | ast.AsyncFor(target=target_node, iter=values):
                if _is_name(target_node, name):
                    yield None if elements else self._elements(values, depth + 1)
                elif _holds(target_node, name):
                    yield None
            case ast.withitem(optional_vars=ast.Name(id=target)) if target == name:
                yield None

    def _elements(self, node: ast.AST, depth: int) -> ModelClass | None:
        found: ModelClass | None = None
        if depth > _MOST_DEPTH:
            return None
        match node:
            case ast.Name(id=name):
                found = self._named(node, name, depth, elements=True)
            case ast.List(elts=elements) | ast.Tuple(elts=elements) if elements:
                kinds = [self.of(each, depth + 1) for each in elements]
                found = kinds[0] if all(one is kinds[0] for one in kinds) else None
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
                found = self.of(element, depth + 1)
            case ast.Attribute(value=value, attr=name):
                owner = self.of(value, depth + 1)
                field_found = owner.field_named(name) if owner else None
                if owner and field_found:
                    found = self._models.annotated(owner.file, field_found.annotation, elements=True)
            case ast.Call(func=ast.Name(id="list" | "sorted" | "reversed" | "tuple"), args=[inner, *_]):
                found = self._elements(inner, depth + 1)
            case ast.Call(func=ast.Attribute(value=value, attr="values"), args=[]):
                found = self._elements(value, depth + 1)
            case ast.Call(func=ast.Name(id=name)):
                found = self._models.annotated(self._file, self._returns.get(name), elements=True)
        return found

    def _own_attribute(self, node: ast.AST, name: str, depth: int) -> ModelClass | None:
        """`self.name` in a class that is no model, where all that is given to it is one."""
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"):
            return None
        owner: ast.AST = node
        while owner in self._file.parents and not isinstance(owner, ast.ClassDef):
            owner = self._file.parents[owner]
        found: list[ModelClass | None] = []
        for each in ast.walk(owner) if isinstance(owner, ast.ClassDef) else ():
            match each:
                case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=target)], value=value):
                    if target == name:
                        found.append(self.of(value, depth + 1))
                case ast.AnnAssign(target=ast.Attribute(attr=target) | ast.Name(id=target), annotation=annotation):
                    if target == name:
                        found.append(self._models.annotated(self._file, annotation))
        return found[0] if found and all(one is found[0] for one in found) else None


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _holds(node: ast.AST, name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node))


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a scope without those of functions and classes in it."""
    waiting: list[ast.AST] = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)
