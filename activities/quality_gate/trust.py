"""The trust levels of a head and of its base: what code of one level left on a host, only that level reads.

A level is a folder's name. The default branch and protected branches share one; every other branch has its own, and so
has every approved commit of a fork, since an approval holds for that commit alone.
"""

from activities.environments import PROTECTED
from activities.quality_gate.types import Workspace
from activities.result_store import digest


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


def _branch_level(branch: str) -> str:
    return f"branch-{digest(branch)[:32]}"
