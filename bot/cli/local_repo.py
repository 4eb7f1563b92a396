"""A folder on this machine as a repository that can be gated: its files as they are now, and a base.

The folder itself is only read. What is not committed yet becomes a commit in our own mirror.
"""

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from activities.errors import UserError
from activities.model import RepoRef
from activities.workspace.git import GitError, git, line
from activities.workspace.mirror import Workspaces

_AUTHOR = {
    "GIT_AUTHOR_NAME": "autobuild",
    "GIT_AUTHOR_EMAIL": "autobuild@localhost",
    "GIT_COMMITTER_NAME": "autobuild",
    "GIT_COMMITTER_EMAIL": "autobuild@localhost",
    # The same files give the same commit, so a second look finds the first one's results.
    "GIT_AUTHOR_DATE": "2000-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2000-01-01T00:00:00Z",
}
_USUAL_BASES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


@dataclass(frozen=True)
class LocalHead:
    """`base_sha` "" : there is nothing to compare with, so every finding counts as new.
    `base_name` is how a person calls the base; `root` is the folder that paths are relative to."""

    repo: RepoRef
    root: Path
    head_sha: str
    base_sha: str
    base_name: str


async def local_head(path: Path, base: str, workspaces: Workspaces) -> LocalHead:
    """The folder's state now. Raises UserError where it cannot be read or `base` is not known there."""
    path = path.resolve()
    if not path.is_dir():
        raise UserError(f"{path} is not a folder.")
    root = await _root(path)
    if root is None:
        return await _plain_folder(path, base, workspaces)
    repo = _named(root)
    committed = await _commit(root, "HEAD")
    base_sha, base_name = await _base(root, base, committed)
    await workspaces.fetch(repo, *(sha for sha in (committed, base_sha) if sha))
    head = await _snapshot(root, workspaces.mirror(repo), committed)
    return LocalHead(repo, root, head, base_sha or (committed if head != committed else ""), base_name)


async def _plain_folder(path: Path, base: str, workspaces: Workspaces) -> LocalHead:
    if base:
        raise UserError(f"{path} is no git repository, so there is no {base!r} to compare with.")
    repo = _named(path)
    await workspaces.fetch(repo)
    return LocalHead(repo, path, await _snapshot(path, workspaces.mirror(repo), ""), "", "")


def _named(root: Path) -> RepoRef:
    name = re.sub(r"[^A-Za-z0-9._-]", "-", root.name).strip(".") or "root"
    return RepoRef("local", f"{name}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:8]}", path=str(root))


async def _root(path: Path) -> Path | None:
    try:
        return Path(await line(path, "rev-parse", "--show-toplevel"))
    except GitError:
        return None


async def _commit(root: Path, name: str) -> str:
    try:
        return await line(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    except GitError:
        return ""


async def _base(root: Path, wanted: str, head: str) -> tuple[str, str]:
    if wanted:
        sha = await _commit(root, wanted)
        if not sha:
            raise UserError(f"There is no commit {wanted!r} in {root}.")
        return sha, wanted
    for name in _USUAL_BASES:
        sha = await _commit(root, name)
        if sha and sha != head:
            return sha, name
    return "", "HEAD" if head else ""


async def _snapshot(root: Path, mirror: Path, parent: str) -> str:
    """The commit of the files as they are (what git ignores left out); `parent` itself where nothing differs."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**_AUTHOR, "GIT_DIR": str(mirror), "GIT_WORK_TREE": str(root), "GIT_INDEX_FILE": f"{folder}/index"}
        if parent:
            await git(root, "read-tree", parent, env=env)
        await git(root, "-c", "core.autocrlf=false", "-c", "advice.addEmbeddedRepo=false", "add", "--all", ".", env=env)
        tree = await line(root, "write-tree", env=env)
        if parent and tree == await line(mirror, "rev-parse", f"{parent}^{{tree}}"):
            return parent
        parents = ("-p", parent) if parent else ()
        sha = await line(root, "commit-tree", tree, *parents, "-m", "The files as they are", env=env)
        await git(mirror, "update-ref", f"refs/autobuild/{sha}", sha)
        return sha
