"""What is left for a person, kept in a file of the result store: where it is in the files as they are at the end."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from activities.migration.types import Leftover
from activities.model import RepoRef
from activities.result_store import ResultStore, digest
from activities.workspace.git import GitError, git_limited
from activities.workspace.mirror import Workspaces

MOST_LEFTOVERS = 5_000
_LARGEST_FILE = 5 * 1024**2
_MOST_LINES = 20_000


@dataclass(frozen=True)
class StoredLeftovers:
    """The file's content."""

    leftovers: tuple[Leftover, ...] = ()


def put_leftovers(results: ResultStore, leftovers: Iterable[Leftover]) -> str:
    """The id of the stored rows, each once, by their places; "" for none."""
    rows = sorted(dict.fromkeys(leftovers), key=lambda row: (row.file, row.line, row.reason))[:MOST_LEFTOVERS]
    if not rows:
        return ""
    key = digest("leftovers", *(str(row) for row in rows))
    results.put_value(key, StoredLeftovers(tuple(rows)))
    return key


def get_leftovers(results: ResultStore, key: str) -> tuple[Leftover, ...]:
    """() where they are not on this host."""
    stored = results.value(key, StoredLeftovers) if key else None
    return stored.leftovers if stored else ()


async def moved_to(
    workspaces: Workspaces, repo: RepoRef, leftovers: Iterable[Leftover], at: str, end: str
) -> list[Leftover]:
    """The rows about the files of the commit `at` with the lines that these have in the commit `end`. One about a file
    that is gone then is left out; one about a file that was renamed follows it."""
    rows = list(leftovers)
    if at == end or not rows:
        return rows
    try:
        changed = await workspaces.changed_paths(repo, at, end)
        gone = any(changed.get(row.file) == "D" for row in rows)
        names = await workspaces.renamed_paths(repo, at, end) if gone else {}
    except GitError:  # the commit is gone with its host; better a row with an old line than none
        return rows
    places: dict[str, Mapping[int, int]] = {}
    for path in {row.file for row in rows if changed.get(row.file) == "M" or row.file in names}:
        before = await _lines(workspaces, repo, at, path)
        after = await _lines(workspaces, repo, end, names.get(path, path))
        places[path] = await asyncio.to_thread(_places, before, after)
    return [
        replace(row, file=names.get(row.file, row.file), line=places.get(row.file, {}).get(row.line, row.line))
        for row in rows
        if changed.get(row.file) != "D" or row.file in names
    ]


async def _lines(workspaces: Workspaces, repo: RepoRef, sha: str, path: str) -> list[bytes]:
    try:
        blob = await git_limited(_LARGEST_FILE, workspaces.mirror(repo), "cat-file", "blob", f"{sha}:{path}")
    except GitError:
        return []
    return (blob or b"").splitlines()


def _places(before: list[bytes], after: list[bytes]) -> dict[int, int]:
    """Line before → line after; one that was changed is where its change begins."""
    if max(len(before), len(after)) > _MOST_LINES:
        return {}
    found = {}
    for tag, first, end, new_first, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        last = max(new_end, new_first + 1)
        for line in range(first, end):
            moved = new_first + line - first
            found[line + 1] = (moved if tag == "equal" else min(moved, last - 1)) + 1
    return found
