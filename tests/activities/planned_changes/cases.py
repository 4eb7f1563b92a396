"""A planned change at each of its stages and ends."""

from dataclasses import replace
from typing import get_args

from activities.agent_runs.types import ModelCost
from activities.model import RepoRef
from activities.planned_changes import texts
from activities.planned_changes.types import (
    CandidateResult,
    ChangePlan,
    CiCheck,
    Design,
    FixRound,
    FrozenIssue,
    GateRow,
    Issue,
    PlannedChangeView,
    PlannedPull,
    PlannedStage,
    PlannedState,
    PlannedTexts,
    PlanPatchPRInput,
    PRResult,
    QAResult,
    RelatedThread,
    TaskResult,
    TestProof,
)

ASKED = PlanPatchPRInput(RepoRef("octocat", "hello"), 12, "octocat", 1_000_000_000.0, label="autobuild")
ISSUE = FrozenIssue(
    "parse() fails on an empty list", "octocat", "t", "d", ("bug", "autobuild"),
    (RelatedThread(7, "issue", "parse() is slow"), RelatedThread(9, "pull", "Rewrite parse()")), left_out=2,
)  # fmt: skip
DESIGN = Design("fault", "Return an empty list from `parse()` for an empty input.", "design", questions=1)
TASKS = (
    Issue("a", "Handle an empty list in parse()", "t1", ("src/parse.py", "tests/test_parse.py"), (),
          "test_empty fails before and passes after.", "low", 0.4),
    Issue("b", "Say so in the documentation", "t2", ("docs/parse.md",), ("a",), "", "low", 0.1),
    Issue("c", "Run the new test in CI", "t3", (".github/workflows/ci.yml",), ("a", "b"), "CI runs it.", "high", 0.2),
)  # fmt: skip
PLAN = ChangePlan(
    TASKS, "1a2b3c4d" * 8, "b" * 40, 0.7, (".github/workflows/ci.yml",),
    (texts.asks_files(4, 3), texts.asks_protected([".github/workflows/ci.yml"])),
)  # fmt: skip
ATTEMPTS = (
    CandidateResult(1, "small", False, "stuck", "", "c" * 40, 2, 80, 3, 0.04),
    CandidateResult(2, "large", True, "done", "", "d" * 40, 2, 31, 1, 0.3, chosen=True),
)
RUNNING = (
    TaskResult("a", TASKS[0].title, "done", "", "d" * 40, 2, 31, 1, candidates=ATTEMPTS),
    TaskResult("b", TASKS[1].title, "running"),
    TaskResult("c", TASKS[2].title),
)
DONE = (
    RUNNING[0],
    TaskResult("b", TASKS[1].title, "done", "", "e" * 40, 1, 4, 1, again=True),
    TaskResult("c", TASKS[2].title, "nothing", "CI runs every test in `tests/` already."),
)
FAILED = (*DONE[:2], replace(DONE[2], state="failed", reason=texts.rounds_used(3), rounds=3))
PASSED = QAResult(
    True, 98.3,
    (GateRow("unit_tests", "passed", True, "42 tests passed."), GateRow("security", "failed", False, "1 new error."),
     GateRow("benchmarks", "skipped", False, "The repository has no benchmarks.")),
)  # fmt: skip
NOT_PASSED = QAResult(
    False, 62.0,
    (GateRow("unit_tests", "failed", True, "1 test newly failed."), GateRow("linting", "passed", True, "")),
    ("tests/test_parse.py::test_order",), texts.SAME_FAILURES,
)  # fmt: skip
PROOF = TestProof(("tests/test_parse.py::test_empty",), 1)
ROUNDS = (
    FixRound(1, "tools", texts.fixed_by_tools(["linting"]), True),
    FixRound(2, "large", texts.repaired(["unit_tests: 1 test newly failed."]), True),
    FixRound(3, "large", texts.not_repaired("It gave up."), False),
)
REVIEW = ("src/parse.py:12: must: `None` is not handled.", "src/parse.py:30: may: The name says less than before.")
CI = (
    CiCheck("build", "passed", "github-actions"),
    CiCheck("e2e", "failed", "github-actions", "1 test failed.", "https://github.com/octocat/hello/runs/1", "t"),
    CiCheck("nightly", "older", "github-actions", "It fails since last week."),
    CiCheck("flaky-net", "flaky", "github-actions"),
    CiCheck("deploy", "infrastructure", "deployer", "It was cancelled.", "javascript:alert(1)"),
    CiCheck("slow", "running", "github-actions"),
)
COSTS = (
    ModelCost("architect", "large", 4, 21_000, 1_900, 0.11),
    ModelCost("planner", "large", 1, 8_000, 700, 0.004),
    ModelCost("coder", "small", 31, 120_000, 9_100, 0.21),
    ModelCost("coder", "own", 12, 40_000, 3_100, priced=False),
)
PULL = PlannedPull("octocat/hello", 13, "https://github.com/octocat/hello/pull/13", "autobuild/issue-12", "f" * 40)
TEXTS = PlannedTexts(
    "# Why\n\n`parse()` reads `items[0]` first.\n\n- check for **no** items\n\n```python\nif not items:\n    return []\n```\n",
    (("a", "Return early from `parse()`.\n\n1. a test first"), ("b", "Add one sentence."), ("c", "Add a step.")),
)

