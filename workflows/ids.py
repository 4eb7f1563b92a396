"""Workflow ids and task queues. An id is the deduplication: it comes from GitHub's facts alone."""

from activities.github.patch_requests.types import SaidIn
from activities.workflow_ids import (
    TASK_QUEUE,
    BranchId,
    baseline,
    branch_workflow,
    budget,
    history,
    incident,
    incremental_patch,
    migration,
    parse_quality,
    quality,
    quality_gate,
    quality_of_fork,
)

__all__ = [
    "TASK_QUEUE",
    "BranchId",
    "baseline",
    "branch_workflow",
    "budget",
    "code_task",
    "command",
    "comment",
    "config_change",
    "first_configuration",
    "history",
    "host_queue",
    "incident",
    "incident_of_issue",
    "incremental_patch",
    "label",
    "migration",
    "monitoring",
    "parse_quality",
    "plan_patch_pr",
    "quality",
    "quality_gate",
    "quality_of_fork",
    "reconciliation",
    "thread",
]


def command(full_name: str, source: str) -> str:
    """A request by a person. `source` names GitHub's fact: `comment-123`, `check-run-9-2026-01-01T…`."""
    return f"command:{full_name}!{source}"


def comment(said_in: SaidIn, id: int) -> str:
    """The source of what a comment asks for: comments, comments in reviews and reviews are numbered each for itself."""
    return f"{said_in.replace('_', '-')}-{id}"


def thread(full_name: str, number: int) -> str:
    """What people comment on one issue or pull request."""
    return f"thread:{full_name}#{number}"


def config_change(full_name: str, branch: str, sha: str) -> str:
    """A new configuration on a branch, which its commit brought."""
    return f"config-change:{full_name}@{branch}:{sha}"


def first_configuration(full_name: str) -> str:
    """The pull request that `/init` asks for."""
    return f"init:{full_name}"


def label(full_name: str, number: int, name: str) -> str:
    """What one label on an issue asks for. GitHub's labels ignore case."""
    return f"label:{full_name}#{number}:{name.casefold()}"


def plan_patch_pr(full_name: str, number: int) -> str:
    """The plan, patch and pull request that an issue asks for."""
    return f"plan-patch-pr:{full_name}#{number}"


def code_task(full_name: str, number: int, task: str, *, again: bool = False) -> str:
    """One task of that plan; `again` where it is done a second time."""
    return f"{plan_patch_pr(full_name, number)}:{task}{':again' if again else ''}"


def incident_of_issue(full_name: str, number: int) -> str:
    """The incident that an issue reports: GitHub is its source, the issue its group."""
    return incident("github", f"{full_name}#{number}")


def monitoring() -> str:
    """What takes the alerts of a deployment."""
    return "monitoring"


def reconciliation(installation_id: int, what: str = "") -> str:
    """A look at one installation; `what` names the repository that it is about, where it is about one."""
    return f"reconciliation:{installation_id}" + (f":{what}" if what else "")


def host_queue(host: str, queue: str = TASK_QUEUE) -> str:
    """The queue of the one host that holds a workspace (a workspace never travels)."""
    return f"{queue}@{host}"
