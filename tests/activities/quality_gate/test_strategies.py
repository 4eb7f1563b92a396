"""What of the base is measured: as little as the verdict needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from activities.checks import Work, registry
from activities.model import TestCase, ToolReport
from activities.quality_gate.verdicts import judge
from activities.tooling import Project
from activities.tools import registry as tools
from tests.activities.quality_gate.verdicts.cases import plan, suite

WORK = Work(Project(".", Path("."), "python"), tools()["pytest"])
NONE = ToolReport("pytest", advice="No tests were found.")


@dataclass
class Told:
    """A side whose tool says `report`; None: no tool has work there."""

    report: ToolReport | None
    asked: list[Mapping[str, object]] = field(default_factory=list)

    async def work(self, check: str) -> Sequence[Work]:
        return [WORK] if self.report else []

    async def run(self, work: Work, options: Mapping[str, object] | None = None) -> ToolReport:
        assert self.report
        self.asked.append(options or {})
        return self.report

    async def stored(self, work: Work, options: Mapping[str, object] | None = None) -> ToolReport | None:
        return None


@pytest.mark.parametrize("left", [None, NONE], ids=["no tool has work", "the tool found none"])
@pytest.mark.parametrize("check", ["unit_tests", "integration_tests"])
async def test_taking_the_tests_away_fails(check: str, left: ToolReport | None) -> None:
    measured = await registry()[check].measure(Told(left), Told(suite(one="passed", two="passed")), {})
    judged = judge(plan(check), measured.head, measured.base, {})
    assert judged.check.status == "failed"
    assert judged.check.reason.endswith("The base has 2 tests, this change leaves none.")


async def test_what_never_had_tests_does_not_fail() -> None:
    measured = await registry()["unit_tests"].measure(Told(NONE), Told(NONE), {})
    assert judge(plan("unit_tests"), measured.head, measured.base, {}).check.status == "neutral"


async def test_the_base_is_asked_only_for_the_tests_that_fail() -> None:
    base = Told(suite(bad="passed"))
    await registry()["unit_tests"].measure(Told(suite(good="passed")), base, {})
    assert base.asked == []
    await registry()["unit_tests"].measure(Told(suite(good="passed", bad="failed")), base, {})
    assert [options["only"] for options in base.asked] == [("test_a.py::bad",)]


async def test_a_command_that_names_no_tests_is_not_asked_again() -> None:
    base = Told(ToolReport("command", tests=(TestCase("x", "passed"),)))
    await registry()["unit_tests"].measure(Told(ToolReport("command")), base, {})
    assert base.asked == []
