"""The trust levels of a head and of its base: what code of one level left on a host, only that level reads.

A level is a folder's name. The default branch and protected branches share one; every other branch has its own, and so
has every approved commit of a fork, since an approval holds for that commit alone.
"""

from dataclasses import replace

from activities.environments import PROTECTED
from activities.quality_gate.types import Workspace
from activities.result_store import digest
from activities.workspace.mirror import Workspaces


def head_level(workspace: Workspace) -> str:
    """The level of the head's code."""
    head = workspace.head
    if head.fork:
        return f"fork-{head.pull}-{head.sha}"
    if workspace.protected_head:
        return PROTECTED
    return _branch_level(head.branch) if head.branch or head.repo.path else f"commit-{head.sha}"


def base_level(workspace: Workspace) -> str:
    """The level of the commit that the head is compared with."""
    if workspace.protected_base and workspace.base_was_tip:
        return PROTECTED
    base_ref = workspace.head.base_ref
    return _branch_level(base_ref) if base_ref and not workspace.protected_base else f"commit-{workspace.base_sha}"


async def compared(workspaces: Workspaces, workspace: Workspace, before: str, commit: str, branch: str) -> Workspace:
    """A commit that we made as the head of `branch`, whose code nobody has reviewed, compared with `before` ("" for
    alone). The workspace's own head keeps its trust level."""
    repo = workspace.repo
    head = replace(workspace.head, sha=commit, base_sha=before, branch=branch, base_ref=branch, pull=0)
    original = before == workspace.head_sha and workspace.protected_head
    return replace(
        workspace,
        head=head,
        head_tree=await workspaces.tree(repo, commit),
        base_tree=await workspaces.tree(repo, before) if before else "",
        protected_head=workspace.protected_head and commit == workspace.head_sha,
        protected_base=original,
        base_was_tip=original,
        base_lacks=workspace.head_lacks,
    )


def _branch_level(branch: str) -> str:
    return f"branch-{digest(branch)[:32]}"
