"""The rules of a planned change that need no workflow: who has to approve, and which attempt is taken."""

from dataclasses import replace

import pytest

from activities.agent_runs.types import AgentChoice
from activities.model import GatePlan, Head, RepoRef
from activities.patching.types import PatchOutcome
from activities.planned_changes.stages import CodeTaskInput, PlannedRules
from activities.planned_changes.types import CandidateResult, ChangePlan, Issue
from activities.quality_gate.types import Workspace
from workflows.planned_changes.code_task import chosen
from workflows.planned_changes.planning import asks

TASK = Issue("task-1", "A task", "t", ("a.py", "b.py"))
PLAN = ChangePlan((TASK,), "1" * 64, "2" * 40, 1.0)
RULES = PlannedRules({}, most_files=2, most_dollars=1.0)
REPO = RepoRef("octocat", "hello")
INPUT = CodeTaskInput(
    Workspace(Head(REPO), "queue", ""), "2" * 40, TASK, AgentChoice(("a", "b")), GatePlan(()), 1, "x", REPO, 3
)


def test_a_small_plan_asks_nobody() -> None:
    assert asks(PLAN, RULES) == ()


@pytest.mark.parametrize(
    ("plan", "rules", "word"),
    [
        (PLAN, replace(RULES, always_asks=True), "plan_approval"),
        (replace(PLAN, tasks=(replace(TASK, files=("a", "b", "c")),)), RULES, "3 files"),
        (replace(PLAN, dollars=1.01), RULES, "$1.01"),
        (replace(PLAN, protected=("CODEOWNERS",)), RULES, "`CODEOWNERS`"),
    ],
)
def test_what_a_person_has_to_approve_is_said(plan: ChangePlan, rules: PlannedRules, word: str) -> None:
    (said,) = asks(plan, rules)
    assert word in said


def attempt(number: int, passed: bool, lines: int, commit: str = "c", dollars: float = 0.0) -> CandidateResult:
    sha = f"{commit}{number}" if commit else ""
    return CandidateResult(number, f"m{number}", passed, commit_sha=sha, lines=lines, dollars=dollars)


def outcome(state: str = "done") -> PatchOutcome:
    return PatchOutcome("task-1", "instruction", "A task", "t", state=state)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("attempts", "taken", "state"),
    [
        ([attempt(1, True, 9), attempt(2, True, 3), attempt(3, False, 1)], 2, "done"),
        ([attempt(1, True, 3, dollars=2.0), attempt(2, True, 3, dollars=1.0)], 2, "done"),
        ([attempt(1, False, 0, ""), attempt(2, False, 50)], 2, "failed"),
        ([attempt(1, False, 0, ""), attempt(2, False, 0, "")], 0, "failed"),
    ],
)
def test_what_passes_is_taken_then_the_smallest_then_the_cheapest(
    attempts: list[CandidateResult], taken: int, state: str
) -> None:
    found = chosen(INPUT, [(one, outcome("done" if one.passed else "failed")) for one in attempts])
    assert found.state == state
    assert [one.number for one in found.candidates if one.chosen] == ([taken] if taken else [])


def test_where_nothing_had_to_be_changed_nothing_is_taken() -> None:
    found = chosen(INPUT, [(attempt(1, False, 0, ""), outcome("nothing"))])
    assert (found.state, found.commit_sha) == ("nothing", "")
