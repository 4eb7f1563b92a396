"""Public fault data as cases. Two shapes: a folder for each issue with `metrics.csv` and `target.json`, below one with
`graph.csv` and `noissue/metrics.csv`; and a folder `<service>_<fault>/<number>` with one CSV of metrics and
`inject_time.txt`. There are no changes and no logs in them, so nothing but the ranking is judged."""

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from activities.incidents.data import CallEdge, CallGraph, IncidentData, MetricSeries, MetricTable
from activities.incidents.types import Alert, IncidentScope
from benchmarks.incidents.cases import CaseAnswer, IncidentCase
from benchmarks.incidents.train_ticket import train_ticket_cases

if TYPE_CHECKING:
    import numpy as np

_HEADS: Final = 4
_MOST_USUAL: Final = 200
_BEFORE_S: Final = 600.0
_AFTER_S: Final = 600.0


def cases_in(folder: Path, *, levelled: bool = True) -> Iterator[IncidentCase]:
    """Of whichever shape: that of Train-Ticket (`train_ticket.py`), or one of these."""
    if (folder / "rca_data").is_dir():
        return train_ticket_cases(folder)
    return public_cases(folder, levelled=levelled)


def public_cases(folder: Path, *, levelled: bool = True) -> Iterator[IncidentCase]:
    """Every case below a folder, in the order of their paths. Those that lack a file are left out. `levelled`: the
    usual samples, which are of another month, are moved to the level that each series has before the onset."""
    for target in sorted(folder.rglob("target.json")):
        if (target.parent / "metrics.csv").is_file():
            yield _issue(target.parent, levelled)
    for moment in sorted(folder.rglob("inject_time.txt")):
        tables = sorted(
            path for path in moment.parent.glob("*.csv") if path.stem in ("simple_metrics", "data", "metrics")
        )
        if tables:
            yield _injected_case(moment, tables[-1])


def _issue(folder: Path, levelled: bool) -> IncidentCase:
    """The samples of the issue after those of a time without one, moved to just before it."""
    import numpy as np

    said = json.loads((folder / "target.json").read_text())
    about, root = said["target"], said["root_cause"]["node"]
    times, values, series = _columns(folder / "metrics.csv")
    onset = float(about["timestamp"])
    usual = _above(folder, "noissue/metrics.csv")
    if usual:
        values, times = _joined(usual, times, values, series, (times < onset) & levelled)
    graph = _above(folder, "graph.csv")
    table = MetricTable(np.asarray(times), np.asarray(values), tuple(series))
    return _case("/".join(folder.parts[-3:]), about["node"], about["metric"], onset, table, root, _graph(graph))


def _above(folder: Path, name: str) -> Path | None:
    return next((parent / name for parent in list(folder.parents)[:4] if (parent / name).is_file()), None)


def _columns(file: Path) -> "tuple[np.ndarray, np.ndarray, list[MetricSeries]]":
    """Three rows of heads: the service, the metric, the statistic; then rows that begin with the time."""
    import numpy as np

    with file.open(newline="") as lines:
        rows = list(csv.reader(lines))
    series = [
        MetricSeries(service, f"{metric}_{statistic}")
        for service, metric, statistic in zip(*(row[1:] for row in rows[:3]), strict=True)
    ]
    body = [row for row in rows[_HEADS:] if row]
    times = np.array([_number(row[0]) for row in body])
    return times, np.array([[_number(cell) for cell in row[1:]] for row in body]).T, series


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _joined(
    usual: Path, times: "np.ndarray", values: "np.ndarray", series: list[MetricSeries], early: "np.ndarray"
) -> "tuple[np.ndarray, np.ndarray]":
    """The usual samples at the level of the `early` ones; as they were where there are none."""
    import numpy as np

    before, known, names = _columns(usual)
    step = float(np.median(np.diff(times)))
    kept = min(_MOST_USUAL, len(before))
    places = {(one.service, one.metric): at for at, one in enumerate(names)}
    keys = [(one.service, one.metric) for one in series]
    rows = [known[places[key], -kept:] if key in places else np.full(kept, np.nan) for key in keys]
    level = _middle(values[:, early]) - _middle(np.array(rows))
    rows = list(np.array(rows) + np.where(np.isfinite(level), level, 0.0)[:, None])
    moved = times[0] - step * np.arange(kept, 0, -1)
    return np.concatenate([np.array(rows), values], axis=1), np.concatenate([moved, times])


def _middle(values: "np.ndarray") -> "np.ndarray":
    """The median of each row, NaN where it has no sample."""
    import numpy as np

    return np.array([np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan for row in values])


def _graph(file: Path | None) -> CallGraph | None:
    """A matrix: a row for each caller, a column for each callee."""
    if file is None:
        return None
    with file.open(newline="") as lines:
        heads, *rows = list(csv.reader(lines))
    found = [
        CallEdge(row[0], callee)
        for row in rows
        for callee, calls in zip(heads[1:], row[1:], strict=True)
        if _number(calls) > 0 and row[0] != callee
    ]
    return CallGraph(tuple(found), "a file")


def _injected_case(moment: Path, file: Path) -> IncidentCase:
    """`front-end_cpu` is the metric `cpu` of `front-end`. Ten minutes before and after are looked at."""
    import polars as pl

    onset = float(moment.read_text().split()[0])
    root = moment.parent.parent.name.rpartition("_")[0]
    frame = pl.read_csv(file, infer_schema_length=None)
    time = next(name for name in ("time", "timestamp") if name in frame.columns)
    times = pl.col(time).cast(pl.Float64, strict=False)
    frame = frame.filter(times.is_between(onset - _BEFORE_S, onset + _AFTER_S)).unique(time).sort(time)
    names = [name for name in frame.columns if "_" in name and not name.startswith("Unnamed")]
    series = tuple(MetricSeries(name.partition("_")[0], name.partition("_")[2]) for name in names)
    values = frame.select(pl.col(names).cast(pl.Float64, strict=False)).to_numpy().T
    table = MetricTable(frame[time].cast(pl.Float64).to_numpy(), values, series)
    return _case("/".join(moment.parent.parts[-3:]), "", "Fault", onset, table, root, None)


def _case(
    name: str, service: str, metric: str, onset: float, table: MetricTable, root: str, calls: CallGraph | None
) -> IncidentCase:
    others = tuple(sorted({one.service for one in table.series} - {service}))
    scope = IncidentScope(name, service, (service, *others), onset, float(table.times[0]), float(table.times[-1]))
    alert = Alert("generic", name, metric, service, starts_at=onset)
    kind = name.rpartition("/")[0]
    return IncidentCase(kind, 0, IncidentData(scope, alert, table, calls=calls), CaseAnswer(frozenset({root})))
