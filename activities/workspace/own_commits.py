"""Commits of our own, which only the mirror has: each upon another commit, by one author, with its submodules."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from activities.model import RepoRef
from activities.workspace.commits import OUR_AUTHOR, CommittedFile, add_commit, new_tree
from activities.workspace.git import GitError
from activities.workspace.mirror import Workspaces


class NewContents(Protocol):
    """Path → new content, and removed paths. `executable` are the changed paths that are."""

    @property
    def changed(self) -> Mapping[str, bytes]: ...

    @property
    def removed(self) -> tuple[str, ...]: ...

    @property
    def executable(self) -> frozenset[str]: ...


async def commit_contents(
    workspaces: Workspaces, scratch: Path, repo: RepoRef, at: str, contents: NewContents, message: str
) -> str:
    """The commit `at` with these contents, as a new commit; `at` itself where nothing is different. `scratch`: for
    temporary files."""
    if not (contents.changed or contents.removed):
        return at
    async with new_tree(workspaces.mirror(repo), scratch, at) as new:
        for path, content in contents.changed.items():
            new.files.write(path, content, executable=path in contents.executable)
        tree = await new.write(contents.changed, contents.removed)
    if tree == await workspaces.tree(repo, at):
        return at
    return await commit_tree(workspaces, repo, at, tree, message)


async def commit_paths(
    workspaces: Workspaces, scratch: Path, repo: RepoRef, at: str, paths: Iterable[str],
    files: Mapping[str, CommittedFile], message: str,
) -> str:  # fmt: skip
    """The commit `at` with these paths as `files` of another commit has them, as a new commit. A path that is not in
    `files` is removed."""
    wanted = tuple(paths)
    async with new_tree(workspaces.mirror(repo), scratch, at) as new:
        await new.add({path: files[path] for path in wanted if path in files})
        tree = await new.write((), [path for path in wanted if path not in files])
    return await commit_tree(workspaces, repo, at, tree, message)


async def commit_tree(workspaces: Workspaces, repo: RepoRef, at: str, tree: str, message: str) -> str:
    """The tree as a new commit upon `at`."""
    sha = await add_commit(workspaces.mirror(repo), tree, (at,), message, OUR_AUTHOR)
    await workspaces.link_as(repo, sha, at)
    return sha


async def has_commit(workspaces: Workspaces, repo: RepoRef, sha: str) -> bool:
    """Whether the mirror has it. What nobody but the mirror has is lost with it."""
    try:
        await workspaces.tree(repo, sha)
    except GitError:
        return False
    return True