_BASE = PlannedChangeView(ASKED, "preparing", seconds=40, cap=10.0)
_READ = replace(_BASE, seconds=75, issue=ISSUE, spent=0.2)
_DESIGNED = replace(_READ, seconds=240, design=DESIGN, costs=COSTS[:1])
_PLANNED = replace(_DESIGNED, seconds=300, plan=PLAN, costs=COSTS[:2])
_CODED = replace(_PLANNED, seconds=900, approved_by="octocat", tasks=DONE, costs=COSTS, spent=0.92)
_CHECKED = replace(_CODED, seconds=1500, qa=PASSED, proof=PROOF, rounds=ROUNDS, review=REVIEW)
_PUBLISHED = replace(_CHECKED, seconds=3000, ci=CI, pulls=(PULL,))


def stages() -> dict[PlannedStage, PlannedChangeView]:
    """What is known at each stage."""
    known: dict[PlannedStage, PlannedChangeView] = {
        "preparing": _BASE,
        "reading": _BASE,
        "designing": _READ,
        "planning": _DESIGNED,
        "approval": replace(_PLANNED, note=" ".join(PLAN.asks)),
        "coding": replace(_CODED, tasks=RUNNING),
        "joining": _CODED,
        "checking": _CODED,
        "reviewing": replace(_CODED, qa=NOT_PASSED),
        "fixing": replace(_CHECKED, qa=NOT_PASSED, proof=None),
        "publishing": replace(_CHECKED, note=texts.base_moved("main")),
        "ci": _PUBLISHED,
        "undoing": _CODED,
    }
    return {stage: replace(view, stage=stage) for stage, view in known.items()}


def ends() -> dict[PlannedState, PlannedChangeView]:
    """How it may end."""
    known: dict[PlannedState, tuple[PlannedChangeView, str]] = {
        "ready": (replace(_PUBLISHED, ci=CI[:1]), ""),
        "draft": (
            replace(_PUBLISHED, tasks=FAILED, qa=NOT_PASSED, pulls=(replace(PULL, draft=True),)),
            f"{texts.tasks_not_done([FAILED[2].title])} {texts.GATE_STILL_FAILS} {texts.ci_failed(['e2e'])}",
        ),
        "shown": (replace(_CHECKED, change=replace(ASKED, dry_run=True)), ""),
        "empty": (replace(_DESIGNED, plan=None), "`parse()` returns an empty list already, since release 2."),
        "rejected": (_PLANNED, texts.PLAN_REJECTED),
        "refused": (_READ, texts.another_pull_closes(9)),
        "stopped": (_CODED, texts.STOPPED),
        "out_of_money": (_CODED, "No agent was started: of $10.00 for #12, $9.80 are spent."),
        "failed": (_CODED, texts.internal_error("plan-patch-pr:octocat/hello#12")),
    }
    assert list(known) == list(get_args(PlannedState))
    return {
        state: replace(
            view, stage="ended",
            result=PRResult(state, reason, view.pulls, view.tasks, view.qa, view.ci, view.costs, view.spent, view.seconds,
                            "autobuild/issue-12" if state == "out_of_money" else ""),
        )
        for state, (view, reason) in known.items()
    }  # fmt: skip
