"""What setup.py gives to `setup()`, as far as it says so plainly: a syntax tree, never run."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from activities.tooling import Project

_LARGEST = 300_000
_MOST_STEPS = 5000
_CALLS = ("setup", "setuptools.setup", "core.setup", "distutils.core.setup")


def setup_texts(project: Project, keyword: str) -> tuple[str, ...]:
    """A keyword's text or list of texts (`install_requires`), without the parts that only running it would tell."""
    value = _keywords(project.read("setup.py")).get(keyword)
    return tuple(_requirements(value))


def setup_table(project: Project, keyword: str) -> dict[str, tuple[str, ...]]:
    """A keyword's table of such lists (`extras_require`)."""
    value = _keywords(project.read("setup.py")).get(keyword)
    if not isinstance(value, dict):
        return {}
    return {name: tuple(_requirements(part)) for name, part in value.items() if isinstance(name, str)}


def _requirements(value: object) -> Iterator[str]:
    """setuptools takes a list, or one text of a requirement a line."""
    for each in value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else ():
        if isinstance(each, str) and each.strip():
            yield each.strip()


@lru_cache(maxsize=64)
def _keywords(text: str) -> Mapping[str, object]:
    reader = _SetupScript()
    try:
        for statement in ast.parse(text if len(text) < _LARGEST else "").body:
            reader.take(statement)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass  # what was read before that counts
    return reader.keywords


class _SetupScript:
    """Values of a module's names, statement by statement. What is not plain has the value None."""

    def __init__(self) -> None:
        self.keywords: dict[str, object] = {}
        self._names: dict[str, object] = {}
        self._left = _MOST_STEPS

    def take(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._names[name] = self._value(value)
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
                self._names[name] = _sum(self._names.get(name), self._value(value))
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)], value=value):
                table, named = self._names.get(name), self._value(key)
                if isinstance(table, dict) and isinstance(named, str):
                    self._names[name] = {**table, named: self._value(value)}
            case ast.Expr(value=ast.Call() as call) if ast.unparse(call.func) in _CALLS:
                self._setup(call)
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__")), body=body) | ast.With(body=body):
                for inner in body:
                    self.take(inner)
            case ast.FunctionDef(body=body):  # many call setup() in a function, with what is written there
                for inner in (one for one in body if isinstance(one, ast.Assign | ast.Expr)):
                    self.take(inner)

    def _setup(self, call: ast.Call) -> None:
        for keyword in call.keywords:
            value = self._value(keyword.value)
            if keyword.arg:
                self.keywords[keyword.arg] = value
            elif isinstance(value, dict):  # setup(**options)
                self.keywords.update({name: each for name, each in value.items() if isinstance(name, str)})

    def _value(self, node: ast.expr | None) -> object:
        self._left -= 1
        if self._left < 0:
            return None
        found: object = None
        match node:
            case ast.Constant(value=str(text)):
                found = text
            case ast.Name(id=name):
                found = self._names.get(name)
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                found = list(self._elements(elements))
            case ast.Dict(keys=keys, values=values):
                found = self._table(zip(keys, values, strict=True))
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
                found = self._table((ast.Constant(each.arg) if each.arg else None, each.value) for each in keywords)
            case ast.Call(func=ast.Name(id="list" | "sorted" | "set" | "tuple"), args=[inner]):
                found = self._value(inner)
            case ast.BinOp(left=left, op=ast.Add() | ast.BitOr(), right=right):
                found = _sum(self._value(left), self._value(right))
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=key)):
                table = self._names.get(name)
                found = table.get(key) if isinstance(table, dict) else None
        return found

    def _elements(self, elements: list[ast.expr]) -> Iterator[object]:
        for element in elements:
            value = self._value(element.value if isinstance(element, ast.Starred) else element)
            yield from value if isinstance(element, ast.Starred) and isinstance(value, list) else [value]

    def _table(self, pairs: Iterable[tuple[ast.expr | None, ast.expr]]) -> dict[str, object]:
        table: dict[str, object] = {}
        for key, node in pairs:
            name, value = self._value(key), self._value(node)
            if isinstance(name, str):
                table[name] = value
            elif key is None and isinstance(value, dict):  # {**others}
                table |= value
        return table


def _sum(left: object, right: object) -> object:
    """Of two lists or texts; of one that is not plain and another, the other."""
    if isinstance(left, list) and isinstance(right, list) and len(left) + len(right) < _MOST_STEPS:
        return [*left, *right]
    if isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    if isinstance(left, str) and isinstance(right, str) and len(left) + len(right) < _LARGEST:
        return left + right
    return right if left is None else left if right is None else None
