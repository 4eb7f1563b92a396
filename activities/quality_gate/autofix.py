"""Tool-safe fixes of a head's new findings: each tool in turn on a private copy of its files, as one commit.

The tools are the repository's code, and may leave anything in the copy. Only contents of regular files that the head
has are taken from it; modes, links and submodules stay as the head has them, and what is deleted or new is no fix.
"""

import asyncio
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from activities.checking import ToolRun
from activities.model import Finding
from activities.quality_gate.fix_scope import is_of_whole_file, limited, lines_of, moved
from activities.quality_gate.measurement import Host, Tree
from activities.quality_gate.types import FixResult, Workspace
from activities.reports import valid_unicode
from activities.untrusted_files import UntrustedFileError, UntrustedFolder, remove_tree
from activities.workspace.commits import EXECUTABLE, FILE, CommittedFile, committed_files, new_tree
from activities.workspace.own_commits import commit_tree

_log = logging.getLogger("autobuild.gate")

_LARGEST_FILE = 20 * 1024**2
_LARGEST_COMMIT = 200 * 1024**2
_MOST_NAMED = 5


@dataclass(frozen=True)
class CheckFix:
    """What is to be fixed for one check: new findings of the head, in files of the change."""

    check: str
    tree: Tree
    findings: tuple[Finding, ...]


async def commit_fixes(host: Host, workspace: Workspace, fixes: Sequence[CheckFix]) -> FixResult:
    """By tools that the repository asks for, as one commit that only the mirror has."""
    checkout = await host.workspaces.checkout(workspace.repo, workspace.head_sha)
    mirror = host.workspaces.mirror(workspace.repo)
    host.scratch.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="fix.", dir=host.scratch))
    try:
        copy = UntrustedFolder(home / "tree")
        copy.root.mkdir()
        await asyncio.to_thread(UntrustedFolder(checkout).copy_tree, copy)
        by = []
        for fix in fixes:
            for tool_run in await fix.tree.tool_runs(fix.check):
                if tool_run.tool.fixes and tool_run.asked_in:
                    by += await _fix_with(fix, tool_run, UntrustedFolder(checkout), copy)
        paths = {each.path for fix in fixes for each in fix.findings}
        committed = await committed_files(mirror, workspace.head_sha)
        head_files = {path: file for path, file in committed.items() if valid_unicode(path) in paths}
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
    sha = await commit_tree(host.workspaces, workspace.repo, workspace.head_sha, tree_sha, "Apply tool-safe fixes")
    # A head that is its own configuration is not somebody else's after the fix.
    config_sha = sha if workspace.config_sha == workspace.head_sha else workspace.config_sha
    after = replace(workspace, head=replace(workspace.head, sha=sha), head_tree=tree_sha, config_sha=config_sha)
    return replace(
        result, workspace=after, commit_sha=sha, git_dir=str(mirror), by=tuple(by), files=len(fixed)
    )  # fmt: skip


async def _fix_with(fix: CheckFix, tool_run: ToolRun, head: UntrustedFolder, copy: UntrustedFolder) -> list[str]:
    """Rule by rule, those about whole files last: the tool fixes that rule in only such files, and of its changes to
    lines only those at the findings stay. Gives the tool's name and version where it ran."""
    tool, folder = tool_run.tool, tool_run.project.folder
    inside = "" if folder == "." else f"{folder}/"
    mine = [each for each in fix.findings if each.tool == tool.name and each.path.startswith(inside)]
    done: dict[str, None] = {}
    for whole, rule in sorted({(is_of_whole_file(each), each.rule) for each in mine}):
        some = [each for each in mine if (is_of_whole_file(each), each.rule) == (whole, rule)]
        paths = sorted({each.path for each in some})
        before = {path: _contents(copy, path) for path in paths}
        options = {
            "fix_paths": tuple(path.removeprefix(inside) for path in paths),
            "fix_rule": rule,
        }
        report = await fix.tree.fix(tool_run, copy.root, options)
        if report.completed and not report.problem:
            done[f"{tool.name} {report.version}".strip()] = None
        if not whole:
            await asyncio.to_thread(_keep_lines, head, copy, before, some)
    return list(done)


def _keep_lines(
    head: UntrustedFolder, copy: UntrustedFolder, before: Mapping[str, bytes | None], findings: Sequence[Finding]
) -> None:
    for path, was in before.items():
        now, at_head = _contents(copy, path), _contents(head, path)
        if was is None or now is None or at_head is None:
            continue  # no content of a file: `_take_fixes` says so
        lines = moved(at_head, was, lines_of(each for each in findings if each.path == path))
        kept = limited(was, now, lines)
        if kept != now:
            copy.write(path, kept)
    os.chown(copy.root, os.geteuid(), -1)  # its new contents are given to the next command's user, as at first


def _contents(folder: UntrustedFolder, path: str) -> bytes | None:
    try:
        return folder.read_bytes(path, _LARGEST_FILE)
    except UntrustedFileError:
        return None


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
