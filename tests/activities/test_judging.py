"""Verdicts as tables: what must not fail a change, what must, and what must never look green."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from activities.fingerprints import fingerprinted
from activities.judging import judge
from activities.judging.rank_sum import chance_of_greater
from activities.model import Benchmark, CheckPlan, FileCoverage, Finding, Severity, TestCase, ToolReport
from activities.results import Judged

NOTHING_CHANGED: dict[str, frozenset[int]] = {}


def plan(name: str, **judging: Any) -> CheckPlan:
    return CheckPlan(name, applies=True, required=True, judging=judging)


def found(*severities: Severity, path: str = "a.py", tool: str = "tool", start: int = 1) -> ToolReport:
    """A report with one finding a severity, each on a line of its own text."""
    findings = tuple(
        Finding("", tool, f"R{line}", path, line, "says so", severity)
        for line, severity in enumerate(severities, start)
    )
    report = ToolReport(tool, findings=findings)
    return fingerprinted([report], lambda path: [f"line {n}" for n in range(1, 50)])[0]


def suite(path: str = "test_a.py", **outcomes: Any) -> ToolReport:
    cases = [TestCase(f"{path}::{name}", outcome, path, 3, "assert 1 == 2") for name, outcome in outcomes.items()]
    return ToolReport("pytest", tests=tuple(cases))


def covered(path: str, yes: set[int], no: set[int]) -> ToolReport:
    return ToolReport("coverage", coverage=(FileCoverage(path, frozenset(yes), frozenset(no)),))


def times(**rounds: list[float]) -> tuple[ToolReport, ...]:
    """One report a round, as base and head in turns give them."""
    turns = max(len(values) for values in rounds.values())
    return tuple(
        ToolReport(
            "pytest-benchmark", benchmarks=tuple(Benchmark(name, (values[turn],)) for name, values in rounds.items())
        )
        for turn in range(turns)
    )


def said(judged: Judged) -> tuple[str, float | None, str]:
    return judged.check.status, judged.check.score, judged.check.reason


# What does not apply


def test_a_check_that_does_not_apply_is_skipped_with_its_reason() -> None:
    off = CheckPlan("linting", applies=False, required=True, reason="Switched off.")
    assert said(judge(off, (found("critical"),), None, NOTHING_CHANGED)) == ("skipped", None, "Switched off.")
    assert judge(plan("linting"), (), None, NOTHING_CHANGED).check.status == "skipped"


# Never green for what was not looked at


@pytest.mark.parametrize(
    "name", ["unit_tests", "linting", "coverage", "performance", "dependencies", "of_a_third_party"]
)
@pytest.mark.parametrize(
    ("report", "status", "score", "sentence"),
    [
        (ToolReport("x", looked=False, problem="x is not installed."), "error", 0.0, "x is not installed."),
        (ToolReport("x", looked=False), "error", 0.0, "x gave no usable answer."),
        (ToolReport("x", problem="x stopped half way."), "error", 0.0, "x stopped half way."),
        (ToolReport("x", timed_out=True), "timed_out", 0.0, "x ran out of time."),
        (ToolReport("x", advice="3 packages were skipped."), "neutral", None, "3 packages were skipped."),
    ],
    ids=["no tool", "no answer", "half", "time", "advice"],
)
def test_what_was_not_looked_at(name: str, report: ToolReport, status: str, score: float | None, sentence: str) -> None:
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


def test_the_same_problem_of_many_rounds_is_told_once() -> None:
    head = (ToolReport("x", problem="No benchmark plug-in."),) * 5
    assert judge(plan("performance"), head, None, NOTHING_CHANGED).check.reason.count("No benchmark plug-in.") == 1


# Findings


def test_known_findings_do_not_fail_and_are_counted() -> None:
    judged = judge(plan("linting"), (found("error", "warning"),), (found("error", "warning"),), NOTHING_CHANGED)
    assert said(judged) == ("passed", 100.0, "Nothing new; 2 known.")
    assert (judged.check.new_findings, judged.check.known_findings) == (0, 2)
    assert [each.new for each in judged.findings] == [False, False]


@pytest.mark.parametrize(
    ("name", "severity", "status"),
    [
        ("linting", "notice", "passed"),
        ("linting", "warning", "failed"),
        ("security", "warning", "passed"),
        ("security", "error", "failed"),
        ("static_analysis", "warning", "passed"),
        ("static_analysis", "error", "failed"),
        ("dependencies", "warning", "passed"),
        ("dependencies", "error", "failed"),
        ("dependencies", "critical", "failed"),
        ("of_a_third_party", "warning", "failed"),
    ],
)
def test_which_new_finding_fails_which_check(name: str, severity: Severity, status: str) -> None:
    assert judge(plan(name), (found(severity),), None, NOTHING_CHANGED).check.status == status


@pytest.mark.parametrize(
    ("fail_on", "severity", "status"),
    [("never", "critical", "passed"), ("critical", "error", "passed"), ("notice", "notice", "failed")],
)
def test_fail_on_is_the_repositorys(fail_on: str, severity: Severity, status: str) -> None:
    assert judge(plan("security", fail_on=fail_on), (found(severity),), None, NOTHING_CHANGED).check.status == status


def test_the_score_of_new_findings() -> None:
    judged = judge(plan("linting"), (found("critical", "error", "warning", "notice", "notice"),), (), NOTHING_CHANGED)
    assert said(judged) == ("failed", 45.0, "1 new critical, 1 new error, 1 new warning, 2 new notices; 0 known.")
    assert judged.check.metrics["new"] == {"critical": 1, "error": 1, "warning": 1, "notice": 2}
    assert judge(plan("linting"), (found(*["critical"] * 3),), (), NOTHING_CHANGED).check.score == 0


def test_new_and_worst_come_first_under_the_checks_own_name() -> None:
    head = (found("notice", "error", "critical"),)
    judged = judge(plan("linting"), head, (found("notice", "error", "critical", start=1),), NOTHING_CHANGED)
    assert [each.severity for each in judged.findings] == ["critical", "error", "notice"]
    base = (found("notice", start=1),)
    judged = judge(plan("linting"), head, base, NOTHING_CHANGED)
    assert [(each.new, each.severity, each.check) for each in judged.findings] == [
        (True, "critical", "linting"),
        (True, "error", "linting"),
        (False, "notice", "linting"),
    ]


def test_critical_vulnerabilities_that_are_allowed() -> None:
    head = (found("critical", "critical"),)
    assert judge(plan("dependencies", critical_allowed=2), head, None, NOTHING_CHANGED).check.status == "passed"
    assert judge(plan("dependencies", critical_allowed=1), head, None, NOTHING_CHANGED).check.status == "failed"


def test_ignored_paths_and_low_severities_do_not_count() -> None:
    head = (found("error", path="vendor/x/a.py"), found("notice"))
    judged = judge(plan("linting", ignore=["vendor"], severity="warning"), head, None, NOTHING_CHANGED)
    assert said(judged) == ("passed", 100.0, "Nothing found.")
    assert (judged.findings, judged.check.metrics["ignored"]) == ((), 2)


def test_what_was_accepted_is_known() -> None:
    head = found("error")
    judged = judge(plan("linting"), (head,), None, NOTHING_CHANGED, {head.findings[0].fingerprint})
    assert said(judged) == ("passed", 100.0, "Nothing new; 1 known.")


def test_a_renamed_file_brings_nothing_new() -> None:
    head, base = (found("error", path="b.py"),), (found("error"),)
    assert judge(plan("linting"), head, base, NOTHING_CHANGED, renamed={"a.py": "b.py"}).check.status == "passed"
    assert judge(plan("linting"), head, base, NOTHING_CHANGED).check.status == "failed"


def test_where_the_base_could_not_be_looked_at_the_changed_lines_decide() -> None:
    base = (ToolReport("mypy", looked=False, problem="broken"), found(tool="ruff"))
    head = (found("error", "error", tool="mypy"), found("error", tool="ruff", path="b.py"))
    judged = judge(plan("linting"), head, base, {"a.py": frozenset({2})})
    assert {(each.tool, each.line) for each in judged.findings if each.new} == {("mypy", 2), ("ruff", 1)}
    assert judged.check.reason == (
        "2 new errors; 1 known. mypy could not look at the base, so findings on changed lines count as new."
    )


def test_findings_are_not_stored_twice() -> None:
    assert judge(plan("linting"), (found("error"),), None, NOTHING_CHANGED).reports[0].findings == ()


# Tests


def test_a_test_that_fails_in_the_base_too_is_named_and_does_not_fail_the_gate() -> None:
    judged = judge(plan("unit_tests"), (suite(a="passed", b="failed"),), (suite(b="failed"),), NOTHING_CHANGED)
    assert said(judged) == ("passed", 100.0, "1 passed, 1 failed as in the base (test_a.py::b).")
    assert judged.check.metrics == {
        "passed": 1, "failed": 1, "skipped": 0, "flaky": 0, "known_failures": ["test_a.py::b"], "flaky_tests": [],
    }  # fmt: skip
    assert (judged.check.new_findings, judged.check.known_findings) == (0, 1)


def test_a_new_failure_fails_the_gate_with_its_place() -> None:
    judged = judge(
        plan("unit_tests"), (suite(a="passed", b="failed", c="skipped"),), (suite(b="passed"),), NOTHING_CHANGED
    )
    assert said(judged) == ("failed", 50.0, "1 passed, 1 newly failed (test_a.py::b), 1 skipped.")
    finding = judged.findings[0]
    assert (finding.path, finding.line, finding.new, finding.severity) == ("test_a.py", 3, True, "error")
    assert finding.message == "test_a.py::b: assert 1 == 2"


def test_a_flaky_test_counts_half_and_is_shown() -> None:
    judged = judge(plan("unit_tests"), (suite(a="passed", b="flaky"),), None, NOTHING_CHANGED)
    assert said(judged) == ("passed", 75.0, "1 passed, 1 flaky (test_a.py::b).")
    assert judged.check.metrics["flaky_tests"] == ["test_a.py::b"]


def test_a_failing_test_of_a_renamed_file_is_known() -> None:
    head, base = suite("test_b.py", x="failed", y="passed"), suite("test_a.py", x="failed")
    judged = judge(plan("unit_tests"), (head,), (base,), NOTHING_CHANGED, renamed={"test_a.py": "test_b.py"})
    assert judged.check.status == "passed"


def test_the_same_test_name_in_another_project_is_another_test() -> None:
    head = (suite("web/test_a.py", x="passed"), suite("api/test_a.py", x="failed"))
    assert (
        judge(plan("unit_tests"), head, (suite("web/test_a.py", x="failed"),), NOTHING_CHANGED).check.status == "failed"
    )


def test_a_failing_test_that_was_accepted_is_known() -> None:
    first = judge(plan("unit_tests"), (suite(a="passed", b="failed"),), None, NOTHING_CHANGED)
    accepted = {each.fingerprint for each in first.findings}
    again = judge(plan("unit_tests"), (suite(a="passed", b="failed"),), None, NOTHING_CHANGED, accepted)
    assert (first.check.status, again.check.status) == ("failed", "passed")


@pytest.mark.parametrize("report", [suite(), suite(a="skipped"), suite(a="skipped", b="skipped")])
def test_where_no_test_ran_nothing_was_shown(report: ToolReport) -> None:
    assert said(judge(plan("unit_tests"), (report,), None, NOTHING_CHANGED))[:2] == ("neutral", None)


def test_a_change_that_leaves_no_test_fails() -> None:
    judged = judge(plan("unit_tests"), (suite(),), (suite(a="passed"),), NOTHING_CHANGED)
    assert judged.check.status == "failed"
    assert judged.check.reason == "The base has 1 test, this change leaves none."


def test_a_command_that_writes_text_is_judged_by_its_findings() -> None:
    assert judge(plan("unit_tests"), (found("error"),), None, NOTHING_CHANGED).check.status == "failed"
    assert judge(plan("unit_tests"), (found("notice"),), None, NOTHING_CHANGED).check.status == "passed"


# Coverage


def lines(*numbers: int) -> Mapping[str, frozenset[int]]:
    return {"a.py": frozenset(numbers)}


@pytest.mark.parametrize(
    ("report", "changed", "expected"),
    [
        (covered("a.py", {1}, {2, 3}), {}, ("passed", 100.0)),
        (covered("a.py", {1}, {2, 3}), lines(9), ("passed", 100.0)),
        (covered("a.py", {1, 2, 3, 4}, {5}), lines(1, 2, 3, 4, 5), ("passed", 100.0)),
        (covered("a.py", set(range(1, 80)), set(range(80, 101))), lines(*range(1, 101)), ("failed", 98.8)),
        (covered("a.py", {1, 2}, {3, 4}), lines(1, 2, 3, 4), ("failed", 62.5)),
        (covered("a.py", set(), {1}), lines(1), ("failed", 0.0)),
        (covered("b.py", set(), set()), lines(1), ("passed", 100.0)),
        (ToolReport("coverage"), lines(1), ("neutral", None)),
    ],
    ids=[
        "nothing changed",
        "no line that can run",
        "at the minimum",
        "79 of 100",
        "half",
        "none",
        "empty file",
        "no file",
    ],
)
def test_the_changes_coverage_decides(report: ToolReport, changed: Any, expected: tuple[str, float | None]) -> None:
    assert said(judge(plan("coverage"), (report,), None, changed))[:2] == expected


def test_coverage_says_what_it_saw() -> None:
    head = (covered("a.py", {1, 2, 3}, {4, 5, 7}), covered("a.py", {7}, {1}))
    judged = judge(plan("coverage"), head, (covered("a.py", {1}, {2}),), lines(1, 2, 4, 5, 7))
    assert said(judged) == (
        "failed",
        75.0,
        "Tests run 60.0 % of the changed lines (at least 80 %), 66.6 % of everything.",
    )
    assert judged.check.metrics == {
        "total_percent": 66.66, "diff_percent": 60.0, "base_total_percent": 50.0, "diff_covered": 3, "diff_lines": 5,
        "minimum": 80.0, "not_measured": [],
    }  # fmt: skip
    assert [(each.line, each.end_line, each.severity) for each in judged.findings] == [(4, 5, "warning")]


def test_no_coverage_line_stays_hidden_by_rounding() -> None:
    judged = judge(
        plan("coverage"),
        (covered("a.py", set(range(1, 8000)), set(range(8000, 10001))),),
        None,
        lines(*range(1, 10001)),
    )
    assert judged.check.metrics["diff_percent"] == 79.99
    assert judged.check.status == "failed"


def test_a_total_minimum_where_the_repository_asks_for_one() -> None:
    judged = judge(plan("coverage", total_minimum=75), (covered("a.py", {1}, {2}),), None, NOTHING_CHANGED)
    assert said(judged) == (
        "failed",
        66.7,
        "The change has no line that can run; 50.0 % of everything (at least 75 %).",
    )


def test_ignored_files_need_no_coverage() -> None:
    assert (
        judge(plan("coverage", ignore=["a.py"]), (covered("a.py", set(), {1}),), None, lines(1)).check.status
        == "passed"
    )


def test_gaps_that_were_accepted_need_no_test() -> None:
    head, changed = (covered("a.py", {1, 2}, {3, 4, 6}),), lines(1, 2, 3, 4, 6)
    first = judge(plan("coverage"), head, None, changed)
    again = judge(plan("coverage"), head, None, changed, {each.fingerprint for each in first.findings})
    assert (first.check.status, first.check.new_findings) == ("failed", 2)
    assert (again.check.status, again.check.new_findings, again.check.known_findings) == ("passed", 0, 2)


def test_a_changed_file_that_no_report_names_is_told() -> None:
    changed = {
        "a.py": frozenset({1}),
        "new.py": frozenset({1}),
        "notes.md": frozenset({1}),
        "gone.py": frozenset[int](),
    }
    judged = judge(plan("coverage"), (covered("a.py", {1}, set()),), None, changed)
    assert judged.check.metrics["not_measured"] == ["new.py"]
    assert judged.check.reason.endswith("1 changed file was not measured: new.py.")


# Performance


QUIET = [1.00, 1.01, 1.02, 1.03, 1.04]
SLOW = [1.50, 1.51, 1.52, 1.53, 1.54]


def test_performance_is_neutral_unless_the_repository_asks() -> None:
    judged = judge(plan("performance"), times(a=SLOW), times(a=QUIET), NOTHING_CHANGED)
    assert said(judged) == (
        "neutral",
        None,
        "1 of 1 benchmark slower: a +49.0 %. Performance judges only with `mode: fail`.",
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
def test_an_alarm_is_confirmed_first(head: list[float], base: list[float], verdict: str) -> None:
    judged = judge(plan("performance", mode="fail"), times(a=head), times(a=base), NOTHING_CHANGED)
    rows = judged.check.metrics["benchmarks"]
    assert isinstance(rows, list)
    assert rows[0]["verdict"] == verdict
    assert judged.check.status == ("failed" if verdict == "slower" else "passed")


def test_the_score_is_the_share_that_is_not_slower() -> None:
    judged = judge(plan("performance", mode="fail"), times(a=SLOW, b=QUIET), times(a=QUIET, b=QUIET), NOTHING_CHANGED)
    assert said(judged)[:2] == ("failed", 50.0)


def test_a_new_benchmark_has_nothing_to_be_compared_with() -> None:
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


@pytest.mark.parametrize("values", [(), (0.0,), (-1.0,), (math.nan,), (math.inf,)])
def test_rounds_that_are_no_times_are_left_out(values: tuple[float, ...]) -> None:
    report = ToolReport("x", benchmarks=(Benchmark("a", values),))
    judged = judge(plan("performance"), (report,), (report,), NOTHING_CHANGED)
    assert judged.check.metrics["benchmarks"] == []


def test_many_benchmarks_stay_small_in_a_history() -> None:
    names = {f"{n:04}" * 500: [1.0] for n in range(1000)}
    metrics = judge(plan("performance"), times(**names), None, NOTHING_CHANGED).check.metrics
    assert metrics["left_out"] == 800
    assert len(str(metrics)) < 100_000


def test_the_rank_sum_test_against_counting_all_orders() -> None:
    """By hand: of all ways to choose which ranks are ours, those whose sum is at least ours."""
    ours, theirs = [3.0, 5.0, 9.0], [1.0, 4.0, 6.0, 7.0]
    ranks = sorted([*ours, *theirs])
    total = sum(ranks.index(value) + 1 for value in ours)
    ways = [sum(chosen) for chosen in itertools.combinations(range(1, 8), 3)]
    assert chance_of_greater(ours, theirs) == pytest.approx(sum(way >= total for way in ways) / len(ways))


@pytest.mark.parametrize(
    ("ours", "theirs", "low", "high"),
    [
        ([1.0] * 30, [1.0] * 30, 1, 1),
        (list(range(30)), list(range(30)), 0.4, 0.6),
        ([x + 20 for x in range(30)], list(range(30)), 0, 1e-6),
        (list(range(30)), [x + 20 for x in range(30)], 1 - 1e-6, 1),
        ([2.0], [1.0], 0.5, 0.5),
    ],
)
def test_the_rank_sum_test_of_large_and_equal_samples(
    ours: list[float], theirs: list[float], low: float, high: float
) -> None:
    assert low <= chance_of_greater(ours, theirs) <= high
