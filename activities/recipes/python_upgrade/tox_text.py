"""tox.ini: the list of environments, the table of gh-actions, interpreters."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from activities.migration.python.places import Edit, line_of, replaced
from activities.migration.python.versions import named_minor, raise_list, with_minor
from activities.migration.types import Leftover
from activities.recipes.python_upgrade.ini_text import IniLine, ini_lines

_ENTRY = re.compile(r"(?:[^\s,{}]|\{[^{}]*\})+")
_GROUP = re.compile(r"(py3?|^|-)\{([^{}]*)\}")
_PLAIN = re.compile(r"(?:^|(?<=-))py(?:3\.?(\d{1,2})|(2)\.?\d)(?=-|$)")
_TABLE_LINE = re.compile(r"(?:3\.(\d+)|(2)\.\d)(?=\s*:)")
_FACTOR = re.compile(r"(?:py3(\d{1,2})(?:,\s*)?)+:\s")
_SECTION = re.compile(r"^\[testenv:([^\]\r\n]*)\]", re.MULTILINE)


@dataclass(frozen=True)
class ToxEntry:
    """One entry of the list, `py38-django32`, with its line."""

    text: str
    start: int
    end: int
    line: IniLine


def raise_tox(path: str, text: str, minor: int) -> tuple[str, list[Leftover]]:
    lines = list(ini_lines(text))
    listed = [line for line in lines if line.section == "tox" and line.key in ("envlist", "env_list")]
    edits = [*_environments(text, listed, minor), *_table(lines, minor)]
    for line in lines:
        named = named_minor(line.value) if line.key in ("basepython", "base_python") else None
        if named is not None and named < minor:
            edits.append((line.start, line.end, with_minor(line.value, minor)))
    new = replaced(text, edits)
    return new, list(_rows(path, new, minor))


def _environments(text: str, lines: Sequence[IniLine], minor: int) -> Iterator[Edit]:
    entries = [
        ToxEntry(match[0], line.start + match.start(), line.start + match.end(), line)
        for line in lines
        for match in _ENTRY.finditer(line.value)
    ]
    plain: list[tuple[ToxEntry, int | None]] = []
    in_groups = False
    for entry in entries:
        for group in _GROUP.finditer(entry.text):
            new, has = _group(group, minor)
            in_groups = in_groups or has
            if new != group[2]:
                yield entry.start + group.start(2), entry.start + group.end(2), new
        match = None if "{py" in entry.text or "py{" in entry.text else _PLAIN.search(entry.text)
        plain.append((entry, (int(match[1]) if match[1] else -1) if match else None))
    minors = [found for _, found in plain]
    raised = raise_list([*minors, minor] if in_groups else minors, minor)
    for index in raised.change:
        entry = entries[index]
        yield entry.start, entry.end, _PLAIN.sub(f"py3{minor}", entry.text)
    gone = frozenset(raised.drop)
    for number in gone:
        yield _without(text, entries, number, gone)


def _group(group: re.Match[str], minor: int) -> tuple[str, bool]:
    """What stands in the braces then, and whether these are Pythons."""
    parts = [part.strip() for part in group[2].split(",")]
    minors: list[int | None] = []
    for part in parts:
        if group[1] == "py3":
            minors.append(int(part) if part.isdecimal() else None)
        elif group[1] == "py":
            found = re.fullmatch(r"3\.?(\d{1,2})|(2)\.?\d", part)
            minors.append((int(found[1]) if found[1] else -1) if found else None)
        else:
            minors.append(named_minor(part) if part.startswith("py") else None)
    if not any(one is not None for one in minors):
        return group[2], False
    raised = raise_list(minors, minor)
    new = {"py3": str(minor), "py": f"3{minor}"}.get(group[1], f"py3{minor}")
    kept = [new if index in raised.change else part for index, part in enumerate(parts) if index not in raised.drop]
    if not raised.drop and not raised.change:
        return group[2], True
    return (", " if ", " in group[2] else ",").join(kept), True


def _without(text: str, entries: Sequence[ToxEntry], number: int, gone: frozenset[int]) -> Edit:
    entry = entries[number]
    of_line = [index for index, each in enumerate(entries) if each.line == entry.line]
    if not entry.line.first and gone.issuperset(of_line):
        return entry.line.line_start, entry.line.line_end, ""
    later_kept = any(index > number and index not in gone for index in of_line)
    if later_kept:
        after = re.compile(r"[ \t]*,?[ \t]*").match(text, entry.end)
        return entry.start, after.end() if after else entry.end, ""
    before = re.compile(r"[ \t]*,?[ \t]*\Z").search(text[entry.line.start : entry.start])
    start = entry.line.start + before.start() if before else entry.start
    return (start if number != of_line[0] else entry.start), entry.end, ""


def _table(lines: Sequence[IniLine], minor: int) -> Iterator[Edit]:
    """`3.8: py38` of the plug-ins that choose environments by the Python of a CI job."""
    mapped = [
        line for line in lines if line.section in ("gh-actions", "gh") and line.key == "python" and not line.first
    ]
    if any(line.section == "gh" for line in lines):  # tox-gh writes `3.8 = py38`
        mapped += [line for line in lines if line.section == "gh" and line.first and named_minor(line.key) is not None]
    found = [_TABLE_LINE.match(line.value) for line in mapped]
    minors = [(int(match[1]) if match[1] else -1) if match else None for match in found]
    raised = raise_list(minors, minor)
    for index in raised.drop:
        yield mapped[index].line_start, mapped[index].line_end, ""
    for index in raised.change:
        line, old = mapped[index], minors[index]
        new = re.sub(rf"(?<![\d.])3\.{old}(?!\d)", f"3.{minor}", line.value)
        yield line.start, line.end, re.sub(rf"\bpy3\.?{old}(?!\d)", f"py3{minor}", new)


def _rows(path: str, text: str, minor: int) -> Iterator[Leftover]:
    fix = "Remove it, or name an environment that is run."
    for match in _SECTION.finditer(text):
        old = [int(found[1] or 0) for found in _PLAIN.finditer(match[1]) if int(found[1] or 0) < minor]
        if old:
            yield Leftover(
                path, line_of(text, match.start()), f"The section is for Python 3.{old[0]}, which is not run now.", fix
            )
    for line in ini_lines(text):
        factor = _FACTOR.match(line.value)
        if factor and factor[1] and int(factor[1]) < minor:
            reason = f"The line is for Python 3.{factor[1]}, which is not run now."
            yield Leftover(path, line_of(text, line.start), reason, fix)
