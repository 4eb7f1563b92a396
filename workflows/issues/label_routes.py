"""Which workflow a label on an issue asks for: `labels` of `.github/autobuild.yml` names the label of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from activities.model import RepoRef
from workflows import ids


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
class LabelRoute:
    """`workflow` is a workflow's type, `id` makes its id from the repository's full name and the issue's number; `does`
    completes the sentence "The label …"."""

    workflow: str
    id: Callable[[str, int], str]
    does: str


LABEL_ROUTES: Mapping[str, LabelRoute] = {
    "autobuild": LabelRoute("PlanPatchPRWorkflow", ids.plan_patch_pr, "asks for a planned change"),
    "incident": LabelRoute("IncidentSwarmWorkflow", ids.incident_of_issue, "asks for an incident analysis"),
}
"""By the key in the configuration."""
