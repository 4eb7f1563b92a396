"""What of the base is measured: as little as the verdict needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from activities.check_kinds.flaky import KnownFlaky
from activities.checking import ToolRun
from activities.checks import registry
from activities.history import FlakyTest
from activities.model import TestCase, ToolReport
from activities.tooling import Project
from activities.tools import registry as tools
from tests.activities.check_kinds.cases import judge, plan, suite

RUN = ToolRun(Project(".", Path("."), "python"), tools()["pytest"])
NONE = ToolReport("pytest", advice="No tests were found.")


@dataclass
class FakeTree:
    """A side whose tool says `report`; None: no tool has work there."""

    report: ToolReport | None
    runs: list[Mapping[str, object]] = field(default_factory=list)

    async def tool_runs(self, check: str) -> Sequence[ToolRun]:
        return [RUN] if self.report else []

    async def run(self, tool_run: ToolRun, options: Mapping[str, object] | None = None) -> ToolReport:
        assert self.report
        self.runs.append(options or {})
        return self.report

    async def stored(self, tool_run: ToolRun, options: Mapping[str, object] | None = None) -> ToolReport | None:
        return None


@pytest.mark.parametrize("left", [None, NONE], ids=["no tool has work", "the tool found none"])
@pytest.mark.parametrize("check", ["unit_tests", "integration_tests"])
async def test_removing_all_tests_fails(check: str, left: ToolReport | None) -> None:
    head, base = await registry()[check].kind.measure(
        check, FakeTree(left), FakeTree(suite(one="passed", two="passed")), {}
    )
    judged = judge(plan(check), head, base, {})
    assert judged.check.status == "failed"
    assert judged.check.reason.endswith("This change removes all tests (the base has 2).")


async def test_having_never_had_tests_does_not_fail() -> None:
    head, base = await registry()["unit_tests"].kind.measure("unit_tests", FakeTree(NONE), FakeTree(NONE), {})
    assert judge(plan("unit_tests"), head, base, {}).check.status == "neutral"


async def test_the_base_runs_only_the_failing_tests() -> None:
    base = FakeTree(suite(bad="passed"))
    await registry()["unit_tests"].kind.measure("unit_tests", FakeTree(suite(good="passed")), base, {})
    assert base.runs == []
    await registry()["unit_tests"].kind.measure("unit_tests", FakeTree(suite(good="passed", bad="failed")), base, {})
    assert [options["only"] for options in base.runs] == [("test_a.py::bad",)]


@dataclass
class FlakyTree(FakeTree):
    """Its tool says one report after another, and the last one for ever."""

    later: list[ToolReport] = field(default_factory=list)

    async def run(self, tool_run: ToolRun, options: Mapping[str, object] | None = None) -> ToolReport:
        answer = await super().run(tool_run, options)
        self.report = self.later.pop(0) if self.later else self.report
        return answer


FAILED, PASSED = suite(a="failed", b="passed"), suite(a="passed", b="passed")
KNOWN = KnownFlaky(frozenset({"test_a.py::a"}), frozenset({"src/a.py"}))
TOUCHED = replace(KNOWN, changed=frozenset({"test_a.py"}))


@pytest.mark.parametrize(
    ("known", "on_head", "on_base", "status", "runs"),
    [
        (None, [FAILED], [PASSED], "failed", 1),
        (KNOWN, [FAILED], [PASSED], "failed", 4),  # each time on the head, and never on the base
        (KNOWN, [FAILED, FAILED, PASSED], [PASSED], "passed", 3),  # flaky
        (KNOWN, [FAILED], [PASSED, PASSED, FAILED], "passed", 4),  # as in the base
        (KNOWN, [FAILED], [suite(a="flaky", b="passed")], "passed", 4),
        (TOUCHED, [FAILED, FAILED, PASSED], [PASSED], "failed", 1),
        (TOUCHED, [FAILED], [suite(a="flaky", b="passed")], "failed", 1),
    ],
)
async def test_a_test_that_was_flaky_is_tried_again_unless_the_change_touches_it(
    known: KnownFlaky | None, on_head: list[ToolReport], on_base: list[ToolReport], status: str, runs: int
) -> None:
    head, base = FlakyTree(on_head[0], later=on_head[1:]), FlakyTree(on_base[0], later=on_base[1:])
    options = {"known_flaky": known} if known else {}
    measured = await registry()["unit_tests"].kind.measure("unit_tests", head, base, options)
    history = (FlakyTest("unit_tests", "test_a.py::a", "1001", "2026-11-30"),)
    judged = judge(replace(plan("unit_tests"), flaky=history), *measured, {})
    assert (judged.check.status, len(head.runs)) == (status, runs)
    assert "Flaky before: test_a.py::a failed 2 of the last 4 runs." in judged.check.reason
    assert all(options["only"] == ("test_a.py::a",) for options in head.runs[1:])


@pytest.mark.parametrize(
    ("id", "changed", "covered"),
    [
        ("ledger.Book::adds", "src/money.c", True),
        ("ledger.Book::adds", "src/book.c", False),
        ("ledger.Book::adds", "checks/all_tests.c", False),
        ("ledger.Book::other", "src/money.c", False),
    ],
)
def test_without_a_path_a_test_may_be_in_a_changed_file(id: str, changed: str, covered: bool) -> None:
    known = KnownFlaky(frozenset({"ledger.Book::adds"}), frozenset({changed}))
    assert known.covers(TestCase(id, "failed")) is covered


async def test_a_command_without_tests_does_not_run_on_the_base() -> None:
    base = FakeTree(ToolReport("command", tests=(TestCase("x", "passed"),)))
    await registry()["unit_tests"].kind.measure("unit_tests", FakeTree(ToolReport("command")), base, {})
    assert base.runs == []
