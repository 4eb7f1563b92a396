"""The argument of `ContinuousMonitoringWorkflow`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from activities.incidents.types import Alert, AlertBatch
from activities.incidents.watching import KnownIncident, MonitoringStats, OpenPrediction

_MOST_BYTES: Final = 500_000
"""Temporal takes two megabytes of all that is carried over."""


@dataclass(frozen=True)
class MonitoringInput:
    """What is carried over when it continues as new: nothing at its first start. `waiting` are alerts that were not
    looked at (`compacted`); `firing` the rules that are beyond their limits, since when; `outcomes` what people said of
    diagnoses: what was claimed of the first cause (0 to 1), and whether it was right."""

    known: tuple[KnownIncident, ...] = ()
    stats: MonitoringStats = field(default_factory=MonitoringStats)
    waiting: tuple[AlertBatch, ...] = ()
    firing: tuple[tuple[str, float], ...] = ()
    predictions: tuple[OpenPrediction, ...] = ()
    outcomes: tuple[tuple[float, bool], ...] = ()
    claimed: tuple[tuple[str, float], ...] = ()
    """Incident → the probability that it claimed, of the newest ones."""


def compacted(waiting: Iterable[AlertBatch]) -> tuple[AlertBatch, ...]:
    """What waits, in one batch that Temporal takes: the first alert of each group and status before the others, and a
    count of those without room."""
    batches = tuple(waiting)
    firsts: dict[tuple[str, str, str], Alert] = {}
    others: list[Alert] = []
    for alert in (alert for batch in batches for alert in batch.alerts):
        key = (alert.source, alert.group, alert.status)
        if key in firsts:
            others.append(alert)
        firsts.setdefault(key, alert)
    kept, size = 0, 0
    ordered = [*firsts.values(), *others]
    for alert in ordered:
        size += len(ascii(alert))  # about as long as its JSON
        if size > _MOST_BYTES:
            break
        kept += 1
    dropped = sum(batch.dropped for batch in batches) + len(ordered) - kept
    return (AlertBatch(tuple(ordered[:kept]), dropped),) if ordered or dropped else ()
