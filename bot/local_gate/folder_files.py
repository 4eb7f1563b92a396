"""Which files of a folder git would commit: found without starting git there.

The folder may be an unpacked archive with anything in it: a nested repository whose configuration names a command,
links to the rest of the machine, pipes. It is listed beneath file descriptors. What `.gitignore` and the person's own
rules exclude, git says of a skeleton: a private folder with the same folders and `.gitignore` files, and nothing else.
"""

import asyncio
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from activities.errors import UserError
from activities.sandbox.ownership import temporary_folder
from activities.untrusted_files import FoundEntry, UntrustedFileError, UntrustedFolder
from activities.workspace.commits import is_git_folder_name
from activities.workspace.git import GitError, git

_MOST_FILES = 1_000_000
_DEEPEST = 150
_LARGEST_IGNORE_FILE = 10 * 1024**2


@dataclass
class FolderFiles:
    """`files` are regular files and links by path, in the folder as it is. `left_out` are sentences."""

    files: dict[str, FoundEntry] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


async def list_files(root: UntrustedFolder, git_dir: Path, tracked: Iterable[str], kept: frozenset[str]) -> FolderFiles:
    """`tracked` are paths that count although something excludes them; `kept` are folders that are not entered. The
    repository in `git_dir`, one of ours, has the rules that are in no commit."""
    async with temporary_folder("files", in_memory=True) as home:
        skeleton = UntrustedFolder(home / "skeleton")
        skeleton.root.mkdir()
        return await _list_files(root, git_dir, frozenset(tracked), kept, skeleton)


async def _list_files(
    root: UntrustedFolder, git_dir: Path, known: frozenset[str], kept: frozenset[str], skeleton: UntrustedFolder
) -> FolderFiles:
    entered = frozenset(folder for path in known for folder in _parents(path))
    found, level = FolderFiles(), ["."]
    while level:
        entries = await asyncio.to_thread(_entries, root, level, kept, skeleton, found.left_out)
        ignored = await _ignored(skeleton.root, git_dir, [entry.path for entry in entries])
        level = []
        for entry in entries:
            if entry.path in ignored and entry.path not in known | entered:
                continue
            if entry.kind == "folder":
                if entry.path in entered or not _is_repository(root, entry.path):
                    level.append(entry.path)
            elif entry.kind == "other":
                found.left_out.append(f"{entry.path!r} is no regular file.")
            elif entry.path not in ignored or entry.path in known:
                found.files[entry.path] = entry
        if len(found.files) > _MOST_FILES:
            raise UserError(f"The folder has more than {_MOST_FILES:,} files that `.gitignore` does not exclude.")
    return found


def _entries(
    root: UntrustedFolder, folders: list[str], kept: frozenset[str], skeleton: UntrustedFolder, left_out: list[str]
) -> list[FoundEntry]:
    """What is in these folders. The skeleton gets what is needed to ask about it."""
    found = []
    for folder in folders:
        if folder.count("/") >= _DEEPEST:
            left_out.append(f"{folder[:100]!r} … is nested too deeply.")
            continue
        for entry in root.entries(folder):
            name = entry.path.rpartition("/")[2]
            if is_git_folder_name(name) or entry.path in kept:
                continue
            if entry.kind == "folder":
                skeleton.make_folder(entry.path)
            elif entry.kind == "file" and name == ".gitignore":
                try:
                    skeleton.write(entry.path, root.read_bytes(entry.path, _LARGEST_IGNORE_FILE))
                except UntrustedFileError as error:
                    left_out.append(f"{entry.path!r} {error.reason}.")
            found.append(entry)
    return found


async def _ignored(skeleton: Path, git_dir: Path, paths: list[str]) -> frozenset[str]:
    # With "./" before it, no name is taken for one of git's patterns.
    stdin = b"".join(b"./%s\0" % os.fsencode(path) for path in paths)
    if not stdin:
        return frozenset()
    env = {"GIT_DIR": str(git_dir), "GIT_WORK_TREE": str(skeleton)}
    try:
        out = await git(skeleton, "check-ignore", "--no-index", "-z", "--stdin", env=env, stdin=stdin)
    except GitError as error:
        if error.stderr.strip():
            raise
        return frozenset()  # none of them
    return frozenset(os.fsdecode(path.removeprefix(b"./")) for path in out.split(b"\0")[:-1])


def _is_repository(root: UntrustedFolder, folder: str) -> bool:
    """Whether it is another repository, whose files are not this one's."""
    link = root.look(f"{folder}/.git")
    return link is not None and (link.kind == "file" or root.look(f"{folder}/.git/HEAD") is not None)


def _parents(path: str) -> Iterable[str]:
    while path := path.rpartition("/")[0]:
        yield path
