"""Designs, plans, reviews and proofs on one host, by scripted agents."""

from pathlib import Path
from typing import Any

import pytest

from activities.agent_runs.backend import AgentTask
from activities.agent_runs.types import RunLimits
from activities.agent_runs.untrusted_text import wrapped
from activities.errors import CommitsLost
from activities.model import GatePlan
from activities.planned_changes.stages import AgentStage, ProveTestsInput, ReviewInput
from activities.planned_changes.types import GateRow, QAResult
from activities.planning_engine.proof import NO_TESTS, NOT_RUN, SAME_BEFORE, TestProver
from activities.planning_engine.review import ChangeReviewer
from activities.planning_engine.stages import PlanningEngine, put_text, task_text, text_of
from activities.quality_gate.engine import GateEngine
from activities.workspace.own_commits import commit_contents
from tests.activities.agent_runs.harness import AgentSite, make_agent_site
from tests.end_to_end.planned import FILES, design, plan, task

ISSUE = wrapped("issue", "octocat", "# A wish\n\nPlease.", "write")


@pytest.fixture
async def site(tmp_path: Path) -> AgentSite:
    return await make_agent_site(tmp_path, FILES)


def planning(site: AgentSite, *answers: dict[str, Any]) -> PlanningEngine:
    return PlanningEngine(site.host, GateEngine(site.host, "queue"), site.scripted(*answers))


def stage(site: AgentSite, run: str = "run-1", **more: Any) -> AgentStage:
    issue = put_text(site.host.results, "issue", ISSUE)
    return AgentStage(site.workspace, run, "demo", RunLimits(seconds=300), issue, **more)


def is_stopped() -> bool:
    return False


async def test_a_design_is_kept_on_the_host(site: AgentSite) -> None:
    engine = planning(site, design("A wish", "fault", questions=["Which one?"]))
    found = await engine.design(stage(site), is_stopped, is_last_attempt=True)
    assert found.design
    assert (found.design.kind, found.design.questions, found.problem) == ("fault", 1, "")
    text = text_of(site.host.results, found.design.design_id)
    assert "By a wish." in text
    assert "Which one?" in text


async def test_an_answer_that_is_none_says_why(site: AgentSite) -> None:
    engine = planning(site, {"answer": "I would change it."})
    found = await engine.design(stage(site), is_stopped, is_last_attempt=True)
    assert found.design is None
    assert "no JSON" in found.problem


async def test_a_plan_has_a_task_for_each_coder(site: AgentSite) -> None:
    tasks = task("one", "one_.py"), task("two", "two_.py", ".github/workflows/ci.yml", needs=["one"], risk="high")
    engine = planning(site, plan("A wish", *tasks))
    wanted = stage(site, design_id=put_text(site.host.results, "design", "# By parts"), kind="fault")
    found = (await engine.plan(wanted, is_stopped, is_last_attempt=True)).plan
    assert found
    assert [(one.id, one.needs, one.risk) for one in found.tasks] == [
        ("task-1", (), "low"),
        ("task-2", ("task-1",), "high"),
    ]
    assert found.base_sha == site.sha
    assert found.protected == (".github/workflows/ci.yml",)
    assert found.dollars == round(sum(one.dollars for one in found.tasks), 2) > 0
    kept = site.host.results.value(found.tasks[0].task_id, AgentTask)
    assert kept
    assert kept.files == ("one_.py",)
    assert all(part in kept.text for part in ("Please.", "By parts", "Do ONE.", "adds one that fails"))
    assert task_text(site.host.results, found.tasks[0]).startswith("Do ONE.")


async def test_the_digest_changes_with_the_plan(site: AgentSite) -> None:
    engine = planning(
        site,
        {**plan("differs", task("one", "one_.py", "more_.py"))},
        {**plan("A wish", task("one", "one_.py"))},
    )
    id = put_text(site.host.results, "design", "x")
    same = [await engine.plan(stage(site, run, design_id=id), is_stopped, is_last_attempt=True) for run in ("a", "b")]
    other = await engine.plan(stage(site, "c", design_id=id, problem="It differs."), is_stopped, is_last_attempt=True)
    digests = [one.plan.digest for one in (*same, other) if one.plan]
    assert digests[0] == digests[1] != digests[2]


async def test_texts_of_another_host_are_lost(site: AgentSite) -> None:
    engine = planning(site, design("A wish"))
    with pytest.raises(CommitsLost):
        await engine.design(
            AgentStage(site.workspace, "r", "demo", RunLimits(), "not here"), is_stopped, is_last_attempt=True
        )


class Contents:
    """What a commit changes."""

    def __init__(self, **changed: str) -> None:
        self.changed = {f"{path.replace('__', '/')}.py": text.encode() for path, text in changed.items()}
        self.removed: tuple[str, ...] = ()
        self.executable: frozenset[str] = frozenset()


