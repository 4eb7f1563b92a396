"""Imports that a step made unused, and a file without them."""

import ast
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from activities.migration.python.places import Edit, Place, removals, replaced
from activities.migration.python.program import BOM, parsed, read, ruff, write
from activities.migration.python.source import Offsets

_UNUSED = re.compile(r"`([^`]+)` imported but unused")
_MOST_FILES = 500


def unused_imports(root: Path, files: Sequence[str]) -> dict[str, dict[str, set[int]]]:
    """File → full name of an import that nothing uses → its lines."""
    found: dict[str, dict[str, set[int]]] = {}
    for first in range(0, len(files), _MOST_FILES):
        some = [f"./{file}" for file in files[first : first + _MOST_FILES]]
        output = ruff("--select", "F401", "--output-format", "json", *some, cwd=root).stdout
        for one in json.loads(output or "[]"):
            if match := _UNUSED.match(one["message"]):
                file = Path(one["filename"]).resolve().relative_to(root.resolve()).as_posix()
                found.setdefault(file, {}).setdefault(match[1], set()).add(one["location"]["row"])
    return found


def drop_new_unused(root: Path, files: Sequence[str], before: Mapping[str, Collection[str]]) -> None:
    """Removes the imports that were used before, and that no other file takes from this one."""
    now = unused_imports(root, files)
    taken: frozenset[tuple[str, str]] | None = None
    for file, names in now.items():
        new = {name: lines for name, lines in names.items() if name not in before.get(file, ())}
        if not new:
            continue
        if taken is None:
            taken = frozenset(_taken(root))
        home = Path(file).stem if Path(file).stem != "__init__" else Path(file).parent.name
        text = read(root / file)
        if text is not None:
            gone = {name: lines for name, lines in new.items() if (home, name.rpartition(".")[2]) not in taken}
            write(root / file, without_imports(text, gone))


def _taken(root: Path) -> Iterator[tuple[str, str]]:
    """(last part of a module's name, name) of all that files of the tree import from modules."""
    pattern = re.compile(r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\r\n]*)", re.MULTILINE)
    for path in root.rglob("*.py"):
        text = read(path) if path.is_file() and not path.is_symlink() else None
        for module, names in pattern.findall(text or ""):
            for name in re.findall(r"\w+", names):
                yield module.rpartition(".")[2] or path.parent.name, name


def without_imports(text: str, names: Mapping[str, Collection[int]]) -> str:
    """The file without these imports: full name (`typing.List`, `sys`) → the lines where it is imported."""
    tree = parsed(text)
    if tree is None or not names:
        return text
    edits: list[Edit] = []
    lines = Offsets(text)
    for parent in ast.walk(tree):
        for body in (getattr(parent, field, None) for field in ("body", "orelse", "finalbody")):
            if isinstance(body, list):
                edits += _of_body(text, lines, body, names, is_module=isinstance(parent, ast.Module))
    new = replaced(text, edits)
    return new if text[:1] in "\r\n" else new.lstrip("\r\n")


def _of_body(
    text: str, lines: Offsets, body: list[ast.stmt], names: Mapping[str, Collection[int]], *, is_module: bool
) -> Iterator[Edit]:
    removed = 0
    for node in body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        gone = [alias for alias in node.names if alias.lineno in names.get(_full_name(node, alias), ())]
        if not gone:
            continue
        start, end = (
            lines.at(node.lineno, node.col_offset),
            lines.at(node.end_lineno or node.lineno, node.end_col_offset or 0),
        )
        if len(gone) < len(node.names):
            places = [
                Place(
                    (number,),
                    lines.at(each.lineno, each.col_offset),
                    lines.at(each.end_lineno or 0, each.end_col_offset or 0),
                    "",
                )
                for number, each in enumerate(node.names)
            ]
            yield from removals(text, places, [places[node.names.index(alias)] for alias in gone])
            continue
        removed += 1
        if removed == len(body) and not is_module:
            yield start, end, "pass"
        else:
            yield _statement(text, start, end)


def _full_name(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    if isinstance(node, ast.Import):
        return alias.name
    return f"{'.' * node.level}{node.module or ''}.{alias.name}" if node.module else f"{'.' * node.level}{alias.name}"


def _statement(text: str, start: int, end: int) -> Edit:
    """A statement with its line, where nothing else is on it."""
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    rest = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|\Z)").match(text, end)
    if text[line:start].removeprefix(BOM).strip() == "" and rest:
        return line + (1 if text.startswith(BOM, line) else 0), rest.end(), ""
    after = re.compile(r"[ \t]*;[ \t]*").match(text, end)
    return start, after.end() if after else end, "" if after else "pass"
