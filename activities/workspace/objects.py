"""Single files of commits that a mirror has, read with their modes: a link's text is no file's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from activities.workspace.git import EMPTY_TREE, git, git_limited

_LARGEST_LIST = 1024**2
_RAW = re.compile(rb":(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) [A-Z]\d*\0([^\0]+)\0")


@dataclass(frozen=True)
class PathEntry:
    """What a path is in a commit: `mode` as in git (`100644`, `120000` for a link, `160000` for a submodule)."""

    mode: str
    id: str

    @property
    def is_file(self) -> bool:
        return self.mode in ("100644", "100755")


@dataclass(frozen=True)
class ChangedEntry:
    """A path that two commits have differently; None where one of them does not have it."""

    path: str
    before: PathEntry | None
    after: PathEntry | None


async def entry_at(mirror: Path, sha: str, path: str) -> PathEntry | None:
    """None where the commit has nothing at that path."""
    found = (await git(mirror, "ls-tree", "-z", sha, "--", path)).partition(b"\0")[0]
    if not found:
        return None
    mode, _, id = found.partition(b"\t")[0].decode("ascii").split(" ")
    return PathEntry(mode, id)


async def read_blob(mirror: Path, id: str, limit: int) -> bytes | None:
    """A blob by its id; None where it is larger."""
    return await git_limited(limit, mirror, "cat-file", "blob", id)


async def changed_entries(mirror: Path, base: str, head: str, *pathspecs: str) -> list[ChangedEntry] | None:
    """What `head` has otherwise than `base` ("" has nothing) below these pathspecs; None where that is a great deal."""
    command = ("diff-tree", "-r", "-z", "--no-renames", "--raw", base or EMPTY_TREE, head, "--")
    raw = await git_limited(_LARGEST_LIST, mirror, *command, *pathspecs)
    return None if raw is None else [_changed(found) for found in _RAW.finditer(raw)]


async def commits_of(mirror: Path, sha: str, paths: Sequence[str], most: int) -> list[str]:
    """The commits at which one of the paths changed on the branch with this tip, newest first. Only what was the branch
    itself counts (first parents): a commit within a merged change never was."""
    log = await git(mirror, "log", "--first-parent", "--format=%H", f"--max-count={most}", sha, "--", *paths)
    return log.decode("ascii").split()


def _changed(found: re.Match[bytes]) -> ChangedEntry:
    old_mode, new_mode, old, new, path = found.groups()
    return ChangedEntry(path.decode("utf-8", "backslashreplace"), _entry(old_mode, old), _entry(new_mode, new))


def _entry(mode: bytes, id: bytes) -> PathEntry | None:
    return PathEntry(mode.decode("ascii"), id.decode("ascii")) if int(mode) else None
