"""A folder on this machine as a repository for the gate: its files as they are now, and a base to compare with.

The folder itself is only read. Uncommitted changes become a commit in our own mirror.
"""

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from activities.errors import UserError
from activities.model import RepoRef
from activities.workspace.git import GitError, git, git_line
from activities.workspace.mirror import Workspaces

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


@dataclass(frozen=True)
class LocalHead:
    """`root` is the folder that paths are relative to; `base_name` is what a person calls the base. Without a
    `base_sha` there is nothing to compare with, and every finding is new."""

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
    try:
        root = Path(await git_line(path, "rev-parse", "--show-toplevel"))
    except GitError:
        if base:
            raise UserError(f"{path} is not a Git repository, so {base!r} is not known there.") from None
        repo = _repo_ref(path)
        await workspaces.fetch(repo)
        return LocalHead(repo, path, await _snapshot(path, workspaces.mirror(repo), ""), "", "")
    repo = _repo_ref(root)
    committed = await _commit(root, "HEAD")
    base_sha, base_name = await _base(root, base, committed)
    await workspaces.fetch(repo, *(sha for sha in (committed, base_sha) if sha))
    head = await _snapshot(root, workspaces.mirror(repo), committed)
    return LocalHead(repo, root, head, base_sha or (committed if head != committed else ""), base_name)


def _repo_ref(root: Path) -> RepoRef:
    name = re.sub(r"[^A-Za-z0-9._-]", "-", root.name).strip(".") or "root"
    return RepoRef("local", f"{name}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:8]}", path=str(root))


async def _commit(root: Path, name: str) -> str:
    try:
        return await git_line(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    except GitError:
        return ""


async def _base(root: Path, named: str, head: str) -> tuple[str, str]:
    """(sha, name): what the person named, else the default branch, else the last commit."""
    if named:
        sha = await _commit(root, named)
        if not sha:
            raise UserError(f"There is no commit {named!r} in {root}.")
        return sha, named
    for name in _USUAL_BASES:
        sha = await _commit(root, name)
        if sha and sha != head:
            return sha, name
    return "", "HEAD" if head else ""


async def _snapshot(root: Path, mirror: Path, parent: str) -> str:
    """The commit of the files as they are (without ignored files); `parent` itself where nothing changed."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**_AUTHOR, "GIT_DIR": str(mirror), "GIT_WORK_TREE": str(root), "GIT_INDEX_FILE": f"{folder}/index"}
        if parent:
            await git(root, "read-tree", parent, env=env)
        await git(root, "-c", "core.autocrlf=false", "-c", "advice.addEmbeddedRepo=false", "add", "--all", ".", env=env)
        tree = await git_line(root, "write-tree", env=env)
        if parent and tree == await git_line(mirror, "rev-parse", f"{parent}^{{tree}}"):
            return parent
        parents = ("-p", parent) if parent else ()
        sha = await git_line(root, "commit-tree", tree, *parents, "-m", "The files as they are", env=env)
        await git(mirror, "update-ref", f"refs/autobuild/{sha}", sha)
        return sha
