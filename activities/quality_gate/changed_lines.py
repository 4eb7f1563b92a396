"""Which lines of a head a change wrote: read from the headers of git's hunks, their contents are skipped."""

import ast
import re
from collections.abc import Mapping

MARKS = ("--output-indicator-new=>", "--output-indicator-old=<")
"""For `git diff`: no line of a stranger's file can then be taken for a header."""

_HEADER = re.compile(rb"^(?:\+\+\+ ([^\n]+)|@@ -\S+ \+(\d+)(?:,(\d+))? @@)", re.MULTILINE)
_MOST = 500_000
"""A change of more lines counts as none: what covers it would tell nobody anything."""


def changed_lines(diff: bytes) -> Mapping[str, frozenset[int]]:
    """Path in the head → the 1-based lines that the change wrote; files without one are left out. `diff` is git's,
    made with `MARKS` and without context."""
    found: dict[str, list[range]] = {}
    path, left = "", _MOST
    for header in _HEADER.finditer(diff):
        if header[1]:
            path = _path(header[1])
        elif count := int(header[3] or 1):
            left -= count
            if left < 0:
                return {}
            found.setdefault(path, []).append(range(int(header[2]), int(header[2]) + count))
    return {path: frozenset(line for lines in ranges for line in lines) for path, ranges in found.items()}


def _path(name: bytes) -> str:
    """As everywhere: valid Unicode, a byte that is none as `\\xff`. Git quotes an odd name as C does, which Python
    reads as bytes too, and ends one with a space in it with a tab."""
    raw: bytes = ast.literal_eval(f"b{name.decode('ascii')}") if name.startswith(b'"') else name.rstrip(b"\t")
    return raw.removeprefix(b"b/").decode("utf-8", "backslashreplace")
