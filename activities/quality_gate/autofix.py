"""Tool-safe fixes of a head: each tool in turn on a private copy of its files, the outcome as one commit.

The tools are the repository's code, and may leave anything in the copy. Only contents of regular files that the head
has are taken from it; modes, links and submodules stay as the head has them, and what is deleted or new is no fix.
"""

import asyncio
import logging
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from activities.quality_gate.measurement import Host, Tree
from activities.quality_gate.types import FixResult, Workspace
from activities.untrusted_files import UntrustedFileError, UntrustedFolder, remove_tree
from activities.workspace.commits import EXECUTABLE, FILE, CommittedFile, add_commit, committed_files, new_tree

_log = logging.getLogger("autobuild.gate")

# The bot's own name is not GitHub's business: the commit that GitHub makes is signed by GitHub.
_AUTHOR = {
    "GIT_AUTHOR_NAME": "autobuild",
    "GIT_AUTHOR_EMAIL": "autobuild@users.noreply.github.com",
    "GIT_COMMITTER_NAME": "autobuild",
    "GIT_COMMITTER_EMAIL": "autobuild@users.noreply.github.com",
}
_LARGEST_FILE = 20 * 1024**2
_LARGEST_COMMIT = 200 * 1024**2
_MOST_NAMED = 5


async def commit_fixes(host: Host, workspace: Workspace, trees: Sequence[tuple[str, Tree]]) -> FixResult:
    """`trees` are the head for each check that may be fixed."""
    checkout = await host.workspaces.checkout(workspace.repo, workspace.head_sha)
    mirror = host.workspaces.mirror(workspace.repo)
    home = Path(tempfile.mkdtemp(prefix="fix.", dir=host.scratch))
    try:
        copy = UntrustedFolder(home / "tree")
        copy.root.mkdir()
        await asyncio.to_thread(UntrustedFolder(checkout).copy_tree, copy)
        by = []
        for check, tree in trees:
            for tool_run in await tree.tool_runs(check):
                fixes = tool_run.tool.fixes and tool_run.asked_in
                report = await tree.fix(tool_run, copy.root) if fixes else None
                if report and report.completed and not report.problem:
                    by.append(f"{tool_run.tool.name} {report.version}".strip())
        head_files = await committed_files(mirror, workspace.head_sha)
        async with new_tree(mirror, home, workspace.head_sha) as new:
            fixed, left_out = await asyncio.to_thread(
                _take_fixes, head_files, UntrustedFolder(checkout), copy, new.files
            )
            tree_sha = await new.write(fixed)
    finally:
        await asyncio.to_thread(remove_tree, home)
    for sentence in left_out:
        _log.warning("fix=left_out repository=%s head=%s %s", workspace.repo.full_name, workspace.head_sha, sentence)
    result = FixResult(workspace, workspace.head_sha, left_out=_named(left_out))
    if tree_sha == workspace.head_tree:
        return result
    sha = await add_commit(mirror, tree_sha, (workspace.head_sha,), "Apply tool-safe fixes", _AUTHOR)
    after = replace(workspace, head=replace(workspace.head, sha=sha), head_tree=tree_sha)
    return replace(
        result, workspace=after, commit_sha=sha, git_dir=str(mirror), by=tuple(by), files=len(fixed)
    )  # fmt: skip


def _take_fixes(
    head_files: Mapping[str, CommittedFile], before: UntrustedFolder, after: UntrustedFolder, to: UntrustedFolder
) -> tuple[list[str], list[str]]:
    """Writes the files that differ, and gives their paths; and sentences about what cannot be part of a commit."""
    fixed, left_out, size = [], [], 0
    for path, committed in head_files.items():
        was = before.look(path)
        if committed.mode not in (FILE, EXECUTABLE) or was is None or was.kind != "file":
            continue
        now = after.look(path)
        same = ("st_mode", "st_size", "st_mtime_ns")
        if now and all(getattr(now.facts, name) == getattr(was.facts, name) for name in same):
            continue  # A tool that sets the time back hides only its own work.
        try:
            data = after.read_bytes(path, _LARGEST_FILE)
            if data == before.read_bytes(path, _LARGEST_FILE):
                continue
        except UntrustedFileError as error:
            left_out.append(f"{path!r} {error.reason}.")
            continue
        size += len(data)
        if size > _LARGEST_COMMIT:
            left_out.append(f"{path!r} would make the commit larger than {_LARGEST_COMMIT // 1024**2} MiB.")
            break
        to.write(path, data, executable=committed.mode == EXECUTABLE)
        fixed.append(path)
    return fixed, left_out


def _named(sentences: Sequence[str]) -> tuple[str, ...]:
    """A few: a history holds short sentences, and the log has all."""
    more = len(sentences) - _MOST_NAMED
    shown = (sentence if len(sentence) <= 200 else f"{sentence[:200]}…" for sentence in sentences[:_MOST_NAMED])
    return (*shown, *((f"{more} more files.",) if more > 0 else ()))
