"""From shifts of series to how much speaks for each service, as odds against all others and against none of them."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from activities.incident_signals.call_links import callees_of, reaching
from activities.incident_signals.metric_kinds import SYMPTOMS
from activities.incident_signals.shifts import SeriesShift, ShiftReport
from activities.incident_signals.symptoms import explained_by, relevance, size_of_end, symptom_sizes
from activities.incidents.data import CallGraph
from activities.incidents.types import FaultClass

_BETTER: Final = 0.35
_OVER: Final = 0.7
_APART: Final = 0.5
_NEXT: Final = 0.5
_NONE: Final = 3.0
_DELAY_S: Final = 120.0
_LATE: Final = 0.7
_LOWEST: Final = -4.0


@dataclass(frozen=True)
class EntityStrength:
    """How much the metrics of a service shifted: `strength` is a logarithm, `best` the strongest shift of each class of
    fault, the strongest first. `gone` is when its series ended, 0 where they did not."""

    entity: str
    strength: float
    faults: tuple[FaultClass, ...] = ()
    best: tuple[SeriesShift, ...] = ()
    gone: float = 0.0


def strengths(
    report: ShiftReport, calls: CallGraph | None = None, service: str = "", asked: FaultClass = "unknown"
) -> list[EntityStrength]:
    """The strongest first. Classes of fault count, not series: the percentiles of one latency are no independent
    witnesses. What a service hands on to its callers is theirs only beyond that of the worst service that they call.
    What the service of the alert does not call, directly or not, counts less; so does what it is not about."""
    groups: dict[str, list[SeriesShift]] = defaultdict(list)
    for shift in report.shifts:
        groups[shift.series.service].append(shift)
    gone, symptoms = dict(report.gone), symptom_sizes(report, asked)
    callees = callees_of(calls)
    called = reaching(service, callees) | {service} if service in callees else groups.keys() | gone.keys()
    first = min([*(one.at for one in report.shifts if one.is_worse), *gone.values()], default=0.0)
    found = []
    for entity in groups.keys() | gone.keys():
        _, worst = explained_by(symptoms, entity, callees.get(entity, ()))
        end = (gone[entity], size_of_end(report, entity, gone[entity])) if entity in gone else None
        one = _strength(entity, groups.get(entity, []), end, worst, first, asked)
        found.append(one if entity in called else replace(one, strength=_APART * one.strength))
    return sorted(found, key=lambda one: (-one.strength, one.entity))


def _strength(
    entity: str,
    shifts: Iterable[SeriesShift],
    end: tuple[float, float] | None,
    worst: float,
    first: float,
    asked: FaultClass,
) -> EntityStrength:
    """The strongest class of fault counts whole, the next one half and so on, and all less where the service was later
    than the `first` one that got worse. `worst` is what its callees explain of its latency and errors, `end` when its
    series ended and what that counts."""
    best: dict[FaultClass, tuple[float, SeriesShift]] = {}
    for one in shifts:
        explained = one.kind.weight * worst if one.kind.fault in SYMPTOMS else 0.0
        own = max(weight_of(one) * relevance(one.kind.fault, asked) - explained, 0.0)
        if one.kind.fault not in best or own > best[one.kind.fault][0]:
            best[one.kind.fault] = (own, one)
    ranked = sorted(best.items(), key=lambda row: (-row[1][0], row[0]))
    weights = [*([end[1]] if end else []), *(own for _, (own, _) in ranked)]
    begins = [*([end[0]] if end else []), *(one.at for _, (_, one) in ranked if one.is_worse)]
    late = min((min(begins) - first) / _DELAY_S, 1.0) if begins else 1.0
    total = sum(weight * _NEXT**place for place, weight in enumerate(weights))
    faults: tuple[FaultClass, ...] = tuple(fault for fault, _ in ranked)
    return EntityStrength(
        entity,
        total * (1 - (1 - _LATE) * max(late, 0.0)),
        ("errors", *faults) if end else faults,
        tuple(one for _, (_, one) in ranked),
        end[0] if end else 0.0,
    )


def weight_of(shift: SeriesShift) -> float:
    """How much one shift says, as a logarithm of its size: less where it is for the better, or over."""
    share = shift.kind.weight * (1.0 if shift.is_worse else _BETTER) * (_OVER if shift.ended else 1.0)
    return share * math.log1p(shift.effect)


def odds(strength: Iterable[float], highest: float) -> list[float]:
    """The log-odds of each against all others and against none of them, so that two that are as strong convict
    neither."""
    weights = [math.expm1(min(max(one, 0.0), 50.0)) for one in strength]
    total = sum(weights)
    return [min(max(math.log(max(weight, 1e-9) / (_NONE + total - weight)), _LOWEST), highest) for weight in weights]
