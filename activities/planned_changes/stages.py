"""Inputs and results of the activities of a planned change, and of the workflow of one of its tasks."""

from collections.abc import Mapping
from dataclasses import dataclass

from activities.agent_runs.types import AgentChoice, AgentRunResult, ModelCost, Role, RunLimits
from activities.model import GatePlan, RepoRef
from activities.planned_changes.types import (
    ChangeKind,
    ChangePlan,
    Design,
    Issue,
    PlannedChangeView,
    QAResult,
    TaskResult,
)
from activities.quality_gate.types import Workspace


@dataclass(frozen=True)
class PlannedRules:
    """What the deployment and the repository's configuration say of planned changes. `choices` is role → who may work
    in it. A plan with more than `most_files` files, or an estimate above `most_dollars`, has to be approved, each plan
    where `always_asks`. `repositories` are others in which there may be tasks (`owner/name`)."""

    choices: Mapping[Role, AgentChoice]
    always_asks: bool = False
    most_files: int = 10
    most_dollars: float = 5.0
    candidates: int = 1
    keep_branch: bool = False
    pull_labels: tuple[str, ...] = ()
    ci_minutes: int = 60
    repositories: tuple[str, ...] = ()


@dataclass(frozen=True)
class AgentStage:
    """One run of a planning agent: see `RunAgentInput`. `issue_text_id` is `FrozenIssue.text_id`; `design_id` the
    design's text, `kind` its kind. `problem` is what was wrong with the answer before this one. `others` are the other
    repositories in which there may be tasks, on the same host."""

    workspace: Workspace
    run: str
    model: str
    limits: RunLimits
    issue_text_id: str
    design_id: str = ""
    kind: ChangeKind = "feature"
    problem: str = ""
    others: tuple[Workspace, ...] = ()


@dataclass(frozen=True)
class DesignResult:
    """`design` None: `problem` says why the answer was none, in a sentence for the agent."""

    run: AgentRunResult
    design: Design | None = None
    problem: str = ""


@dataclass(frozen=True)
class PlanResult:
    """`plan` None: `problem` says why the answer was none, in a sentence for the agent."""

    run: AgentRunResult
    plan: ChangePlan | None = None
    problem: str = ""


@dataclass(frozen=True)
class ReviewInput:
    """A reviewer's run on the change from `before` to `after`, with what the gate says of it. `before_problem` is what
    was wrong with the answer before this one."""

    workspace: Workspace
    before: str
    after: str
    run: str
    model: str
    limits: RunLimits
    issue_text_id: str
    qa: QAResult
    result_ids: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class ReviewResult:
    """`findings` are a few short lines of it, in the order of importance; `must` counts those that have to be repaired.
    `fix_task_id` is the coder's task to repair them and what the gate found, "" where there is nothing to repair.
    `problem` says why the answer was none."""

    run: AgentRunResult
    findings: tuple[str, ...] = ()
    must: int = 0
    fix_task_id: str = ""
    problem: str = ""


@dataclass(frozen=True)
class ProveTestsInput:
    """Do the tests of the change from `before` to `after` fail without the rest of it?"""

    workspace: Workspace
    plan: GatePlan
    before: str
    after: str


@dataclass(frozen=True)
class PlanTouchedInput:
    """Did the base branch change one of the plan's files on its way from the plan's base to `tip`?"""

    workspace: Workspace
    plan: ChangePlan
    tip: str


@dataclass(frozen=True)
class PlanTouched:
    """The answer."""

    touched: bool


@dataclass(frozen=True)
class ShowPlannedDiffInput:
    """Show the change from `before` to `after` in a check run of the commit `before`, which says nothing about it."""

    view: PlannedChangeView
    repo: RepoRef
    before: str
    after: str


@dataclass(frozen=True)
class ReplaceBranchInput:
    """Put `branch`, whose head is `expected`, where the branch `made` is, at `sha`; and remove that one."""

    repo: RepoRef
    branch: str
    expected: str
    made: str
    sha: str


@dataclass(frozen=True)
class OpenPlannedPullInput:
    """Open the pull request of `branch` into `base`, whose commit `base_sha` has the template. `reviewers` are asked
    for a review."""

    view: PlannedChangeView
    repo: RepoRef
    branch: str
    base: str
    base_sha: str
    draft: bool
    reviewers: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeTaskInput:
    """The argument of `CodeTaskWorkflow`: one task of a plan upon the commit `at`, by `candidates` attempts side by
    side. `issue` is the issue's number, whose money it is. `asked_by` is part of the names of its runs. `allowed` is
    what the approved plan says that it may do: see `CheckPatchInput`."""

    workspace: Workspace
    at: str
    task: Issue
    choice: AgentChoice
    checks: GatePlan
    issue: int
    asked_by: str
    repo: RepoRef
    candidates: int = 1
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeTaskResult:
    """`host_lost`: the host is gone, or what it made, so that nothing of it counts."""

    task: TaskResult
    costs: tuple[ModelCost, ...] = ()
    host_lost: bool = False
    out_of_money: bool = False
