"""Which findings are at a file of the tree: GitHub shows an annotation only there."""

import asyncio
import posixpath
from dataclasses import replace

from activities.model import CheckResult
from activities.quality_gate.types import Workspace
from activities.untrusted_files import UntrustedFolder
from activities.workspace.mirror import Workspaces


async def with_places(workspaces: Workspaces, workspace: Workspace, result: CheckResult) -> CheckResult:
    """The result, in which findings are marked whose path names no file of the head."""
    paths = {each.path for each in result.findings if each.path}
    if not paths:
        return result
    tree = UntrustedFolder(await workspaces.checkout(workspace.repo, workspace.head_sha))
    there = await asyncio.to_thread(lambda: {path for path in paths if tree.is_file(posixpath.normpath(path))})
    findings = (replace(each, in_tree=each.path in there) if each.path in paths else each for each in result.findings)
    return replace(result, findings=tuple(findings))
