"""The trust levels of a head and of its base: what code of one level left on a host, only that level reads.

A level is a folder's name. The default branch and protected branches share one; every other branch has its own, and so
has every approved commit of a fork, since an approval holds for that commit alone.
"""

from activities.environments import PROTECTED
from activities.model import Head
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
    if workspace.protected_base:
        return PROTECTED
    head = workspace.head
    named = head.base_ref and not is_merge_group(head)
    return _branch_level(head.base_ref) if named else f"commit-{workspace.base_sha}"


def is_merge_group(head: Head) -> bool:
    """Whether GitHub made this branch for its merge queue. It is compared with the group in front of it, which is part
    of no branch yet, and may never be."""
    return head.branch.startswith("gh-readonly-queue/")


def _branch_level(branch: str) -> str:
    return f"branch-{digest(branch)[:32]}"
