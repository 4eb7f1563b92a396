"""Public fault data in the shape of Train-Ticket: below one folder, `rca_data/<day>` with the metrics of each pod, logs
and spans of single minutes and a list of faults, and `construct_data/<day>` with those of one usual minute."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from activities.incidents.data import CallEdge, CallGraph, IncidentData, LogTable, MetricSeries, MetricTable
from activities.incidents.types import Alert, IncidentScope
from benchmarks.incidents.cases import CaseAnswer, IncidentCase

if TYPE_CHECKING:
    import polars as pl

_GATEWAY: Final = "ts-gateway-service"
_BEFORE_S: Final = 3600.0
_AFTER_S: Final = 180.0
_USUAL_S: Final = (300.0, 240.0, 180.0, 120.0)
"""The one usual minute stands for so many: it is moved to so long before the onset."""
_NOT_METRICS: Final = ("Time", "TimeStamp", "PodName")


def train_ticket_cases(folder: Path) -> Iterator[IncidentCase]:
    """Every fault of every day below a folder."""
    for listed in sorted(folder.glob("rca_data/*/*-fault_list.json")):
        usual = folder / "construct_data" / listed.parent.name
        metrics = _metrics(listed.parent / "metric")
        for faults in json.loads(listed.read_text()).values():
            for fault in faults:
                # The stamps of the list are of another zone than those of the data; its clock times are not.
                onset = datetime.fromisoformat(fault["inject_time"]).replace(tzinfo=UTC).timestamp()
                yield _case(listed.parent, usual, metrics, onset, fault)


def service_of_pod(pod: str) -> str:
    """Without the two parts that Kubernetes adds."""
    return pod.rsplit("-", 2)[0]


def _case(day: Path, usual: Path, metrics: "pl.DataFrame", onset: float, fault: dict[str, str]) -> IncidentCase:
    usual_logs = [one for back in _USUAL_S for one in _logs(usual.glob("log/*.csv"), onset - back)]
    logs = [*usual_logs, *_logs(_minutes(day / "log", onset), None)]
    edges = _edges(usual.glob("trace/*.csv"), _minutes(day / "trace", onset))
    table = _table(metrics, onset)
    services = tuple(sorted({one.service for one in table.series} - {_GATEWAY}))
    name = f"{day.name}/{fault['inject_time'][-8:]}"
    scope = IncidentScope(name, _GATEWAY, (_GATEWAY, *services), onset, onset - _USUAL_S[0], onset + _AFTER_S)
    alert = Alert("generic", name, "Fault", _GATEWAY, starts_at=onset)
    data = IncidentData(scope, alert, table, LogTable(_concatenated(logs)), CallGraph(tuple(edges), "traces"))
    return IncidentCase(fault["inject_type"], 0, data, CaseAnswer(frozenset({service_of_pod(fault["inject_pod"])})))


def _minutes(folder: Path, onset: float) -> list[Path]:
    """The files of the minute of the onset, and of the two after it."""
    moments = [datetime.fromtimestamp(onset + 60 * after, UTC) for after in range(3)]
    return [found for one in moments for found in folder.glob(f"{one:%H_%M}_*.csv")]


def _metrics(folder: Path) -> "pl.DataFrame":
    """Columns: time, pod, metric, value."""
    import polars as pl

    frames = []
    for file in sorted(folder.glob("*_metric.csv")):
        frame = pl.read_csv(file, infer_schema_length=None)
        names = [name for name in frame.columns if name not in _NOT_METRICS and not name.startswith("Node")]
        wide = frame.select(
            (pl.col("TimeStamp").cast(pl.Float64) / 60).round() * 60, "PodName",
            *(pl.col(name).cast(pl.Float64, strict=False) for name in names),
        )  # fmt: skip
        frames.append(wide.unpivot(names, index=["TimeStamp", "PodName"], variable_name="metric"))
    return pl.concat(frames)


def _table(metrics: "pl.DataFrame", onset: float) -> MetricTable:
    import numpy as np
    import polars as pl

    near = metrics.filter(pl.col("TimeStamp").is_between(onset - _BEFORE_S, onset + _AFTER_S))
    wide = near.pivot("TimeStamp", index=["PodName", "metric"], values="value", aggregate_function="last")
    times = sorted((name for name in wide.columns if name not in ("PodName", "metric")), key=float)
    series = tuple(
        MetricSeries(service_of_pod(pod), metric, pod) for pod, metric in wide.select("PodName", "metric").rows()
    )
    values = wide.select(times).to_numpy().astype(np.float64)
    return MetricTable(np.array([float(each) for each in times]), values, series)


def _logs(files: Iterable[Path], begin: float | None) -> "Iterator[pl.DataFrame]":
    """`begin`: the usual minute is moved to there."""
    import polars as pl

    for file in files:
        frame = pl.read_csv(
            file, columns=["TimeUnixNano", "PodName", "Log"], schema_overrides={"TimeUnixNano": pl.Int64}
        )
        time = pl.col("TimeUnixNano") / 1e9
        if begin is not None:
            time = time - time.min() + begin
        text = pl.col("Log").str.json_path_match("$.log").fill_null(pl.col("Log")).str.strip_chars_end()
        level = text.str.extract(r"\b(DEBUG|INFO|WARN|ERROR|FATAL)\b").fill_null("").str.to_lowercase()
        yield frame.select(
            time.alias("time"), pl.col("PodName").str.replace(r"-[a-z0-9]+-[a-z0-9]+$", "").alias("service"),
            level.replace({"warn": "warning", "fatal": "critical"}).alias("level"), text.str.head(4096).alias("text"),
        )  # fmt: skip


def _concatenated(frames: "list[pl.DataFrame]") -> "pl.DataFrame":
    import polars as pl

    schema = {"time": pl.Float64, "service": pl.String, "level": pl.String, "text": pl.String}
    return pl.concat([pl.DataFrame(schema=schema), *frames]).sort("time")


def _edges(before: Iterable[Path], after: Iterable[Path]) -> Iterator[CallEdge]:
    """A span whose parent is of another service is a call: the parent's time is the caller's, its own the callee's."""
    then, now = _calls(before), _calls(after)
    for caller, callee in sorted(then.keys() | now.keys()):
        first, second = then.get((caller, callee)), now.get((caller, callee))
        if first and second:
            yield CallEdge(caller, callee, (first[0], second[0]), (first[1], second[1]))
        else:
            yield CallEdge(caller, callee)


def _calls(files: Iterable[Path]) -> dict[tuple[str, str], tuple[float, float]]:
    """(caller, callee) → mean milliseconds of the caller's and of the callee's span."""
    import polars as pl

    names = ["TraceID", "SpanID", "ParentID", "PodName", "Duration"]
    frames = [pl.read_csv(file, columns=names, infer_schema_length=None) for file in files]
    if not frames:
        return {}
    service = pl.col("PodName").str.replace(r"-[a-z0-9]+-[a-z0-9]+$", "").alias("service")
    spans = pl.concat(frames).select("TraceID", "SpanID", "ParentID", service, pl.col("Duration") / 1000)
    joined = spans.join(spans, left_on=["TraceID", "ParentID"], right_on=["TraceID", "SpanID"], suffix="_caller")
    found = joined.filter(pl.col("service") != pl.col("service_caller")).group_by("service_caller", "service").agg(
        pl.col("Duration_caller").mean(), pl.col("Duration").mean()
    )  # fmt: skip
    return {(caller, callee): (client, server) for caller, callee, client, server in found.rows()}
