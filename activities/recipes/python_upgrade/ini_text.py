"""The same for ini files: setup.cfg, mypy.ini, tox.ini."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from activities.migration.python.places import Edit, line_of, replaced
from activities.migration.python.versions import named_minor, raise_list, raise_range, with_minor
from activities.migration.types import Leftover

_LARGEST = 500_000
_SETTING = re.compile(r"([A-Za-z0-9_.-]+)([ \t]*[=:][ \t]*)([^\r\n]*?)[ \t]*(?:[#;][^\r\n]*)?[\r\n]*")
_CLASSIFIER = re.compile(r"[ \t]*Programming Language :: Python :: (?:3\.(\d+)|2(?:\.\d+)?(?: :: Only)?)\s*")
_TARGETS = frozenset(("python_version", "py-version", "py_version"))


@dataclass(frozen=True)
class IniLine:
    """One line; `key` is the setting that it belongs to, `value` and its range what it gives to it."""

    section: str
    key: str
    value: str
    start: int
    end: int
    line_start: int
    line_end: int
    first: bool


def ini_lines(text: str) -> Iterator[IniLine]:
    section = key = ""
    at = 0
    for line in text.splitlines(keepends=True) if len(text) < _LARGEST else ():
        start, at = at, at + len(line)
        stripped = line.strip()
        if stripped.startswith("[") and "]" in stripped and not line[:1].isspace():
            section, key = stripped[1 : stripped.index("]")], ""
        elif line[:1] not in " \t" and (match := _SETTING.fullmatch(line)):
            key = match[1]
            yield IniLine(section, key, match[3], start + match.start(3), start + match.end(3), start, at, True)
        elif stripped and key and not stripped.startswith(("#", ";")):
            first = start + len(line) - len(line.lstrip())
            yield IniLine(section, key, stripped, first, first + len(stripped), start, at, False)


def raise_ini(path: str, text: str, minor: int) -> tuple[str, list[Leftover]]:
    """The text with higher versions, and rows."""
    edits: list[Edit] = []
    left: list[Leftover] = []
    classifiers: list[IniLine] = []
    for line in ini_lines(text):
        if line.key == "python_requires" and line.value:
            new = raise_range(line.value, minor)
            if new is None:
                fix = f"Write a range that starts at 3.{minor}."
                reason = f"The range of Python versions {line.value!r} is not understood."
                left.append(Leftover(path, line_of(text, line.start), reason, fix))
            else:
                edits.append((line.start, line.end, new.text))
                if new.lifted:
                    reason = f"{new.lifted} excluded Python 3.{minor}, so that bound was removed."
                    fix = "See whether what stood behind the bound holds with the newer Python."
                    left.append(Leftover(path, line_of(text, line.start), reason, fix))
        elif line.key in _TARGETS:
            named = int(line.value[1:]) if re.fullmatch(r"3\d{1,2}", line.value) else named_minor(line.value)
            if named is not None and named < minor:
                bare = re.fullmatch(r"3\d{1,2}", line.value)
                edits.append((line.start, line.end, f"3{minor}" if bare else with_minor(line.value, minor)))
        elif line.key in ("classifiers", "classifier") and not line.first:
            classifiers.append(line)
    edits += _classifiers(classifiers, minor)
    return replaced(text, [edit for edit in edits if text[edit[0] : edit[1]] != edit[2]]), left


def _classifiers(lines: Sequence[IniLine], minor: int) -> Iterator[Edit]:
    minors = []
    for line in lines:
        match = _CLASSIFIER.fullmatch(line.value)
        minors.append((int(match[1]) if match[1] else -1) if match else None)
    raised = raise_list(minors, minor)
    only_old_majors = all(minors[index] == -1 for index in (*raised.drop, *raised.change))
    change = () if only_old_majors else raised.change
    for index in change:
        yield lines[index].start, lines[index].end, f"Programming Language :: Python :: 3.{minor}"
    for index in (*raised.drop, *(() if change else raised.change)):
        yield lines[index].line_start, lines[index].line_end, ""
