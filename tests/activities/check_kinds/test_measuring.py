"""What of the base is measured: as little as the verdict needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from activities.checking import ToolRun
from activities.checks import registry
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


async def test_a_command_without_tests_does_not_run_on_the_base() -> None:
    base = FakeTree(ToolReport("command", tests=(TestCase("x", "passed"),)))
    await registry()["unit_tests"].kind.measure("unit_tests", FakeTree(ToolReport("command")), base, {})
    assert base.runs == []
