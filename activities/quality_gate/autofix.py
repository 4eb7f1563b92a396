"""Tool-safe fixes of a head: each tool in turn on a private copy of its files, the outcome as one commit."""

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from activities.quality_gate.measurement import Host, Tree
from activities.quality_gate.types import Workspace
from activities.untrusted_files import remove_tree
from activities.workspace.git import git, git_line

# The bot's own name is not GitHub's business: the commit that GitHub makes is signed by GitHub.
_AUTHOR = {
    "GIT_AUTHOR_NAME": "autobuild",
    "GIT_AUTHOR_EMAIL": "autobuild@users.noreply.github.com",
    "GIT_COMMITTER_NAME": "autobuild",
    "GIT_COMMITTER_EMAIL": "autobuild@users.noreply.github.com",
}


async def commit_fixes(
    host: Host, workspace: Workspace, trees: Sequence[tuple[str, Tree]]
) -> tuple[str, tuple[str, ...], int]:
    """(commit, what was done by whom, files changed); ("", (), 0) when no tool had anything to fix."""
    checkout = await host.workspaces.checkout(workspace.repo, workspace.head_sha)
    host.scratch.mkdir(parents=True, exist_ok=True)
    copy = Path(tempfile.mkdtemp(prefix="fix.", dir=host.scratch)) / "tree"
    try:
        await asyncio.to_thread(shutil.copytree, checkout, copy, symlinks=True)
        by = []
        for check, tree in trees:
            for tool_run in await tree.tool_runs(check):
                report = await tree.fix(tool_run, copy) if tool_run.tool.fixes else None
                if report and report.completed and not report.problem:
                    by.append(f"{tool_run.tool.name} {report.version}".strip())
        mirror = host.workspaces.mirror(workspace.repo)
        return await _commit(mirror, workspace, copy, tuple(by))
    finally:
        await asyncio.to_thread(remove_tree, copy.parent)


async def _commit(
    mirror: Path, workspace: Workspace, copy: Path, by: tuple[str, ...]
) -> tuple[str, tuple[str, ...], int]:
    """Only files that the head has are taken, so nothing that a tool left behind gets in."""
    env = {**_AUTHOR, "GIT_DIR": str(mirror), "GIT_WORK_TREE": str(copy), "GIT_INDEX_FILE": str(copy.parent / "index")}
    await git(copy, "read-tree", workspace.head_sha, env=env)
    await git(copy, "add", "--update", ".", env=env)
    tree = await git_line(copy, "write-tree", env=env)
    if tree == workspace.head_tree:
        return "", (), 0
    names = await git(mirror, "diff", "--name-only", "-z", workspace.head_tree, tree)
    sha = await git_line(copy, "commit-tree", tree, "-p", workspace.head_sha, "-m", "Apply tool-safe fixes", env=env)
    await git(mirror, "update-ref", f"refs/autobuild/{sha}", sha)
    return sha, by, names.count(b"\0")
