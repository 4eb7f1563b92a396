"""Rows of a text whose lines have moved: a leftover names the line of the file as it is afterwards."""

from collections.abc import Iterable
from dataclasses import replace
from difflib import SequenceMatcher

from activities.migration.python.program import Row


def moved_rows(rows: Iterable[Row], after: str, before: str) -> list[Row]:
    """The rows of `before`, by the lines of `after`."""
    listed = list(rows)
    if not listed or after == before:
        return listed
    old, new = before.splitlines(), after.splitlines()
    lines: dict[int, int] = {}
    for _, first, last, there, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for number in range(first, last):
            lines[number + 1] = max(1, min(there + number - first, max(end - 1, there)) + 1)
    return [replace(row, line=lines.get(row.line, row.line)) for row in listed]
