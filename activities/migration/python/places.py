"""Values in a file with their ranges, and edits by ranges: everything outside of them stays byte for byte."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Keys = tuple[str | int, ...]
Edit = tuple[int, int, str]
"""Start, end and new text; offsets in characters."""

_REST_OF_LINE = re.compile(r"[ \t]*,?[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|\Z)")
_COMMA_AFTER = re.compile(r"\s*,[ \t]*")
_COMMA_BEFORE = re.compile(r",\s*\Z")


@dataclass(frozen=True)
class Place:
    """A value. `keys` lead to it from the file's root (numbers in lists). The range of a text has its quotes in it."""

    keys: Keys
    start: int
    end: int
    value: str
    kind: Literal["text", "list", "table", "bare"] = "text"


def replaced(text: str, edits: Iterable[Edit]) -> str:
    """Edits that overlap one before them are left out; those at one place are made in their order."""
    parts, done = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        if start >= done:
            parts += [text[done:start], new]
            done = end
    return "".join((*parts, text[done:]))


def line_of(text: str, offset: int) -> int:
    """1-based."""
    return text.count("\n", 0, offset) + 1


def renewed(text: str, place: Place, new: str) -> Edit:
    """The value in the same quotes as before."""
    literal = text[place.start : place.end]
    body = literal.lstrip("rRbBuUfF")
    quote = body[: 3 if body[:3] in ('"""', "'''") else 1] if body[:1] in ("'", '"') else ""
    if quote and quote not in new and "\\" not in new:
        return place.start, place.end, literal[: len(literal) - len(body)] + quote + new + quote
    return place.start, place.end, '"' + new.replace("\\", "\\\\").replace('"', '\\"') + '"' if quote else new


def removal(text: str, start: int, end: int) -> Edit:
    """Takes an element out of a list: with its line where it has one of its own, else with one comma."""
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    if not text[line:start].strip() and (rest := _REST_OF_LINE.match(text, end)):
        return line, rest.end(), ""
    if after := _COMMA_AFTER.match(text, end):
        return start, after.end(), ""
    before = _COMMA_BEFORE.search(text, max(0, start - 1000), start)
    return before.start() if before else start, end, ""


def removals(text: str, elements: Sequence[Place], unwanted: Iterable[Place]) -> list[Edit]:
    """Takes several out of one list. `elements` are all of it, in their order."""
    gone = set(unwanted)
    kept = [each for each in elements if each not in gone]
    edits = []
    for each in elements:
        if each not in gone:
            continue
        after_all_kept = bool(kept) and each.start > kept[-1].start
        edit = removal(text, each.start, each.end)
        if after_all_kept and edit[0] == each.start:  # the comma before it goes, not the one after it
            before = _COMMA_BEFORE.search(text, max(0, each.start - 1000), each.start)
            edit = (before.start() if before else each.start, each.end, "")
        edits.append(edit)
    return edits


def addition(text: str, last: Place, literal: str) -> Edit:
    """Adds an element after a list's last one, written as that is."""
    line = max(text.rfind("\n", 0, last.start), text.rfind("\r", 0, last.start)) + 1
    indent = text[line : last.start]
    if indent.strip():
        return last.end, last.end, f", {literal}"
    newline = "\r\n" if text[line - 2 : line] == "\r\n" else "\n"
    return last.end, last.end, f",{newline}{indent}{literal}"
