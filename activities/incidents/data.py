"""The data that diagnosers look at: metrics as one matrix, log lines as one table, calls between services, changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from activities.incidents.types import Alert, IncidentScope, RecentChange, StackFrame

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


@dataclass(frozen=True)
class MetricSeries:
    """One series: of which service, what it measures, and the labels that tell it from its neighbours."""

    service: str
    metric: str
    instance: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MetricTable:
    """`values[i, j]` is series `i` at `times[j]` (seconds since 1970, ascending, evenly spaced), NaN where there is no
    sample. Counters are rates already."""

    times: "np.ndarray"
    values: "np.ndarray"
    series: tuple[MetricSeries, ...]


@dataclass(frozen=True)
class LogTable:
    """`lines` has the columns `time` (Float64, seconds since 1970, null where a line has none), `service` (String),
    `level` (String: debug, info, warning, error, critical or "") and `text` (String, at most 4,096 characters).
    `left_out` counts lines that are not there, since there were too many."""

    lines: "pl.DataFrame"
    left_out: int = 0


@dataclass(frozen=True)
class CallEdge:
    """`caller` calls `callee`. The numbers are those of traces, where there are any: milliseconds on both sides and the
    share of failed calls, before and after the onset; None where unknown."""

    caller: str
    callee: str
    client_ms: tuple[float, float] | None = None
    server_ms: tuple[float, float] | None = None
    errors: tuple[float, float] | None = None


@dataclass(frozen=True)
class CallGraph:
    """Who calls whom. `source` says where that is known from: traces, the configuration, a file."""

    edges: tuple[CallEdge, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class IncidentData:
    """All that is known of one incident; None for data that is not there. What a diagnoser is given."""

    scope: IncidentScope
    alert: Alert
    metrics: MetricTable | None = None
    logs: LogTable | None = None
    calls: CallGraph | None = None
    changes: tuple[RecentChange, ...] | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    """View → the sentence why its data is missing or partial."""
    frames: tuple[StackFrame, ...] = ()
    """What the diagnosers of logs found so far."""
