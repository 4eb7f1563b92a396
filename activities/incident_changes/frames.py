"""Whether a change touches the place in the code that an error names."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from activities.incident_changes.kinds import kind_of
from activities.incidents.types import StackFrame

Touch = Literal["", "file", "lines"]
"""How closely: not at all, another place of the file, or the lines themselves."""

Hunks = Mapping[str, Sequence[tuple[int, int]]]
"""Path → the ranges of lines (first, last) after a change."""

NEAR = 3
"""So many lines away still count: an error shows where a value is used, not where it was left out."""
_SHORTEST = ("", ".")


def path_of_frame(frame: StackFrame, paths: Collection[str]) -> str:
    """The path of the repository that a frame names: the longest one that the frame's path ends in, or that ends in the
    frame's. "" where none does, or several do equally well."""
    named = [part for part in frame.path.replace("\\", "/").split("/") if part not in _SHORTEST]
    if not named:
        return ""
    best: list[str] = []
    longest = 0
    for path in paths:
        parts = path.split("/")
        common = _common_end(parts, named)
        if common < min(len(parts), len(named)) or common < longest:
            continue
        best = [*best, path] if common == longest else [path]
        longest = common
    return best[0] if len(best) == 1 else ""


def _common_end(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        count += 1
    return count


def touched_frame(
    frames: Iterable[StackFrame], paths: Collection[str], hunks: Hunks
) -> tuple[Touch, StackFrame | None]:
    """The closest that a change with these paths and hunks comes to one of the frames. Files of tests do not count."""
    found: tuple[Touch, StackFrame | None] = ("", None)
    own = [path for path in paths if kind_of(path) not in ("test", "documentation")]
    for frame in frames:
        path = path_of_frame(frame, own)
        if not path:
            continue
        if frame.line and any(start - NEAR <= frame.line <= end + NEAR for start, end in hunks.get(path, ())):
            return "lines", frame
        found = found if found[0] else ("file", frame)
    return found
