"""Never green for what was not looked at."""

from dataclasses import replace

import pytest

from activities.model import Benchmark, CheckPlan, ToolReport
from tests.activities.check_kinds.cases import NOTHING_CHANGED, covered, found, judge, plan, said, suite


def test_a_check_that_does_not_apply_is_skipped_with_its_reason() -> None:
    off = CheckPlan("linting", applies=False, required=True, reason="Switched off.")
    assert said(judge(off, (found("critical"),), None, NOTHING_CHANGED)) == ("skipped", None, "Switched off.")
    assert judge(plan("linting"), (), None, NOTHING_CHANGED).check.status == "skipped"


@pytest.mark.parametrize(
    "name", ["unit_tests", "linting", "coverage", "performance", "dependencies", "of_a_third_party"]
)
@pytest.mark.parametrize(
    ("report", "status", "score", "sentence"),
    [
        (ToolReport("x", completed=False, problem="x is not installed."), "error", 0.0, "x is not installed."),
        (ToolReport("x", completed=False), "error", 0.0, "x gave no usable report."),
        (ToolReport("x", problem="x stopped half way."), "error", 0.0, "x stopped half way."),
        (ToolReport("x", timed_out=True), "timed_out", 0.0, "x timed out."),
        (ToolReport("x", advice="3 packages were skipped."), "neutral", None, "3 packages were skipped."),
    ],
    ids=["no tool", "no answer", "half", "time", "advice"],
)
def test_problems_of_tools_decide_the_status(
    name: str, report: ToolReport, status: str, score: float | None, sentence: str
) -> None:
    good = replace(
        suite(test="passed"), coverage=covered("a.py", {1}, set()).coverage, benchmarks=(Benchmark("b", (1.0,)),)
    )
    judged = judge(plan(name, mode="fail"), (good, report), (good,), NOTHING_CHANGED)
    assert said(judged)[:2] == (status, score)
    assert judged.check.reason.startswith(sentence)


def test_advice_does_not_hide_a_failure() -> None:
    head = (found("error"), ToolReport("y", advice="2 packages were skipped."))
    judged = judge(plan("security"), head, None, NOTHING_CHANGED)
    assert said(judged) == ("failed", 90.0, "2 packages were skipped. 1 new error; 0 known.")


def test_a_repeated_problem_is_shown_once() -> None:
    head = (ToolReport("x", problem="No benchmark plug-in."),) * 5
    assert judge(plan("performance"), head, None, NOTHING_CHANGED).check.reason.count("No benchmark plug-in.") == 1
