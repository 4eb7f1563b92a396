"""What a tool finds that nobody in the repository asked for is shown, and decides nothing."""

from dataclasses import replace

import pytest

from activities.model import Finding, ToolReport
from tests.activities.check_kinds.cases import NOTHING_CHANGED, covered, found, judge, plan, said

NOT_RUFF = (
    "ruff is not configured in this repository, so its 2 findings are only shown; "
    "name it in .github/autobuild.yml to make them count."
)


def unasked(report: ToolReport, **changes: object) -> ToolReport:
    return replace(report, informational=True, **changes)  # type: ignore[arg-type]


def test_findings_of_an_unasked_tool_are_shown_and_neither_block_nor_cost() -> None:
    report = unasked(found("error", "warning", tool="ruff"))
    report = replace(report, findings=tuple(replace(each, fixable=True) for each in report.findings))
    judged = judge(plan("linting"), (report,), (), NOTHING_CHANGED)
    assert said(judged) == ("neutral", None, f"No new findings that count; 0 known. {NOT_RUFF}")
    assert [(each.new, each.informational, each.fixable) for each in judged.findings] == [(True, True, False)] * 2
    assert (judged.check.new_findings, judged.check.metrics["informational"]) == (0, 2)


def test_in_a_mixed_check_only_what_was_asked_for_counts() -> None:
    unasked_one, asked = unasked(found("error", "error", tool="ruff")), found("notice", path="b.js", tool="eslint")
    judged = judge(plan("linting"), (unasked_one, asked), (), NOTHING_CHANGED)
    assert said(judged) == ("neutral", None, f"1 new notice; 0 known. {NOT_RUFF}")
    judged = judge(plan("linting"), (unasked_one, found("warning", path="b.js", tool="eslint")), (), NOTHING_CHANGED)
    assert said(judged) == ("failed", 97.0, f"1 new warning; 0 known. {NOT_RUFF}")
    assert judged.check.new_findings == 1
    nothing_new = judge(plan("linting"), (unasked_one, ToolReport("eslint")), (unasked_one,), NOTHING_CHANGED)
    assert said(nothing_new) == ("passed", 100.0, "No new findings; 2 known.")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"problem": "mypy could not run.", "completed": False}, "mypy could not run."),
        ({"timed_out": True, "completed": False}, "mypy timed out."),
    ],
)
def test_an_unasked_tool_that_cannot_run_is_no_error(changes: dict[str, object], why: str) -> None:
    judged = judge(plan("static_analysis"), (unasked(ToolReport("mypy"), **changes),), (), NOTHING_CHANGED)
    status, score, reason = said(judged)
    assert (status, score) == ("neutral", None)
    assert reason.startswith(why)
    assert "mypy is not configured in this repository" in reason


def test_an_unasked_tool_that_finds_nothing_passes_without_a_word() -> None:
    assert said(judge(plan("linting"), (unasked(ToolReport("ruff")),), (), NOTHING_CHANGED)) == (
        "passed", 100.0, "No findings.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("check", "severity", "confidence", "status"),
    [
        ("security", "error", "high", "failed"),
        ("security", "error", "medium", "neutral"),
        ("security", "warning", "high", "neutral"),
        ("security", "critical", "", "failed"),
        ("dependencies", "critical", "", "failed"),
        ("dependencies", "error", "", "neutral"),
    ],
)
def test_a_danger_blocks_though_nobody_asked(check: str, severity: str, confidence: str, status: str) -> None:
    finding = Finding(check, "scanner", "R", "a.py", 1, "says so", severity, confidence=confidence)  # type: ignore[arg-type]
    report = unasked(ToolReport("scanner", findings=(replace(finding, fingerprint="1:0"),)))
    assert judge(plan(check), (report,), (), NOTHING_CHANGED).check.status == status
    assert judge(plan(check), (report,), (report,), NOTHING_CHANGED).check.status in ("passed", "neutral")


def test_a_minimum_of_coverage_that_nobody_asked_for_only_informs() -> None:
    report, changed = covered("a.py", {1}, {2, 3}), {"a.py": frozenset({1, 2, 3})}
    judged = judge(plan("coverage"), (unasked(report),), (), changed)
    assert said(judged)[:2] == ("neutral", None)
    assert said(judged)[2].endswith(
        "Nothing in this repository asks for coverage, so this only informs; "
        "set checks.coverage.minimum in .github/autobuild.yml to make it count."
    )
    assert (judged.check.new_findings, len(judged.findings)) == (0, 1)
    assert judge(plan("coverage"), (report,), (), changed).check.status == "failed"
    other = covered("b.py", {1, 2}, set())
    assert judge(plan("coverage"), (unasked(report), other), (), changed).check.status == "passed"


def test_what_another_version_finds_is_only_shown() -> None:
    report = unasked(found("error", tool="ruff"), version="0.14.1", wanted="0.9.1 (uv.lock)")
    assert said(judge(plan("linting"), (report,), (), NOTHING_CHANGED)) == (
        "neutral",
        None,
        "No new findings that count; 0 known. ruff 0.9.1 (uv.lock) could not be installed, "
        "so ruff 0.14.1 ran instead, and what it finds is only shown.",
    )
