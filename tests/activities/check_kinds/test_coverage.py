"""The change's own lines decide, and rounding hides none."""

from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Any

import pytest

from activities.checking import Comparison
from activities.model import CheckResult, FileCoverage, ToolReport
from tests.activities.check_kinds.cases import NOTHING_CHANGED, check_of, covered, judge, plan, said, suite


def lines(*numbers: int) -> Mapping[str, frozenset[int]]:
    return {"a.py": frozenset(numbers)}


@pytest.mark.parametrize(
    ("report", "changed", "expected"),
    [
        (covered("a.py", {1}, {2, 3}), {}, ("passed", 100.0)),
        (covered("a.py", {1}, {2, 3}), lines(9), ("passed", 100.0)),
        (covered("a.py", {1, 2, 3, 4}, {5}), lines(1, 2, 3, 4, 5), ("passed", 100.0)),
        (covered("a.py", set(range(1, 80)), set(range(80, 101))), lines(*range(1, 101)), ("failed", 98.7)),
        (covered("a.py", {1, 2}, {3, 4}), lines(1, 2, 3, 4), ("failed", 62.5)),
        (covered("a.py", set(), {1, 2}), lines(1, 2), ("failed", 0.0)),
        (covered("a.py", set(), {1}), lines(1), ("neutral", None)),
        (covered("a.py", {2, 3}, {1}), lines(1, 2, 3), ("neutral", None)),
        (covered("a.py", set(), set()), lines(1), ("passed", 100.0)),
        (covered("b.py", set(), set()), lines(1), ("neutral", None)),
        (ToolReport("coverage"), lines(1), ("neutral", None)),
    ],
    ids=[
        "nothing changed",
        "no line that can run",
        "at the minimum",
        "79 of 100",
        "half",
        "none",
        "one line",
        "one of three",
        "empty file",
        "in no report",
        "no file",
    ],
)
def test_coverage_of_changed_lines_decides(
    report: ToolReport, changed: Any, expected: tuple[str, float | None]
) -> None:
    assert said(judge(plan("coverage"), (report,), None, changed))[:2] == expected


def test_coverage_reason_names_the_numbers() -> None:
    head = (covered("a.py", {1, 2, 3}, {4, 5, 7}), covered("a.py", {7}, {1}))
    judged = judge(plan("coverage"), head, (covered("a.py", {1}, {2}),), lines(1, 2, 4, 5, 7))
    assert said(judged) == (
        "failed",
        75.0,
        "Tests cover 60.0 % of the changed lines (minimum 80 %); total coverage is 66.6 %.",
    )
    assert judged.check.metrics == {
        "total_percent": 66.66, "diff_percent": 60.0, "base_total_percent": 50.0, "diff_covered": 3, "diff_lines": 5,
        "minimum": 80.0, "not_measured": [],
    }  # fmt: skip
    assert [(each.line, each.end_line, each.severity) for each in judged.findings] == [(4, 5, "warning")]


def test_coverage_is_rounded_down() -> None:
    judged = judge(
        plan("coverage"),
        (covered("a.py", set(range(1, 8000)), set(range(8000, 10001))),),
        None,
        lines(*range(1, 10001)),
    )
    assert judged.check.metrics["diff_percent"] == 79.99
    assert judged.check.status == "failed"


def test_total_minimum_can_fail_the_check() -> None:
    judged = judge(plan("coverage", total_minimum=75), (covered("a.py", {1}, {2}),), None, NOTHING_CHANGED)
    assert said(judged) == (
        "failed",
        66.6,
        "No changed line is executable; total coverage is 50.0 % (minimum 75 %).",
    )


def test_ignored_files_need_no_coverage() -> None:
    assert (
        judge(plan("coverage", ignore=["a.py"]), (covered("a.py", set(), {1}),), None, lines(1)).check.status
        == "passed"
    )


def test_accepted_gaps_do_not_count() -> None:
    head, changed = (covered("a.py", {1, 2}, {3, 4, 6}),), lines(1, 2, 3, 4, 6)
    first = judge(plan("coverage"), head, None, changed)
    again = judge(plan("coverage"), head, None, changed, {each.fingerprint for each in first.findings})
    assert (first.check.status, first.check.new_findings) == ("failed", 2)
    assert (again.check.status, again.check.new_findings, again.check.known_findings) == ("passed", 0, 2)


def with_lines(head: tuple[ToolReport, ...], text: str, accepted: Set[str] = frozenset()) -> CheckResult:
    changed = {"a.py": frozenset(range(1, 10))}
    comparison = Comparison(plan("coverage"), head, (), changed, accepted, lines=lambda _path: text.split("\n"))
    return check_of("coverage").result(comparison)


