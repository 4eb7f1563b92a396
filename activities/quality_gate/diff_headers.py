"""The parts of a diff: which file, which lines."""

import ast
import re
from collections.abc import Iterator

_HEADER = re.compile(rb"^(?:\+\+\+ ([^\n]+)|@@ -\S+ \+(\d+)(?:,(\d+))? @@)", re.MULTILINE)


def diff_headers(diff: bytes) -> Iterator[tuple[str, int, int, bytes]]:
    """(path in the head, first 1-based line that the change wrote, how many, the part's text) of each part. `diff` is
    git's, made with `DIFF_MARKS` and without context."""
    path, part = "", None
    for header in _HEADER.finditer(diff):
        if part:
            yield path, *_lines(part), diff[part.end() : header.start()]
        part = None if header[1] else header
        if header[1]:
            path = _path(header[1])
    if part:
        yield path, *_lines(part), diff[part.end() :]


def _lines(part: re.Match[bytes]) -> tuple[int, int]:
    return int(part[2]), int(part[3] or 1)


def _path(name: bytes) -> str:
    r"""Git quotes an odd name as C does, which Python reads as bytes too, and ends one with a space in it with a tab.
    As everywhere: valid Unicode, a byte that is none as `\xff`."""
    raw: bytes = ast.literal_eval(f"b{name.decode('ascii')}") if name.startswith(b'"') else name.rstrip(b"\t")
    return raw.removeprefix(b"b/").decode("utf-8", "backslashreplace")
