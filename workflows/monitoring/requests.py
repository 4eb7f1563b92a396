"""The argument of `ContinuousMonitoringWorkflow`."""

from dataclasses import dataclass, field

from activities.incidents.types import AlertBatch
from activities.incidents.watching import KnownIncident, MonitoringStats, OpenPrediction


@dataclass(frozen=True)
class MonitoringInput:
    """What is carried over when it continues as new: nothing at its first start. `waiting` are alerts that were not
    looked at; `firing` the rules that are beyond their limits, `outcomes` what people said of diagnoses: what was
    claimed of the first cause (0 to 1), and whether it was right."""

    known: tuple[KnownIncident, ...] = ()
    stats: MonitoringStats = field(default_factory=MonitoringStats)
    waiting: tuple[AlertBatch, ...] = ()
    firing: tuple[str, ...] = ()
    predictions: tuple[OpenPrediction, ...] = ()
    outcomes: tuple[tuple[float, bool], ...] = ()
    claimed: tuple[tuple[str, float], ...] = ()
    """Incident → the probability that it claimed, of the newest ones."""
