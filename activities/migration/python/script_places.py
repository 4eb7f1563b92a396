"""Where the texts of a Python file stand that are given to a call (`setup(python_requires=…)`); never run."""

import ast
from collections.abc import Iterator

from activities.migration.python.places import Keys, Place

_LARGEST = 300_000


def call_places(text: str, *functions: str) -> list[Place] | None:
    """The texts in keyword arguments of calls of these functions (`setup`, also as `setuptools.setup`), and of the
    module's names that are given to them. `keys` start with the keyword. None where the file does not parse."""
    if len(text) > _LARGEST:
        return None
    try:
        tree = ast.parse(text.removeprefix("\ufeff"))
        found = _Places(text)
        named = {
            target.id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        return list(found.of_calls(tree, functions, named))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Places:
    def __init__(self, text: str) -> None:
        # As ast counts lines: form feeds and other separators are none.
        self._bom = 1 if text.startswith("\ufeff") else 0
        self._lines = text[self._bom :].replace("\r\n", " \n").replace("\r", "\n").split("\n")
        self._starts = [self._bom]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def of_calls(self, tree: ast.AST, functions: tuple[str, ...], named: dict[str, ast.expr]) -> Iterator[Place]:
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in functions:
                for keyword in call.keywords:
                    if keyword.arg:
                        yield from self._value((keyword.arg,), keyword.value, named, 0)
                    elif isinstance(keyword.value, ast.Name) and keyword.value.id in named:  # setup(**options)
                        yield from self._value((), named[keyword.value.id], {}, 0)

    def _value(self, keys: Keys, node: ast.expr, named: dict[str, ast.expr], depth: int) -> Iterator[Place]:
        if depth > 50:
            return
        match node:
            case ast.Constant(value=str(value)):
                yield Place(keys, *self._range(node), value)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                yield Place(keys, *self._range(node), "", "list")
                for number, element in enumerate(elements):
                    yield from self._value((*keys, number), element, named, depth + 1)
            case ast.Dict(keys=names, values=values):
                for name, value_node in zip(names, values, strict=True):
                    if isinstance(name, ast.Constant) and isinstance(name.value, str):
                        yield from self._value((*keys, name.value), value_node, named, depth + 1)
            case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
                for keyword in keywords:
                    if keyword.arg:
                        yield from self._value((*keys, keyword.arg), keyword.value, named, depth + 1)
            case ast.Name(id=name) if name in named:
                yield from self._value(keys, named[name], {}, depth + 1)

    def _range(self, node: ast.expr) -> tuple[int, int]:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self._offset(node.lineno, node.col_offset), self._offset(end_line, end_column)

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode("utf-8", "ignore"))
