"""A folder on this machine as a repository for the gate: its files as they are now, and a base to compare with.

The folder is only read, and git is never started in it (see `folder_repository.py`). Uncommitted changes become a
commit in our own mirror.
"""

import asyncio
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from activities.errors import UserError
from activities.model import RepoRef
from activities.untrusted_files import UntrustedFolder
from activities.workspace.commits import add_commit, committed_files
from activities.workspace.folder_index import FolderIndex, IndexEntry, read_index
from activities.workspace.folder_repository import (
    FolderRepository,
    StandIn,
    bare_repository,
    find_repository,
    stand_in,
    stand_in_for_plain_folder,
)
from activities.workspace.git import GitError, git, git_line
from activities.workspace.mirror import Workspaces
from bot.local_gate.linked_content import take_linked_content
from bot.local_gate.snapshot import take_snapshot

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
_LARGEST_LIST = 10_000
_NO_COMMON_COMMIT = (
    "This clone is shallow: what HEAD and {base} have in common is not in it, so nobody can say what the change is. "
    "Run `git fetch --unshallow` in it, then run this again."
)


@dataclass(frozen=True)
class LocalHead:
    """`root` is the folder that paths are relative to; `base_name` is what a person calls the base. Without a
    `base_sha` there is nothing to compare with, and every finding is new. `left_out` are sentences about files that are
    no part of the head. `linked` are the ids of what is there of submodules and files of Git LFS. `committed` is HEAD,
    "" for a folder without commits."""

    repo: RepoRef
    root: Path
    head_sha: str
    base_sha: str
    base_name: str
    left_out: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    committed: str = ""


async def local_head(path: Path, base: str, workspaces: Workspaces, environ: Mapping[str, str]) -> LocalHead:
    """The folder's state now. Raises UserError where it cannot be read or `base` is not known there. `environ` says
    where the person's own configuration of git is."""
    path = path.resolve()
    if not path.is_dir():
        raise UserError(f"{path} is not a folder.")
    repository = await asyncio.to_thread(_work_tree, path)
    if repository is None:
        if base:
            raise UserError(f"{path} is not a Git repository, so {base!r} is not known there.")
        return await _plain_head(path, workspaces, environ)
    async with stand_in(repository, environ) as names:
        _require_work_tree(repository, names)
        committed = await names.commit("HEAD")
        base_sha, base_name = await _base(names, repository.root, base, committed)
        head, left_out = await _snapshot(repository, names, committed, environ)
        base_sha = base_sha or (committed if head != committed else "")
        if base_sha and names.shallow and not await _have_common_commit(names, head, base_sha):
            raise UserError(_NO_COMMON_COMMIT.format(base=base_name or "HEAD"))
        repo = _repo_ref(repository.root)
        commits = [sha for sha in dict.fromkeys((head, base_sha)) if sha]
        await workspaces.take(repo, names, *commits)
        mirror = workspaces.mirror(repo)
        linked = [each for commit in commits for each in await take_linked_content(repository, names, mirror, commit)]
    return LocalHead(repo, repository.root, head, base_sha, base_name, left_out, tuple(linked), committed)


async def _plain_head(path: Path, workspaces: Workspaces, environ: Mapping[str, str]) -> LocalHead:
    """Of a folder in no repository. Its last snapshot is in our mirror, so only what changed since then is copied."""
    repo = _repo_ref(path)
    await workspaces.fetch(repo)
    mirror = workspaces.mirror(repo)
    async with stand_in_for_plain_folder(path, mirror / "objects", environ) as names:
        last = await git(mirror, "for-each-ref", "--format=%(objectname)", _LAST)
        before = await committed_files(mirror, last.decode("ascii").strip()) if last else {}
        index = FolderIndex({name: IndexEntry(file) for name, file in before.items()})
        repository = FolderRepository(path, names.git_dir, names.git_dir)
        snapshot = await take_snapshot(repository, names, index, environ)
        head = await add_commit(names.git_dir, snapshot.tree, (), "The files as they are", _AUTHOR)
        await workspaces.take(repo, names, head)
        await git(mirror, "update-ref", _LAST, head)
    return LocalHead(repo, path, head, "", "", snapshot.left_out)


def _work_tree(path: Path) -> FolderRepository | None:
    for folder in (path, *path.parents):
        if bare_repository(folder):
            raise UserError(f"{folder} is a repository without files. Gate a clone of it.")
        repository = find_repository(folder, above=False)
        if repository:
            return repository
    return None


def _require_work_tree(repository: FolderRepository, names: StandIn) -> None:
    """A repository may say that it has no files, or has them elsewhere; git believes that of the main one alone."""
    if repository.git_dir != repository.common:
        return
    if names.config.is_on("core.bare"):
        raise UserError(f"{repository.root} belongs to a repository without files. Name the folder of a work tree.")
    elsewhere = names.config.get("core.worktree")
    if elsewhere and (repository.git_dir / elsewhere).resolve() != repository.root.resolve():
        raise UserError(f"The files of the repository in {repository.root} are elsewhere: `core.worktree` names them.")


def _repo_ref(root: Path) -> RepoRef:
    name = re.sub(r"[^A-Za-z0-9._-]", "-", root.name).strip(".") or "root"
    return RepoRef("local", f"{name}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:8]}", path=str(root))


async def _base(names: StandIn, root: Path, named: str, head: str) -> tuple[str, str]:
    """(sha, name): what the person named, else the default branch, else the last commit."""
    if named:
        sha = await names.commit(named)
        if not sha:
            shallow = " It may lie before what this shallow clone has: try `git fetch --unshallow`." * bool(
                names.shallow
            )
            raise UserError(f"There is no commit {named!r} in {root}.{shallow}")
        return sha, named
    branch = await names.branch()
    for name in _USUAL_BASES:
        sha = await names.commit(name)
        # The default branch itself has nothing to be compared with; another branch at its commit has changed nothing.
        if sha and (sha != head or name != branch):
            return sha, name
    return "", "HEAD" if head else ""


async def _have_common_commit(names: StandIn, head: str, base: str) -> bool:
    try:
        return bool(await git_line(names.git_dir, "merge-base", head, base))
    except GitError as error:
        if error.stderr.strip():
            raise
        return False


async def _snapshot(
    repository: FolderRepository, names: StandIn, committed: str, environ: Mapping[str, str]
) -> tuple[str, tuple[str, ...]]:
    """The commit of the files as they are (without ignored files), HEAD itself where nothing changed; and what is not
    in it. In the middle of a merge it is the merge."""
    snapshot = await take_snapshot(repository, names, await read_index(names), environ)
    merged = UntrustedFolder(names.git_dir)
    heads = merged.read_text("MERGE_HEAD", _LARGEST_LIST).split() if merged.is_file("MERGE_HEAD") else []
    others = [sha for sha in [await names.commit(head) for head in heads] if sha]
    if committed and not others and snapshot.tree == await names.tree(committed):
        return committed, snapshot.left_out
    parents = (*([committed] if committed else []), *others)
    head = await add_commit(names.git_dir, snapshot.tree, parents, "The files as they are", _AUTHOR)
    return head, snapshot.left_out
