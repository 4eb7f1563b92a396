"""What the monitoring of a deployment asks, and what it keeps: its services, its rules, and its open incidents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from activities.incidents.types import Alert, AlertSeverity, IncidentState
from activities.model import RepoRef


@dataclass(frozen=True)
class ReadServicesInput:
    """Which services are these alerts about?"""

    alerts: tuple[Alert, ...]


@dataclass(frozen=True)
class NamedService:
    """`service` is its configured name, "" for none: then `asked` is what the alert calls it."""

    asked: str
    service: str = ""
    neighbours: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadServicesResult:
    """In the order of the alerts. `cooldown` and `every` are seconds; `every` is 0 where there are no rules."""

    services: tuple[NamedService, ...]
    cooldown: float = 1800.0
    every: float = 0.0


@dataclass(frozen=True)
class PollRulesInput:
    """Asks Prometheus for every rule of the deployment, as of `now` (seconds since 1970)."""

    now: float


@dataclass(frozen=True)
class FiringRule:
    """A rule that is beyond its limit, since `since`. `summary` is a short sentence."""

    rule: str
    service: str
    severity: AlertSeverity
    since: float
    summary: str = ""


@dataclass(frozen=True)
class PredictedCrossing:
    """A trend that crosses the limit of `rule` at about `at`. `repo` is the service's, None where none is known."""

    rule: str
    service: str
    at: float
    summary: str = ""
    repo: RepoRef | None = None


@dataclass(frozen=True)
class PollRulesResult:
    """`checked` are the rules that were answered: what of these is not in `firing` is over. `problem` is a sentence."""

    firing: tuple[FiringRule, ...] = ()
    predicted: tuple[PredictedCrossing, ...] = ()
    checked: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class KnownIncident:
    """An incident that was started: `keys` stand for the sources and groups of its alerts. `ended` is 0 while it
    runs."""

    id: str
    keys: tuple[str, ...]
    service: str
    began: float = 0.0
    last_alert: float = 0.0
    ended: float = 0.0


@dataclass(frozen=True)
class IncidentEnded:
    """An incident's last word to the monitoring, with `RankedCause.raw` of its first cause."""

    id: str
    state: IncidentState
    confidence: float = 0.0


@dataclass(frozen=True)
class OpenPrediction:
    """A predicted crossing, last foreseen at `since`; `issue` 0: it could not be opened yet. `began` is part of the
    issue's key."""

    rule: str
    repo: RepoRef
    issue: int
    since: float
    began: float = 0.0


@dataclass(frozen=True)
class MonitoringStats:
    """What `get_stats` answers. `joined`: alerts of incidents that ran already; `dropped`: alerts that only count, as
    one that was sent twice; `refused`: there were too many incidents; `ended` counts by state."""

    received: int = 0
    joined: int = 0
    dropped: int = 0
    opened: int = 0
    open: int = 0
    refused: int = 0
    predictions: int = 0
    right: int = 0
    wrong: int = 0
    ended: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""


AlertPlace = Literal["new", "joined", "ignored", "refused"]
"""What becomes of an alert: `ignored` is one of an incident that ended, or a resolved one of none; `refused`: there are
too many incidents."""
