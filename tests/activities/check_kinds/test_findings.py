"""New findings only: what must not fail a change, what must, and which score it gets."""

from dataclasses import replace
from typing import Any

import pytest

from activities.model import Acceptance, CheckResult, RepoRef, Severity, ToolReport
from tests.activities.check_kinds.cases import NOTHING_CHANGED, found, judge, plan, said


def test_known_findings_do_not_fail_and_are_counted() -> None:
    judged = judge(plan("linting"), (found("error", "warning"),), (found("error", "warning"),), NOTHING_CHANGED)
    assert said(judged) == ("passed", 100.0, "No new findings; 2 known.")
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
def test_fail_on_is_configurable(fail_on: str, severity: Severity, status: str) -> None:
    assert judge(plan("security", fail_on=fail_on), (found(severity),), None, NOTHING_CHANGED).check.status == status


def test_the_score_of_new_findings() -> None:
    judged = judge(plan("linting"), (found("critical", "error", "warning", "notice", "notice"),), (), NOTHING_CHANGED)
    assert said(judged) == ("failed", 45.0, "1 new critical, 1 new error, 1 new warning, 2 new notices; 0 known.")
    assert judged.check.metrics["new"] == {"critical": 1, "error": 1, "warning": 1, "notice": 2}
    assert judge(plan("linting"), (found("critical", "critical", "critical"),), (), NOTHING_CHANGED).check.score == 0


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


def test_allowed_critical_vulnerabilities_pass() -> None:
    head = (found("critical", "critical"),)
    assert judge(plan("dependencies", critical_allowed=2), head, None, NOTHING_CHANGED).check.status == "passed"
    assert judge(plan("dependencies", critical_allowed=1), head, None, NOTHING_CHANGED).check.status == "failed"


def test_ignored_paths_and_low_severities_do_not_count() -> None:
    head = (found("error", path="vendor/x/a.py"), found("notice"))
    judged = judge(plan("linting", ignore=["vendor"], severity="warning"), head, None, NOTHING_CHANGED)
    assert said(judged) == ("passed", 100.0, "No findings.")
    assert (judged.findings, judged.check.metrics["ignored"]) == ((), 2)


def test_accepted_findings_are_known() -> None:
    head = found("error")
    judged = judge(plan("linting"), (head,), None, NOTHING_CHANGED, {head.findings[0].fingerprint})
    assert said(judged) == ("passed", 100.0, "No new findings; 1 known.")


def test_a_renamed_file_has_no_new_findings() -> None:
    head, base = (found("error", path="b.py"),), (found("error"),)
    assert judge(plan("linting"), head, base, NOTHING_CHANGED, renamed={"a.py": "b.py"}).check.status == "passed"
    assert judge(plan("linting"), head, base, NOTHING_CHANGED).check.status == "failed"


def test_without_a_base_report_the_changed_lines_decide() -> None:
    base = (ToolReport("mypy", completed=False, problem="broken"), found(tool="ruff"))
    head = (found("error", "error", tool="mypy"), found("error", tool="ruff", path="b.py"))
    judged = judge(plan("linting"), head, base, {"a.py": frozenset({2})})
    assert {(each.tool, each.line) for each in judged.findings if each.new} == {("mypy", 2), ("ruff", 1)}
    assert judged.check.reason == (
        "2 new errors; 1 known. mypy could not check the base, so findings on changed lines count as new."
    )


def test_findings_are_not_stored_twice() -> None:
    assert judge(plan("linting"), (found("error"),), None, NOTHING_CHANGED).reports[0].findings == ()


def accepted(*reports: ToolReport, **fields: Any) -> Acceptance:
    marks = tuple(each.fingerprint for report in reports for each in report.findings)
    repo = RepoRef("octocat", "hello")
    one = Acceptance("1a2b3c4d", repo, "linting", marks, "octocat", "for years", "2026-11-30", pull=7)
    return replace(one, **fields)


def with_acceptances(
    head: ToolReport, base: ToolReport | None, *acceptances: Acceptance, **renamed: str
) -> CheckResult:
    """As the engine judges: what counts is accepted."""
    marks = {mark for each in acceptances if not each.ended for mark in each.fingerprints}
    planned = replace(plan("linting"), accepted=acceptances)
    return judge(planned, (head,), (base,) if base else None, NOTHING_CHANGED, marks, renamed=renamed)


def test_a_verdict_says_who_accepted_what_it_rests_on() -> None:
    two = found("warning", "error")
    judged = with_acceptances(two, None, accepted(two, until="2026-12-31"))
    assert said(judged)[::2] == (
        "passed",
        "No new findings; 2 known. "
        "2 findings accepted by @octocat on 2026-11-30 until 2026-12-31 (#7, 1a2b3c4d): for years.",
    )
    more = with_acceptances(found("warning", "error", "error"), None, accepted(two))
    assert said(more)[0] == "failed"
    assert "2 findings accepted by @octocat on 2026-11-30 without an end (#7, 1a2b3c4d)" in more.check.reason


def test_what_the_base_has_rests_on_nobody() -> None:
    one = found("warning")
    assert said(with_acceptances(one, one, accepted(one)))[2] == "No new findings; 1 known."
    assert said(with_acceptances(found(), None, accepted(one)))[2] == "No findings."


def test_findings_are_counted_for_who_accepted_them() -> None:
    one, other = found("warning"), found("error", start=2)
    both = found("warning", "error")
    judged = with_acceptances(both, None, accepted(one), accepted(other, actor="example", id="5e6f7a8b"))
    assert "1 finding accepted by @octocat" in judged.check.reason
    assert "1 finding accepted by @example" in judged.check.reason


def test_an_acceptance_of_a_renamed_file_is_named() -> None:
    old, new = found("warning", path="a.py"), found("warning", path="b.py")
    judged = with_acceptances(new, None, accepted(old), **{"a.py": "b.py"})
    assert judged.check.status == "passed"
    assert "1 finding accepted by @octocat" in judged.check.reason


def test_what_has_ended_is_new_again_and_named() -> None:
    one = found("warning")
    judged = with_acceptances(one, None, accepted(one, until="2026-11-01", ended="date"))
    assert said(judged)[::2] == (
        "failed", "1 new warning; 0 known. The acceptance 1a2b3c4d by @octocat has ended: it was until 2026-11-01.",
    )  # fmt: skip
    elsewhere = with_acceptances(found("error", start=9), None, accepted(one, until="2026-11-01", ended="date"))
    assert "has ended" not in elsewhere.check.reason
