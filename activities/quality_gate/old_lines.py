"""Lines that a change writes and that are not new: moved from elsewhere, or restored as they once were."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from activities.model import RepoRef
from activities.quality_gate.diff_headers import diff_headers
from activities.workspace.git import git
from activities.workspace.mirror import Workspaces

_MOST_COMMITS = 500
_MOST_FILES = 100
_LEAST = 20
"""Letters and digits of lines in a row that were moved, as in git's own --color-moved: a bracket says nothing."""

_REMOVED = re.compile(rb"^<([^\n]*)", re.MULTILINE)


def moved_lines(diff: bytes) -> Mapping[str, frozenset[int]]:
    """Path in the head → the 1-based lines that the change took away elsewhere, or indented anew. `diff` is git's, made
    with `DIFF_MARKS` and without context."""
    removed = Counter(b"".join(line[1].split()) for line in _REMOVED.finditer(diff))
    rows: dict[str, list[list[int]]] = {}
    words: Counter[tuple[str, int]] = Counter()
    for path, number, text in _written(diff) if removed else ():
        if not text or removed[text] <= 0:
            continue
        removed[text] -= 1
        found = rows.setdefault(path, [])
        if not found or number - found[-1][-1] > 2:  # a line between them may be blank, or have stayed
            found.append([])
        found[-1].append(number)
        words[path, len(found)] += sum(char.isalnum() for char in text.decode("utf-8", "replace"))
    moved = {
        path: frozenset(line for index, row in enumerate(found, 1) if words[path, index] >= _LEAST for line in row)
        for path, found in rows.items()
    }
    return {path: lines for path, lines in moved.items() if lines}


def _written(diff: bytes) -> Iterator[tuple[str, int, bytes]]:
    """(path, 1-based number, text without white space) of every line that the change wrote."""
    for path, start, _count, body in diff_headers(diff):
        texts = (line[1:] for line in body.split(b"\n") if line.startswith(b">"))
        yield from ((path, start + index, b"".join(text.split())) for index, text in enumerate(texts))


async def restored_paths(
    workspaces: Workspaces, repo: RepoRef, base: str, head: str, paths: Collection[str]
) -> frozenset[str]:
    """Those of the files that have in the head exactly what they once had before the base: a pure revert."""
    few = sorted(paths)[:_MOST_FILES]
    if not base or not few:
        return frozenset()
    mirror = workspaces.mirror(repo)
    raw = ("--raw", "--no-abbrev", "--no-renames", "-z")
    specs = [f":(literal){path}" for path in few]
    once = await git(mirror, "log", f"--max-count={_MOST_COMMITS}", "--format=", *raw, base, "--", *specs)
    now = await git(mirror, "diff-tree", "-r", *raw, base, head, "--", *specs)
    before = {(path, blob) for path, blobs in _blobs(once) for blob in blobs}
    return frozenset(path for path, (_, blob) in _blobs(now) if (path, blob) in before)


def _blobs(raw: bytes) -> Iterator[tuple[str, tuple[str, str]]]:
    """(path, (the blob before, the blob after)) of git's raw lines."""
    parts = raw.split(b"\0")
    for facts, path in zip(parts[::2], parts[1::2], strict=False):
        words = facts.decode("ascii", "replace").split()
        if len(words) == 5 and set(words[3]) != {"0"}:
            yield path.decode("utf-8", "backslashreplace"), (words[2], words[3])
