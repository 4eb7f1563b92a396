"""The ways a check is measured: by findings, by tests, by coverage, by speed."""

import asyncio
from collections.abc import Mapping, Sequence

from activities.checks import Measure, Measured, Side, Work
from activities.defaults import BENCHMARK_ROUNDS
from activities.model import ToolReport

Options = Mapping[str, object]


def findings(check: str) -> Measure:
    """The base is measured only when the head has findings: with none, nothing can be new."""

    async def measure(head: Side, base: Side | None, options: Options) -> Measured:
        found = await _all(head, check)
        if base is None or not any(report.findings for report in found):
            return Measured(found)
        return Measured(found, await _all(base, check))

    return measure


def tests(check: str, select: str, *, coverage: bool) -> Measure:
    """The base answers only for the tests that fail on the head, from its stored run where there is one; for all of
    its own where the head has none left."""

    async def measure(head: Side, base: Side | None, options: Options) -> Measured:
        asked = {"select": select, "coverage": coverage, "retry": True}
        found = await _all(head, check, asked)
        failing = {case.id for report in found for case in report.tests if case.outcome == "failed"}
        if base is None or not (failing or _none_left(found)):
            return Measured(found)
        work = await base.work(check)
        if not failing:
            nothing = tuple(ToolReport(item.tool.name) for item in work)
            return Measured(found or nothing, await _all(base, check, asked))
        return Measured(found, tuple(await asyncio.gather(*(_failing(base, item, asked, failing) for item in work))))

    return measure


def _none_left(found: Sequence[ToolReport]) -> bool:
    """No tool has work, or each says that there was none for it."""
    return all(report.completed and report.advice and not report.tests for report in found)


async def _failing(base: Side, work: Work, asked: Options, failing: set[str]) -> ToolReport:
    if report := await base.stored(work, asked):
        return report
    return await base.run(work, {**asked, "coverage": False, "retry": False, "only": tuple(sorted(failing))})


def coverage(check: str) -> Measure:
    """Reads the run of the test suite that `unit_tests` makes; the base's total is told where it is known."""

    async def measure(head: Side, base: Side | None, options: Options) -> Measured:
        asked = {"select": "unit", "coverage": True, "retry": True}
        found = await _all(head, check, asked)
        if base is None:
            return Measured(found)
        known = [await base.stored(work, asked) for work in await base.work(check)]
        return Measured(found, tuple(report for report in known if report))

    return measure


def interleaved(check: str, rounds: int = BENCHMARK_ROUNDS) -> Measure:
    """Base and head in turns on this machine, since two runs an hour or a machine apart compare nothing."""

    async def measure(head: Side, base: Side | None, options: Options) -> Measured:
        work = await head.work(check)
        if base is None:
            return Measured(await _all(head, check, {"round": 0}))
        times = _number(options.get("rounds"), rounds)
        old = await base.work(check)
        turns: list[tuple[ToolReport, ToolReport]] = []
        for turn in range(times):
            before = [await base.run(item, {"round": turn}) for item in old]
            after = [await head.run(item, {"round": turn}) for item in work]
            turns.extend(zip(after, before, strict=False))
        return Measured(tuple(after for after, _ in turns), tuple(before for _, before in turns))

    return measure


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) and value > 0 else default


async def _all(side: Side, check: str, options: Options | None = None) -> tuple[ToolReport, ...]:
    work: Sequence[Work] = await side.work(check)
    return tuple(await asyncio.gather(*(side.run(item, options) for item in work)))
