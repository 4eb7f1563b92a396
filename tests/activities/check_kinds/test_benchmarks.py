"""An alarm is a slower median that is confirmed."""

import math

import pytest

from activities.model import Benchmark, ToolReport
from tests.activities.check_kinds.cases import NOTHING_CHANGED, judge, plan, said, times

QUIET = [1.00, 1.01, 1.02, 1.03, 1.04]
SLOW = [1.50, 1.51, 1.52, 1.53, 1.54]


def test_performance_is_informational_by_default() -> None:
    judged = judge(plan("performance"), times(a=SLOW), times(a=QUIET), NOTHING_CHANGED)
    assert said(judged) == (
        "neutral",
        None,
        "1 of 1 benchmark slower (informational): a +49.0 %.",
    )
    assert judged.check.metrics["benchmarks"] == [
        {"id": "a", "base_s": 1.02, "head_s": 1.52, "change_percent": 49.0, "verdict": "slower"}
    ]


@pytest.mark.parametrize(
    ("head", "base", "verdict"),
    [
        (QUIET, QUIET, "same"),
        ([1.08, 1.09, 1.10, 1.11, 1.12], QUIET, "same"),
        ([1.5, 1.6, 0.9, 0.91, 1.7], QUIET, "unsure"),
        ([1.5, 1.5, 1.5], [1.0, 1.01, 1.02], "unsure"),
        (SLOW, QUIET, "slower"),
        (QUIET, SLOW, "faster"),
    ],
    ids=["equal", "below ten percent", "noise", "too few rounds", "slower", "faster"],
)
def test_only_a_confirmed_regression_counts(head: list[float], base: list[float], verdict: str) -> None:
    judged = judge(plan("performance", mode="fail"), times(a=head), times(a=base), NOTHING_CHANGED)
    rows = judged.check.metrics["benchmarks"]
    assert isinstance(rows, list)
    assert rows[0]["verdict"] == verdict
    assert judged.check.status == ("failed" if verdict == "slower" else "passed")


def test_the_score_is_the_share_that_is_not_slower() -> None:
    judged = judge(plan("performance", mode="fail"), times(a=SLOW, b=QUIET), times(a=QUIET, b=QUIET), NOTHING_CHANGED)
    assert said(judged)[:2] == ("failed", 50.0)


def test_a_new_benchmark_is_not_compared() -> None:
    judged = judge(plan("performance", mode="fail"), times(a=QUIET), None, NOTHING_CHANGED)
    assert said(judged)[:2] == ("neutral", None)
    assert judge(plan("performance", mode="fail"), (ToolReport("x"),), None, NOTHING_CHANGED).check.status == "neutral"


def test_an_accepted_slowdown_is_known() -> None:
    head, base = times(a=SLOW), times(a=QUIET)
    accepted = {
        each.fingerprint for each in judge(plan("performance", mode="fail"), head, base, NOTHING_CHANGED).findings
    }
    judged = judge(plan("performance", mode="fail"), head, base, NOTHING_CHANGED, accepted)
    assert (judged.check.status, judged.check.known_findings) == ("passed", 1)
    much = times(a=[10 * seconds for seconds in SLOW])
    worse = judge(plan("performance", mode="fail"), much, base, NOTHING_CHANGED, accepted)
    assert (worse.check.status, worse.check.new_findings) == ("failed", 1)


@pytest.mark.parametrize("values", [(), (0.0,), (-1.0,), (math.nan,), (math.inf,)])
def test_invalid_rounds_are_ignored(values: tuple[float, ...]) -> None:
    report = ToolReport("x", benchmarks=(Benchmark("a", values),))
    judged = judge(plan("performance"), (report,), (report,), NOTHING_CHANGED)
    assert judged.check.metrics["benchmarks"] == []


def test_metrics_of_many_benchmarks_are_cut() -> None:
    names = {f"{n:04}" * 500: [1.0] for n in range(1000)}
    metrics = judge(plan("performance"), times(**names), None, NOTHING_CHANGED).check.metrics
    assert metrics["left_out"] == 800
    assert len(str(metrics)) < 100_000
