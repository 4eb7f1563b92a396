"""Verdicts by benchmarks: an alarm is a slower median that the rank-sum test confirms, never one slow run."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from activities.defaults import REGRESSION_PERCENT
from activities.model import Finding, ToolReport
from activities.quality_gate.fingerprints import fingerprint
from activities.quality_gate.verdicts.rank_sum import chance_of_greater
from activities.quality_gate.verdicts.types import Case, Verdict, listed, plural, shortened

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

    def plain(self) -> dict[str, object]:
        return {
            "id": shortened(self.id),
            "base_s": self.base_s,
            "head_s": self.head_s,
            "change_percent": self.change_percent,
            "verdict": self.verdict,
        }


def verdict(case: Case) -> Verdict:
    """Judges only with `mode: fail`. Each report is one round of base and head in turns; where a benchmark stands in
    one report only, its own rounds are taken. "unsure" is slower or faster than `regression` percent, unconfirmed."""
    least = float(case.plan.judging.get("regression", REGRESSION_PERCENT))
    rows = _rows(_rounds(case.head), _rounds(case.base), least)
    compared = [row for row in rows if row.base_s is not None]
    slower = [row for row in rows if row.verdict == "slower" and _mark(row) not in case.accepted]
    judges = case.plan.judging.get("mode", "neutral") == "fail"
    return Verdict(
        failed=judges and bool(slower),
        score=100.0 * (len(compared) - len(slower)) / len(compared) if compared else None,
        reason=_reason(rows, compared, slower),
        findings=tuple(_finding(case, row) for row in rows if row.verdict == "slower"),
        metrics={"benchmarks": [row.plain() for row in rows[:_ROWS]], "left_out": max(0, len(rows) - _ROWS)},
        neutral=_why_neutral(judges, bool(compared)),
    )


def _rounds(reports: Iterable[ToolReport]) -> dict[str, list[float]]:
    runs: dict[str, list[list[float]]] = defaultdict(list)
    for report in reports:
        for benchmark in report.benchmarks:
            if values := [value for value in benchmark.rounds if 0 < value < math.inf]:
                runs[benchmark.id].append(values)
    return {name: _one_list(lists) for name, lists in runs.items()}


def _one_list(runs: list[list[float]]) -> list[float]:
    if len(runs) > 1:
        return [median(values) for values in runs]
    return runs[0][:: math.ceil(len(runs[0]) / _ROUNDS)]


def _rows(head: dict[str, list[float]], base: dict[str, list[float]], least: float) -> list[_Row]:
    rows = [_row(name, values, base.get(name, []), least) for name, values in head.items()]
    return sorted(rows, key=lambda row: (row.verdict != "slower", -(row.change_percent or 0.0), row.id))


def _row(name: str, head: list[float], base: list[float], least: float) -> _Row:
    if not base:
        return _Row(name, None, median(head), None, "new")
    before, after = median(base), median(head)
    change = 100.0 * (after / before - 1)
    return _Row(name, before, after, round(change, 1), _said(change, base, head, least))


def _said(
    change: float, base: list[float], head: list[float], least: float
) -> Literal["slower", "faster", "same", "unsure"]:
    if abs(change) < least:
        return "same"
    if change > 0:
        return "slower" if chance_of_greater(head, base) <= _CONFIRMED else "unsure"
    return "faster" if chance_of_greater(base, head) <= _CONFIRMED else "unsure"


def _reason(rows: Sequence[_Row], compared: Sequence[_Row], slower: Sequence[_Row]) -> str:
    if not rows:
        return "No benchmark was found."
    if not compared:
        return f"{plural(len(rows), 'benchmark')}, and nothing to compare with yet."
    if not slower:
        return f"None of {plural(len(compared), 'benchmark')} is slower."
    names = listed((f"{row.id} +{row.change_percent:.1f} %" for row in slower), 3)
    return f"{len(slower)} of {plural(len(compared), 'benchmark')} slower: {names}."


def _why_neutral(judges: bool, compared: bool) -> str:
    if not judges:
        return "Performance judges only with `mode: fail`."
    return "" if compared else "There is nothing to judge."


def _finding(case: Case, row: _Row) -> Finding:
    """The benchmark's file is named where its id begins with one, as pytest's do."""
    path = row.id.partition("::")[0] if "::" in row.id else ""
    message = (
        f"{shortened(row.id)} is {row.change_percent:.1f} % slower: {row.base_s:.3g} s before, {row.head_s:.3g} s now."
    )
    mark = _mark(row)
    new = mark not in case.accepted
    return Finding(case.plan.name, "benchmark", "slower", path, 0, message, "warning", fingerprint=mark, new=new)


def _mark(row: _Row) -> str:
    return fingerprint("slower", "", row.id)
