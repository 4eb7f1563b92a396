"""A change that removes, deselects or skips tests of the base says so; one that renames or adds tests says nothing."""

from dataclasses import replace

import pytest

from activities.check_kinds.fewer_tests import missing_tests
from activities.checking import Comparison
from activities.checks import registry
from activities.model import TestCase, ToolReport
from tests.activities.check_kinds.cases import plan, suite
from tests.activities.check_kinds.test_measuring import FakeTree

A, B = "tests/test_a.py", "tests/test_b.py"


def report(*ids: str, skipped: tuple[str, ...] = ()) -> ToolReport:
    cases = [TestCase(each, "passed", each.partition("::")[0]) for each in ids]
    return ToolReport(
        "pytest", tests=(*cases, *(TestCase(each, "skipped", each.partition("::")[0]) for each in skipped))
    )


def not_run(head: ToolReport, *base: ToolReport, renamed: dict[str, str] | None = None) -> list[str] | None:
    return missing_tests(Comparison(plan("unit_tests"), (head,), base, renamed=renamed or {}))


WHOLE = report(f"{A}::test_a", f"{A}::test_b", f"{B}::TestB::test_c", f"{B}::test_d[1]", f"{B}::test_d[2]")


@pytest.mark.parametrize(
    "head",
    [
        WHOLE,
        report(*(one.id for one in WHOLE.tests), f"{A}::test_new"),
        report(f"{A}::test_other", f"{A}::test_b", f"{B}::TestB::test_c", f"{B}::test_d[1]", f"{B}::test_d[2]"),
        report(f"{A}::test_b", f"{B}::test_a", f"{B}::TestOther::test_c", f"{B}::test_d[x]", f"{B}::test_d[y]"),
    ],
    ids=["the same", "one more", "renamed", "moved, and other parameters"],
)
def test_nothing_is_said_where_no_test_is_missing(head: ToolReport) -> None:
    assert not_run(head, WHOLE) == []


def test_a_renamed_file_keeps_its_tests() -> None:
    head = report(*(one.id.replace(A, "tests/unit/test_x.py") for one in WHOLE.tests))
    assert not_run(head, WHOLE, renamed={A: "tests/unit/test_x.py"}) == []


def test_a_test_that_the_base_skips_is_not_missing() -> None:
    assert not_run(report(f"{A}::test_a"), report(f"{A}::test_a", skipped=(f"{A}::test_b",))) == []


@pytest.mark.parametrize("base", [(), (replace(WHOLE, partial=True),)], ids=["not measured", "only in part"])
def test_nothing_is_known_without_the_bases_whole_run(base: tuple[ToolReport, ...]) -> None:
    assert not_run(report(f"{A}::test_a"), *base) is None


@pytest.mark.parametrize("broken", [{"completed": False}, {"problem": "It crashed."}])
def test_nothing_is_known_without_the_heads_whole_run(broken: dict[str, object]) -> None:
    assert not_run(replace(report(f"{A}::test_a"), **broken), WHOLE) is None  # type: ignore[arg-type]


def test_removed_deselected_and_skipped_tests_are_named() -> None:
    head = report(f"{A}::test_b", f"{B}::test_d[1]", "tests/test_new.py::test_new", skipped=(f"{A}::test_a",))
    assert not_run(head, WHOLE) == [f"{A}::test_a", f"{B}::TestB::test_c", f"{B}::test_d[2]"]


def test_tests_of_a_tool_that_no_longer_runs_are_named() -> None:
    web = ToolReport("jest", tests=(TestCase("web/a.test.js::adds", "passed", "web/a.test.js"),))
    assert not_run(WHOLE, WHOLE, web) == ["web/a.test.js::adds"]


def judged(head: ToolReport, base: tuple[ToolReport, ...], removed: tuple[str, ...] = ()) -> tuple[str, str]:
    check = registry()["unit_tests"]
    result = check.result(Comparison(plan("unit_tests"), (head,), base, removed_tests=removed))
    return result.check.status, result.check.reason


def test_the_verdict_counts_them_and_still_passes() -> None:
    base = suite(**{f"test_{number}": "passed" for number in range(13)})
    assert judged(suite(test_0="passed"), (base,), ("test_1",)) == (
        "passed",
        "1 passed. 12 tests of the base did not run "
        "(test_a.py::test_1, test_a.py::test_10, test_a.py::test_11 and 9 more).",
    )


def test_the_verdict_names_removed_definitions_where_the_base_was_not_run() -> None:
    assert judged(suite(test_0="passed"), (), ("test_1", "test_2")) == (
        "passed",
        "1 passed. This change removes 2 tests (test_1, test_2).",
    )


async def test_the_bases_stored_run_is_compared_and_nothing_is_started() -> None:
    class Stored(FakeTree):
        async def stored(self, *_: object) -> ToolReport | None:
            return self.report

    base = Stored(suite(one="passed", two="passed"))
    _, on_base = await registry()["unit_tests"].kind.measure("unit_tests", FakeTree(suite(one="passed")), base, {})
    assert (on_base, base.runs) == ((base.report,), [])
    _, on_base = await registry()["unit_tests"].kind.measure(
        "unit_tests", FakeTree(suite(one="failed")), FakeTree(suite(one="passed", two="passed")), {}
    )
    assert [each.partial for each in on_base] == [True]
