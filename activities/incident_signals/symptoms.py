"""What a service hands on to its callers, its latency and its errors, and how much of it its own callees explain."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from activities.incident_signals.metric_kinds import SYMPTOMS
from activities.incident_signals.shifts import SeriesShift, ShiftReport
from activities.incidents.types import FaultClass

_GONE: Final = 4.0
_GONE_AND_MISSED: Final = 20.0
_AT_ONCE_S: Final = 120.0
_OTHER: Final = 0.6
_MOST_CALLS: Final = 5.0


@dataclass(frozen=True)
class SymptomSizes:
    """`sizes` is service → how much its latency or its errors rose, as a logarithm; `worst` the shift that says so,
    where there is one; `shifts` all of them by service and metric."""

    sizes: Mapping[str, float]
    worst: Mapping[str, SeriesShift]
    shifts: Mapping[tuple[str, str], SeriesShift]


def symptom_sizes(
    report: ShiftReport, asked: FaultClass = "unknown", others: Mapping[str, float] | None = None
) -> SymptomSizes:
    """Where the alert is about latency or errors (`asked`), the other of the two says less. `others` are sizes that are
    known from elsewhere, such as traces."""
    sizes = {name: size_of_end(report, name, at) for name, at in report.gone}
    worst: dict[str, SeriesShift] = {}
    shifts: dict[tuple[str, str], SeriesShift] = {}
    for shift in report.shifts:
        if shift.kind.fault not in SYMPTOMS or not shift.is_worse:
            continue
        name = shift.series.service
        size = relevance(shift.kind.fault, asked) * math.log1p(shift.effect)
        shifts.setdefault((name, shift.series.metric), shift)
        if size > sizes.get(name, 0.0):
            sizes[name], worst[name] = size, shift
    for name, size in (others or {}).items():
        if size > sizes.get(name, 0.0):
            sizes[name] = size
            worst.pop(name, None)
    return SymptomSizes(sizes, worst, shifts)


def size_of_end(report: ShiftReport, service: str, at: float) -> float:
    """What it counts that all metrics of a service ended, as a logarithm: much where another service got slower or
    fails at about that time. Else it may be that only its monitoring ended."""
    missed = any(
        one.kind.fault in SYMPTOMS and one.is_worse and one.series.service != service and abs(one.at - at) <= _AT_ONCE_S
        for one in report.shifts
    )
    return math.log1p(_GONE_AND_MISSED if missed else _GONE)


def relevance(fault: FaultClass, asked: FaultClass) -> float:
    """Of a symptom for an alert: 1, and less where the alert is about the other one of latency and errors."""
    return _OTHER if {fault, asked} == SYMPTOMS else 1.0


def explained_by(found: SymptomSizes, service: str, callees: Iterable[str]) -> tuple[str, float]:
    """The callee that explains most of what a service hands on, and how much, as a logarithm; "" for none.

    A callee that got two milliseconds slower does not explain a caller that got two hundred slower, however unusual
    they are: where both are measured by the same metric, what it adds in a few calls is compared."""
    own = found.worst.get(service)
    best, most = "", 0.0
    for callee in sorted(set(callees) - {service}):
        size = found.sizes.get(callee, 0.0)
        shift = found.shifts.get((callee, own.series.metric)) if own and own.kind.fault == "latency" else None
        if own and shift and callee in found.worst:
            added, waited = abs(shift.after - shift.before), abs(own.after - own.before)
            size *= min(_MOST_CALLS * added / max(waited, 1e-90), 1.0)
        if size > most:
            best, most = callee, size
    return best, most
