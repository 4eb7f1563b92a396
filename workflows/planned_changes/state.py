"""Where a planned change is: everything that its comment, its pull request and its queries show."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.model import GatePlan
    from activities.planned_changes.stages import PlannedRules
    from activities.planned_changes.types import (
        ChangePlan,
        CiCheck,
        Design,
        FixRound,
        FrozenIssue,
        PlannedChangeView,
        PlannedPull,
        PlannedStage,
        PlanPatchPRInput,
        PlanRevision,
        PRResult,
        QAResult,
        TaskResult,
        TestProof,
    )
    from activities.quality_gate.types import GateOutcome, Workspace
    from workflows.patching.spending import AgentSpending


@dataclass(frozen=True)
class PlanProgress:
    """What `get_progress` answers. `tasks` is a task's id → its state; `waiting_for` a sentence where a person has to
    do something, `digest` that of the plan that waits for an approval, `pulls` the pull requests' numbers."""

    stage: str
    tasks: Mapping[str, str]
    spent: float = 0.0
    cap: float = 0.0
    waiting_for: str = ""
    digest: str = ""
    pulls: tuple[int, ...] = ()


@dataclass
class RepositoryChange:
    """The change in one repository. `tip` is the last joined commit, which only the host has, `commits` (task → commit)
    those that lead to it from the workspace's head. `outcome` is the last gate's."""

    workspace: Workspace
    checks: GatePlan
    tip: str
    commits: list[tuple[str, str]] = field(default_factory=list)
    outcome: GateOutcome | None = None
    qa: QAResult | None = None

    @property
    def name(self) -> str:
        return self.workspace.repo.full_name

    @property
    def changed(self) -> bool:
        return self.tip != self.workspace.head_sha

    def add(self, task: str, commit: str) -> None:
        """A commit upon the tip."""
        self.commits.append((task, commit))
        self.tip = commit


class ChangeState:
    """Of one planned change. `repositories` are by name, the issue's own first."""

    def __init__(self, change: PlanPatchPRInput, started: datetime) -> None:
        self.change = change
        self.started = started
        self.stage: PlannedStage = "preparing"
        self.note = ""
        self.spending = AgentSpending(change.repo, change.issue)
        self.pulls: list[PlannedPull] = []
        self.revisions: tuple[PlanRevision, ...] = ()
        self.approved = ""
        self.approved_by = ""
        self.host = 0
        self.forget_work()

    def forget_work(self) -> None:
        """The host is gone, and with it all texts and commits."""
        self.issue: FrozenIssue | None = None
        self.rules: PlannedRules | None = None
        self.design: Design | None = None
        self.plan: ChangePlan | None = None
        self.tasks: dict[str, TaskResult] = {}
        self.repositories: dict[str, RepositoryChange] = {}
        self.rounds: list[FixRound] = []
        self.review: tuple[str, ...] = ()
        self.proof: TestProof | None = None
        self.ci: tuple[CiCheck, ...] = ()
        self.host += 1

    @property
    def asked_by(self) -> str:
        """Part of the names of runs: what was asked for, and on which host."""
        return f"{self.change.asked_at:.0f}.{self.host}.{len(self.revisions)}"

    @property
    def main(self) -> RepositoryChange:
        """The issue's own repository."""
        return next(iter(self.repositories.values()))

    @property
    def queue(self) -> str:
        return self.main.workspace.queue if self.repositories else ""

    @property
    def qa(self) -> QAResult | None:
        """Of all repositories that were judged."""
        found = {name: one.qa for name, one in self.repositories.items() if one.qa}
        if len(found) < 2:
            return next(iter(found.values()), None)
        rows = tuple(replace(row, name=f"{name}: {row.name}") for name, qa in found.items() for row in qa.checks)
        return QAResult(
            all(qa.passed for qa in found.values()), min(qa.score for qa in found.values()), rows,
            tuple(each for qa in found.values() for each in qa.new_failures),
            " ".join(qa.reason for qa in found.values() if qa.reason),
        )  # fmt: skip

    @property
    def waits_for_approval(self) -> bool:
        return self.stage == "approval"

    def elapsed(self) -> int:
        return int((workflow.now() - self.started).total_seconds())

    def view(self, result: PRResult | None = None) -> PlannedChangeView:
        return PlannedChangeView(
            self.change, self.stage, self.elapsed(), self.note, self.issue, self.design, self.plan, self.approved_by,
            tuple(self.tasks.values()), self.qa, self.proof, tuple(self.rounds), self.review, self.ci,
            tuple(self.pulls), self.spending.costs, self.spending.spent, self.spending.cap, result,
        )  # fmt: skip

    def progress(self) -> PlanProgress:
        waiting = self.plan if self.waits_for_approval else None
        return PlanProgress(
            self.stage, {one.id: one.state for one in self.tasks.values()}, self.spending.spent, self.spending.cap,
            " ".join(waiting.asks) if waiting else "", waiting.digest if waiting else "",
            tuple(pull.number for pull in self.pulls),
        )  # fmt: skip
