"""Tests that fail in the base too are known; flaky is never plain green."""

from datetime import date

import pytest

from activities.check_kinds.quarantine import on_day
from activities.model import CheckPlan, GatePlan, ToolReport
from tests.activities.check_kinds.cases import NOTHING_CHANGED, found, judge, plan, said, suite


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


def test_an_accepted_failure_is_named_apart_from_the_bases() -> None:
    head, base = suite(a="passed", b="failed", c="failed"), suite(c="failed")
    first = judge(plan("unit_tests"), (head,), (base,), NOTHING_CHANGED)
    accepted = {each.fingerprint for each in first.findings}
    again = judge(plan("unit_tests"), (head,), (base,), NOTHING_CHANGED, accepted)
    assert said(again)[2] == (
        "1 passed, 1 failed as in the base (test_a.py::c), 1 failed as accepted (test_a.py::b)."
    )  # fmt: skip
    assert again.check.metrics["failed"] == 2


@pytest.mark.parametrize("report", [suite(), suite(a="skipped"), suite(a="skipped", b="skipped")])
def test_without_a_test_that_ran_the_check_is_neutral(report: ToolReport) -> None:
    assert said(judge(plan("unit_tests"), (report,), None, NOTHING_CHANGED))[:2] == ("neutral", None)


def test_a_change_that_removes_all_tests_fails() -> None:
    judged = judge(plan("unit_tests"), (suite(),), (suite(a="passed"),), NOTHING_CHANGED)
    assert judged.check.status == "failed"
    assert judged.check.reason == "This change removes all tests (the base has 1)."


def test_a_command_that_writes_text_is_judged_by_its_findings() -> None:
    assert judge(plan("unit_tests"), (found("error"),), None, NOTHING_CHANGED).check.status == "failed"
    assert judge(plan("unit_tests"), (found("notice"),), None, NOTHING_CHANGED).check.status == "passed"


def test_a_project_without_tests_beside_others_is_told_and_no_fault() -> None:
    empty = ToolReport("pytest", advice="packages/b: No tests were found.", no_tests=True)
    judged = judge(plan("unit_tests"), (suite(a="passed"), empty), None, NOTHING_CHANGED)
    assert said(judged) == ("passed", 100.0, "1 passed. packages/b: No tests were found.")
    assert judge(plan("unit_tests"), (empty,), None, NOTHING_CHANGED).check.status == "neutral"


ENTRY = {"test": "test_a.py::b", "until": "2026-12-31", "reason": "the clock"}


def held(today: str, *entries: dict[str, str]) -> CheckPlan:
    """The plan of a day with these in quarantine."""
    return on_day(GatePlan((plan("unit_tests", quarantine=list(entries)),)), date.fromisoformat(today)).checks[0]


def test_a_test_in_quarantine_is_shown_and_does_not_block_until_its_day_is_over() -> None:
    head, base = (suite(a="passed", **{"b[1]": "failed"}),), (suite(**{"b[1]": "passed"}),)
    last_day = judge(held("2026-12-31", ENTRY), head, base, NOTHING_CHANGED)
    assert said(last_day) == ("passed", 100.0, "1 passed, 1 failed in quarantine (test_a.py::b[1]).")
    (finding,) = last_day.findings
    assert (finding.new, finding.severity) == (False, "warning")
    assert "In quarantine until 2026-12-31 (the clock), so it does not block." in finding.message
    for day, until in (("2027-01-01", "2026-12-31"), ("2026-11-30", "2028-01-01")):
        judged = judge(held(day, ENTRY | {"until": until}), head, base, NOTHING_CHANGED)
        assert judged.check.status == "failed"
        assert f"The quarantine of test_a.py::b until {until} does not count" in judged.check.reason
    unneeded = judge(held("2027-01-01", ENTRY), (suite(a="passed"),), None, NOTHING_CHANGED)
    assert "does not count" in unneeded.check.reason


def test_quarantine_holds_no_other_test() -> None:
    for name in ("bb", "a", "b::c"):
        judged = judge(held("2026-12-01", ENTRY), (suite(**{name: "failed"}),), None, NOTHING_CHANGED)
        assert judged.check.status == "failed"