def test_accepted_lines_are_known_by_their_text() -> None:
    head = (covered("a.py", {1}, {3, 4}),)
    accepted = {each.fingerprint for each in with_lines(head, "x\n\nif a:\n  b()").findings}
    moved = with_lines((covered("a.py", {1}, {4, 5}),), "x\n\n\n  if a:\n    b()", accepted)
    assert (moved.check.status, moved.check.known_findings) == ("passed", 1)
    other = with_lines(head, "x\n\nif a:\n  delete_everything()", accepted)
    assert (other.check.status, other.check.new_findings) == ("failed", 1)
    twice = with_lines((covered("a.py", {1}, {3, 4, 6, 7}),), "x\n\nif a:\n  b()\n\nif a:\n  b()", accepted)
    assert (twice.check.status, twice.check.new_findings, twice.check.known_findings) == ("failed", 1, 1)


def test_unmeasured_changed_files_are_named() -> None:
    changed = {
        "a.py": frozenset({1}),
        "new.py": frozenset({1}),
        **dict.fromkeys(("tests/a.py", "pkg/test_a.py", "a_test.py", "pkg/conftest.py"), frozenset({1})),
        "notes.md": frozenset({1}),
        "gone.py": frozenset[int](),
    }
    judged = judge(plan("coverage"), (covered("a.py", {1}, set()),), None, changed)
    assert judged.check.metrics["not_measured"] == ["new.py"]
    assert judged.check.reason.endswith("1 changed file was not measured: new.py.")


def test_a_run_that_was_not_measured_is_the_trouble_of_coverage_alone() -> None:
    report = replace(suite(a="passed"), coverage_problem="Coverage was not measured: No data to report.")
    judged = judge(plan("coverage"), (report,), None, lines(1))
    assert said(judged) == (
        "neutral", None, "Coverage was not measured: No data to report. No executable line was measured."
    )  # fmt: skip
    assert said(judge(plan("unit_tests"), (report,), None, lines(1))) == ("passed", 100.0, "1 passed.")


def test_a_changed_file_that_may_be_the_one_of_the_report_is_neither_covered_nor_not() -> None:
    unclear = FileCoverage("a.py", frozenset(), frozenset(), unclear="b/a.py")
    head = replace(covered("b.py", {1}, set()), coverage=(*covered("b.py", {1}, set()).coverage, unclear))
    judged = judge(plan("coverage"), (head,), None, lines(1))
    assert (judged.check.status, "may be a.py or another file" in judged.check.reason) == ("neutral", True)
    assert judge(plan("coverage"), (head, covered("a.py", {1}, set())), None, lines(1)).check.status == "passed"


def of_files(texts: Mapping[str, str], *added: str, whole: bool = False, old: Any = None) -> CheckResult:
    """All lines of the files are changed; the report names `src/a.py` and `src/b.ts`."""
    measured = replace(covered("src/a.py", {1}, set()), coverage_whole=whole)
    changed = {path: frozenset(range(1, text.count("\n") + 2)) for path, text in texts.items()}
    comparison = Comparison(
        plan("coverage"), (measured, covered("src/b.ts", {1}, set())), (), changed,
        lines=lambda path: texts[path].split("\n"), added=frozenset(added), old_lines=old or {},
    )  # fmt: skip
    return check_of("coverage").result(comparison)


PYTHON, SCRIPT = "def f():\n    return 1\n", "export function f() {\n  return 1\n}\n"


def test_a_new_code_file_that_no_report_names_is_not_covered() -> None:
    judged = of_files({"src/new.py": PYTHON, "src/new.ts": SCRIPT}, "src/new.py", "src/new.ts")
    assert judged.check.status == "failed"
    assert judged.check.metrics["diff_lines"] == 4
    assert "2 new files are in no report and count as not covered: src/new.py, src/new.ts." in judged.check.reason
    assert {each.path for each in judged.findings} == {"src/new.py", "src/new.ts"}


def test_an_older_file_that_no_report_names_is_unknown_and_never_green() -> None:
    judged = of_files({"src/old.py": PYTHON})
    assert (judged.check.status, judged.check.metrics["not_measured"]) == ("neutral", ["src/old.py"])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("scripts/x.py", PYTHON),
        ("src/test_x.py", PYTHON),
        ("src/x.py", "# nothing\n"),
        ("src/t.ts", "export type A = 1\n"),
    ],
)
def test_files_without_code_and_beside_the_code_need_no_coverage(path: str, text: str) -> None:
    assert of_files({path: text}, path).check.status == "passed"


def test_what_was_left_out_on_purpose_is_named_and_not_counted() -> None:
    judged = of_files({"src/omitted.py": PYTHON}, "src/omitted.py", whole=True)
    assert (judged.check.status, judged.check.metrics["not_measured"]) == ("passed", ["src/omitted.py"])
    assert of_files({"src/new.ts": SCRIPT}, "src/new.ts", whole=True).check.status == "failed"


def test_moved_and_restored_lines_are_not_counted() -> None:
    comparison = Comparison(
        plan("coverage"), (covered("a.py", {1}, {2, 3, 4}),), (), lines(1, 2, 3, 4), old_lines=lines(2, 3, 4)
    )
    judged = check_of("coverage").result(comparison)
    assert (judged.check.status, judged.check.metrics["diff_lines"]) == ("passed", 1)
    assert (
        of_files({"src/new.py": PYTHON}, "src/new.py", old={"src/new.py": frozenset({1, 2})}).check.status == "passed"
    )
