"""A folder on this machine as a repository for the gate: its files as they are now, and a base to compare with.

The folder is only read, and git is never started in it (see `folder_repository.py`). Uncommitted changes become a
commit in our own mirror.
"""

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from activities.errors import UserError
from activities.model import RepoRef
from activities.sandbox.ownership import temporary_root
from activities.untrusted_files import FoundEntry, UntrustedFileError, UntrustedFolder
from activities.workspace.commits import (
    EXECUTABLE,
    FILE,
    LINK,
    SUBMODULE,
    CommittedFile,
    add_commit,
    committed_files,
    new_tree,
)
from activities.workspace.folder_repository import find_repository, stand_in
from activities.workspace.git import GitError, git, git_line
from activities.workspace.mirror import Workspaces
from bot.local_gate.folder_files import FolderFiles, list_files

_AUTHOR = {
    "GIT_AUTHOR_NAME": "autobuild",
    "GIT_AUTHOR_EMAIL": "autobuild@localhost",
    "GIT_COMMITTER_NAME": "autobuild",
    "GIT_COMMITTER_EMAIL": "autobuild@localhost",
    # The same files give the same commit, so a second run finds the results of the first.
    "GIT_AUTHOR_DATE": "2000-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2000-01-01T00:00:00Z",
}
_USUAL_BASES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
# Of a folder without commits, the last snapshot: only what changed since then is copied.
_LAST = "refs/autobuild/last-snapshot"
# GitHub takes no larger ones.
_LARGEST_FILE = 100 * 1024**2


@dataclass(frozen=True)
class LocalHead:
    """`root` is the folder that paths are relative to; `base_name` is what a person calls the base. Without a
    `base_sha` there is nothing to compare with, and every finding is new. `left_out` are sentences about files that are
    no part of the head."""

    repo: RepoRef
    root: Path
    head_sha: str
    base_sha: str
    base_name: str
    left_out: tuple[str, ...] = ()


async def local_head(path: Path, base: str, workspaces: Workspaces) -> LocalHead:
    """The folder's state now. Raises UserError where it cannot be read or `base` is not known there."""
    path = path.resolve()
    if not path.is_dir():
        raise UserError(f"{path} is not a folder.")
    repository = await asyncio.to_thread(find_repository, path)
    if repository is None:
        if base:
            raise UserError(f"{path} is not a Git repository, so {base!r} is not known there.")
        repo = _repo_ref(path)
        await workspaces.fetch(repo)
        head, left_out = await _snapshot(path, workspaces.mirror(repo), "")
        return LocalHead(repo, path, head, "", "", left_out)
    root = repository.root
    repo = _repo_ref(root)
    async with stand_in(repository) as names:
        committed = await _commit(names, "HEAD")
        base_sha, base_name = await _base(names, root, base, committed)
    await workspaces.fetch(repo, *(sha for sha in (committed, base_sha) if sha))
    head, left_out = await _snapshot(root, workspaces.mirror(repo), committed)
    base_sha = base_sha or (committed if head != committed else "")
    return LocalHead(repo, root, head, base_sha, base_name, left_out)


def _repo_ref(root: Path) -> RepoRef:
    name = re.sub(r"[^A-Za-z0-9._-]", "-", root.name).strip(".") or "root"
    return RepoRef("local", f"{name}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:8]}", path=str(root))


async def _commit(names: Path, name: str) -> str:
    try:
        return await git_line(
            names, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        )  # fmt: skip
    except GitError:
        return ""


async def _base(names: Path, root: Path, named: str, head: str) -> tuple[str, str]:
    """(sha, name): what the person named, else the default branch, else the last commit."""
    if named:
        sha = await _commit(names, named)
        if not sha:
            raise UserError(f"There is no commit {named!r} in {root}.")
        return sha, named
    for name in _USUAL_BASES:
        sha = await _commit(names, name)
        if sha and sha != head:
            return sha, name
    return "", "HEAD" if head else ""


async def _snapshot(root: Path, mirror: Path, parent: str) -> tuple[str, tuple[str, ...]]:
    """The commit of the files as they are (without ignored files), `parent` itself where nothing changed; and what is
    not in it."""
    folder = UntrustedFolder(root)
    start = parent or await _commit(mirror, _LAST)
    before = await committed_files(mirror, start) if start else {}
    submodules = frozenset(path for path, file in before.items() if file.mode == SUBMODULE)
    with tempfile.TemporaryDirectory(prefix="gate.", dir=temporary_root()) as scratch:
        tracked = before.keys() - submodules if parent else ()
        found = await list_files(folder, tracked, submodules)
        async with new_tree(mirror, Path(scratch), start) as new:
            changed = await asyncio.to_thread(_copy_changed, folder, found, before, new.files)
            removed = before.keys() - submodules - found.files.keys()
            tree = await new.write(changed, removed)
    left_out = tuple(found.left_out)
    if parent and tree == await git_line(mirror, "rev-parse", f"{parent}^{{tree}}"):
        return parent, left_out
    sha = await add_commit(mirror, tree, parent, "The files as they are", _AUTHOR)
    if not parent:
        await git(mirror, "update-ref", _LAST, sha)
    return sha, left_out


def _copy_changed(
    folder: UntrustedFolder, found: FolderFiles, before: Mapping[str, CommittedFile], to: UntrustedFolder
) -> list[str]:
    """Copies what differs from `before`, and gives its paths. What cannot be read is left out."""
    changed = []
    for path, entry in list(found.files.items()):
        try:
            if before.get(path) != _as_committed(folder, entry):
                if entry.kind == "link":
                    to.make_link(path, folder.link_target(path))
                else:
                    folder.copy(path, to)
                changed.append(path)
        except UntrustedFileError as error:
            found.left_out.append(f"{path!r} {error.reason}.")
            if path not in before:
                del found.files[path]
    return changed


def _as_committed(folder: UntrustedFolder, entry: FoundEntry) -> CommittedFile:
    """As git has it where its attributes convert nothing."""
    if entry.kind == "link":
        mode, data = LINK, os.fsencode(folder.link_target(entry.path))
    else:
        mode, data = EXECUTABLE if entry.executable else FILE, folder.read_bytes(entry.path, _LARGEST_FILE)
    return CommittedFile(mode, hashlib.sha1(b"blob %d\0%s" % (len(data), data), usedforsecurity=False).hexdigest())
