"""Checks by benchmarks: an alarm is a slower median that the rank-sum test confirms, never one slow run."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Literal

from activities.check_kinds import run_all
from activities.check_kinds.rank_sum import chance_of_greater
from activities.check_options import BenchmarkCommand
from activities.checking import CheckKind, ComparedTree, Comparison, Options, Reports, check_result
from activities.defaults import BENCHMARK_ROUNDS, REGRESSION_PERCENT
from activities.fingerprints import fingerprint
from activities.model import CheckResult, Finding, ToolReport
from activities.reporting.reasons import benchmarks_reason, slower_benchmark
from activities.reporting.wording import shortened

_CONFIRMED = 0.01
"""Five rounds against five: at most one of the twenty-five pairs may say otherwise."""

_ROUNDS = 200
"""More values of one benchmark are thinned out: they are of one run and add time, not knowledge."""

_ROWS = 200
"""Rows in the metrics at most, the worst first: a history must stay small."""


@dataclass(frozen=True)
class _Row:
    """Seconds a call, medians over the rounds; `base_s` is None for a benchmark that the base does not have."""

    id: str
    base_s: float | None
    head_s: float
    change_percent: float | None
    verdict: Literal["slower", "faster", "same", "unsure", "new"]

    @property
    def mark(self) -> str:
        """Accepted, it is known as long as it gets no worse: up to 16 %, 32 %, 64 % and so on."""
        magnitude = math.ceil(math.log2(max(self.change_percent or 0.0, 16.0)))
        return fingerprint("slower", "", f"{magnitude} {self.id}")


async def measure(
    check: str, head: ComparedTree, base: ComparedTree | None, options: Options
) -> tuple[Reports, Reports]:
    """Base and head in turns on this machine, since two runs an hour or a machine apart compare nothing."""
    if base is None:
        return await run_all(head, check, {"round": 0}), ()
    on_head, on_base = await head.tool_runs(check), await base.tool_runs(check)
    rounds = options.get("rounds")
    pairs: list[tuple[ToolReport, ToolReport]] = []
    for number in range(rounds if isinstance(rounds, int) and rounds > 0 else BENCHMARK_ROUNDS):
        before = [await base.run(each, {"round": number}) for each in on_base]
        after = [await head.run(each, {"round": number}) for each in on_head]
        pairs.extend(zip(after, before, strict=False))
    return tuple(after for after, _ in pairs), tuple(before for _, before in pairs)


def judge(comparison: Comparison) -> CheckResult:
    """Judges only with `mode: fail`. Each report is one round of base and head in turns; where a benchmark stands in
    one report only, its own rounds are taken. "unsure" is slower or faster than `regression` percent, unconfirmed."""
    least = float(comparison.plan.judging.get("regression", REGRESSION_PERCENT))
    head, base = _rounds(comparison.head), _rounds(comparison.base)
    rows = [_row(name, values, base.get(name, []), least) for name, values in head.items()]
    rows.sort(key=lambda row: (row.verdict != "slower", -(row.change_percent or 0.0), row.id))
    compared = [row for row in rows if row.base_s is not None]
    slower = [row for row in rows if row.verdict == "slower" and row.mark not in comparison.accepted]
    judges = comparison.plan.judging.get("mode", "neutral") == "fail"
    percents = {row.id: row.change_percent or 0.0 for row in slower}
    shown = [{**asdict(row), "id": shortened(row.id)} for row in rows[:_ROWS]]
    return check_result(
        comparison,
        (_finding(comparison, row) for row in rows if row.verdict == "slower"),
        failed=judges and bool(slower),
        score=100.0 * (len(compared) - len(slower)) / len(compared) if compared else None,
        reason=benchmarks_reason(len(rows), len(compared), percents, informational=not judges),
        metrics={"benchmarks": shown, "left_out": max(0, len(rows) - _ROWS)},
        neutral=not (judges and compared),
    )


def _rounds(reports: Iterable[ToolReport]) -> dict[str, list[float]]:
    runs: dict[str, list[list[float]]] = defaultdict(list)
    for report in reports:
        for benchmark in report.benchmarks:
            if values := [value for value in benchmark.rounds if 0 < value < math.inf]:
                runs[benchmark.id].append(values)
    return {
        name: [median(values) for values in lists]
        if len(lists) > 1
        else lists[0][:: math.ceil(len(lists[0]) / _ROUNDS)]
        for name, lists in runs.items()
    }


def _row(name: str, head: list[float], base: list[float], least: float) -> _Row:
    if not base:
        return _Row(name, None, median(head), None, "new")
    before, after = median(base), median(head)
    change = 100.0 * (after / before - 1)
    verdict: Literal["slower", "faster", "same", "unsure"] = "same"
    if change >= least:
        verdict = "slower" if chance_of_greater(head, base) <= _CONFIRMED else "unsure"
    elif change <= -least:
        verdict = "faster" if chance_of_greater(base, head) <= _CONFIRMED else "unsure"
    return _Row(name, before, after, round(change, 1), verdict)


def _finding(comparison: Comparison, row: _Row) -> Finding:
    """The benchmark's file is named where its id begins with one, as pytest's do."""
    path = row.id.partition("::")[0] if "::" in row.id else ""
    message = slower_benchmark(row.id, row.change_percent or 0.0, row.base_s or 0.0, row.head_s)
    new = row.mark not in comparison.accepted
    return Finding(
        comparison.plan.name, "benchmark", "slower", path, 0, message, "warning", fingerprint=row.mark, new=new
    )


KIND = CheckKind(measure, judge, BenchmarkCommand)