async def commit(site: AgentSite, **changed: str) -> str:
    workspaces = site.host.workspaces
    return await commit_contents(workspaces, site.host.scratch, site.repo, site.sha, Contents(**changed), "A change")


def review(site: AgentSite, after: str, qa: QAResult, run: str = "review-1") -> ReviewInput:
    issue = put_text(site.host.results, "issue", ISSUE)
    return ReviewInput(site.workspace, site.sha, after, run, "demo", RunLimits(seconds=300), issue, qa)


async def test_a_review_makes_a_task_of_what_must_be_repaired(site: AgentSite) -> None:
    said = "more.py:1: must: it divides by three\nmore.py:2: may: rename it"
    reviewer = ChangeReviewer(site.host, site.scripted({"roles": ["reviewer"], "answer": said}))
    after = await commit(site, more="X = 1 / 3\n")
    found = await reviewer.review(review(site, after, QAResult(True)), is_stopped, is_last_attempt=True)
    assert (found.must, len(found.findings), found.problem) == (1, 2, "")
    kept = site.host.results.value(found.fix_task_id, AgentTask)
    assert kept
    assert "it divides by three" in kept.text
    assert "rename it" not in kept.text


@pytest.mark.parametrize(("passed", "repairs"), [(True, False), (False, True)])
async def test_without_findings_only_the_gate_asks_for_a_repair(site: AgentSite, passed: bool, repairs: bool) -> None:
    reviewer = ChangeReviewer(site.host, site.scripted({"roles": ["reviewer"], "answer": "No findings."}))
    rows = () if passed else (GateRow("unit_tests", "failed", True, "1 test fails."),)
    after = await commit(site, more="X = 1\n")
    found = await reviewer.review(review(site, after, QAResult(passed, checks=rows)), is_stopped, is_last_attempt=True)
    assert bool(found.fix_task_id) == repairs
    if repairs:
        kept = site.host.results.value(found.fix_task_id, AgentTask)
        assert kept
        assert "1 test fails." in kept.text


async def proof_of(site: AgentSite, after: str) -> tuple[str, tuple[str, ...]]:
    gate = GateEngine(site.host, "queue")
    checks: GatePlan = await gate.plan(site.workspace)
    found = await TestProver(site.host, gate).prove(ProveTestsInput(site.workspace, checks, site.sha, after))
    return found.reason, found.before


HALF = "def half(x):\n    return x / 2\n"
CASE = "from numbers_ import half\n\n\ndef test_half():\n    assert half(4) == 2\n"


async def test_a_test_that_fails_without_the_change_is_a_proof(site: AgentSite) -> None:
    reason, before = await proof_of(site, await commit(site, numbers_=HALF, tests__test_half=CASE))
    assert reason == ""
    assert [name.partition("::")[2] or name for name in before] != []
    assert "test_half" in before[0]


async def test_a_test_that_cannot_be_loaded_without_the_change_is_a_proof(site: AgentSite) -> None:
    new = "from fresh_ import fresh\n\n\ndef test_fresh():\n    assert fresh() == 1\n"
    reason, before = await proof_of(
        site, await commit(site, fresh_="def fresh():\n    return 1\n", tests__test_fresh=new)
    )
    assert (reason, len(before)) == ("", 1)


async def test_a_test_that_passes_without_the_change_is_none(site: AgentSite) -> None:
    same = "def test_same():\n    assert 1 + 1 == 2\n"
    assert await proof_of(site, await commit(site, numbers_=HALF, tests__test_same=same)) == (SAME_BEFORE, ())


async def test_a_change_without_a_test_proves_nothing(site: AgentSite) -> None:
    assert await proof_of(site, await commit(site, numbers_=HALF)) == (NO_TESTS, ())


async def test_a_test_that_failed_before_and_fails_the_same_after_is_none(tmp_path: Path) -> None:
    older = {**FILES, "tests/test_old.py": "def test_old():\n    assert 1 == 2\n"}
    site = await make_agent_site(tmp_path, older)
    same = "def test_same():\n    assert 1 + 1 == 2\n"
    assert await proof_of(site, await commit(site, numbers_=HALF, tests__test_same=same)) == (SAME_BEFORE, ())


@pytest.mark.parametrize("ends", ["sys.exit(3)", "os.kill(os.getpid(), 9)"])
async def test_tests_that_could_not_be_run_without_the_change_prove_nothing(tmp_path: Path, ends: str) -> None:
    runner = f"import os, sys\n\nif not os.path.exists('ready.py'):\n    {ends}\n{FILES['run.py']}"
    site = await make_agent_site(tmp_path, {**FILES, "run.py": runner})
    same = "def test_same():\n    assert 1 + 1 == 2\n"
    reason, before = await proof_of(site, await commit(site, ready="X = 1\n", tests__test_same=same))
    assert reason.startswith(NOT_RUN)
    assert before == ()
