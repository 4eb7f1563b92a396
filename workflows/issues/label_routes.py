"""Which workflow a label on an issue asks for: `labels` of `.github/autobuild.yml` names the label of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from activities.incidents.types import Alert, IncidentInput
from activities.model import RepoRef
from activities.planned_changes.types import PlanPatchPRInput
from workflows import ids
from workflows.messages import AskedWork

PLANNED = "autobuild"
"""The key of the label that asks for a planned change."""

INCIDENT = "incident"
"""The key of the label that asks for an incident analysis."""


@dataclass(frozen=True)
class LabelWorkflowInput:
    """The argument of a workflow that a label starts: facts only, the issue's text is read when it is needed.
    `actor` set the label, or asked for another try."""

    repo: RepoRef
    issue: int
    label: str
    actor: str
    default_branch: str = ""


@dataclass(frozen=True)
class WorkOrder:
    """What is asked for, at GitHub's time `asked_at` of the label or comment, in seconds since 1970. `comment` is
    None where a label asks for it."""

    work: LabelWorkflowInput
    asked_at: float
    comment: AskedWork | None = None


@dataclass(frozen=True)
class LabelRoute:
    """`workflow` is a workflow's type, `id` makes its id from the repository's full name and the issue's number, and
    `input` its argument; `does` completes the sentence "The label …"."""

    workflow: str
    id: Callable[[str, int], str]
    input: Callable[[WorkOrder], Any]
    does: str


def _planned_change(order: WorkOrder) -> PlanPatchPRInput:
    work, comment = order.work, order.comment
    if comment is None:
        return PlanPatchPRInput(
            work.repo, work.issue, work.actor, order.asked_at, work.default_branch, label=work.label
        )  # fmt: skip
    return PlanPatchPRInput(
        work.repo, work.issue, work.actor, order.asked_at, work.default_branch, comment_id=comment.said.comment,
        dry_run=comment.dry_run, anyway=comment.anyway,
    )  # fmt: skip


def _incident(order: WorkOrder) -> IncidentInput:
    """The issue is the alert. The service is what a comment names; otherwise the repository says which one it is."""
    work, comment = order.work, order.comment
    number = f"#{work.issue}"
    alert = Alert(
        "github", f"{work.repo.full_name}{number}", f"Issue {number}", comment.service if comment else "",
        summary=f"Reported in {number} by {work.actor}.", starts_at=order.asked_at,
        id=f"issue-{work.issue}-{order.asked_at:.0f}", repo=work.repo,
    )  # fmt: skip
    return IncidentInput(alert, work.repo, work.issue, work.actor, order.asked_at)


LABEL_ROUTES: Mapping[str, LabelRoute] = {
    PLANNED: LabelRoute("PlanPatchPRWorkflow", ids.plan_patch_pr, _planned_change, "asks for a planned change"),
    INCIDENT: LabelRoute("IncidentSwarmWorkflow", ids.incident_of_issue, _incident, "asks for an incident analysis"),
}
"""By the key in the configuration."""
