"""What of a tool's changes belongs to a fix: those at new findings, in files of the change. All else stays as it is."""

from collections.abc import Iterable, Sequence, Set
from difflib import SequenceMatcher

from activities.model import Finding

_MOST_LINES = 50_000
_WHOLE_FILE = frozenset(("format", "imports", "organizeImports", "assist/source/organizeImports"))


def is_of_whole_file(finding: Finding) -> bool:
    """A new finding about the whole file: the base's version had none, so all that the tool changes there is new."""
    return finding.line == 0 or finding.rule in _WHOLE_FILE


def lines_of(findings: Iterable[Finding]) -> frozenset[int]:
    """The 1-based lines that the findings are about."""
    spans = (range(each.line, max(each.end_line, each.line) + 1) for each in findings if each.line)
    return frozenset(line for span in spans for line in span)


def limited(before: bytes, after: bytes, lines: Set[int]) -> bytes:
    """`after` only as far as it changes these lines of `before`, or adds lines beside them."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if max(len(old), len(new)) > _MOST_LINES:
        return before
    kept: list[bytes] = []
    for tag, first, end, new_first, new_end in _matcher(old, new).get_opcodes():
        instead = new[new_first:new_end]
        if tag == "delete":
            kept += [line for number, line in enumerate(old[first:end], first + 1) if number not in lines]
        elif tag == "replace" and len(instead) == end - first:
            kept += [instead[at] if first + at + 1 in lines else old[first + at] for at in range(end - first)]
        else:
            touched = range(first + 1, end + 1) if end > first else range(first, first + 2)
            kept += old[first:end] if tag == "equal" or lines.isdisjoint(touched) else instead
    return b"".join(kept)


def moved(before: bytes, now: bytes, lines: Set[int]) -> frozenset[int]:
    """Where lines of `before` are after an earlier tool has made `now` of it; a line that it changed is left out."""
    if before == now:
        return frozenset(lines)
    old, new = before.splitlines(keepends=True), now.splitlines(keepends=True)
    if max(len(old), len(new)) > _MOST_LINES:
        return frozenset()
    blocks = _matcher(old, new).get_matching_blocks()
    return frozenset(
        line - block.a + block.b for line in lines for block in blocks if block.a < line <= block.a + block.size
    )


def _matcher(old: Sequence[bytes], new: Sequence[bytes]) -> "SequenceMatcher[bytes]":
    return SequenceMatcher(None, old, new, autojunk=False)
