"""Series out of tables of metrics: a column for each series, a row for each sample of one, or a row for each pod."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from activities.incident_folders.columns import (
    METRICS,
    PODS,
    SERVICES,
    TIMES,
    VALUES,
    named,
    plain,
    service_of,
    table_of,
)
from activities.incident_folders.epochs import epoch_seconds
from activities.incident_folders.folder import FolderFile
from activities.incidents.data import MetricSeries

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

_COUNTERS: Final = re.compile(r"[-_.](?:total|count|sum|bucket)$")
_OF_ALL: Final = re.compile(
    r"^(?:(?:simple|all|raw|merged|node|front)?[-_]?(?:data|metrics?|samples?|datasets?|values|series|kpis?|normal"
    r"|anomalous|anomaly|faulty|abnormal|service))?[-_\d]*$"
)
_OF_NODES: Final = re.compile(r"^(?:time|timestamp|unnamed|index|node(?:cpu|memory|network|disk))", re.IGNORECASE)
_SEPARATED: Final = re.compile(r"^([^_|]+?)(?:_|\||::)(.+)$")


@dataclass(frozen=True)
class MetricRows:
    """`values[i, j]` is series `i` at `times[j]`, in any order and more than once."""

    times: "np.ndarray"
    values: "np.ndarray"
    series: tuple[MetricSeries, ...]


def rows_of(file: FolderFile, services: Sequence[str]) -> list[MetricRows]:
    """`services` are names that are known already. Raises UserError and what polars raises. Blocking."""
    head = file.head
    if len(head.rows) > 1:
        return _of_many_heads(file)
    time = named(head.columns, TIMES)
    service, pod = named(head.columns, SERVICES), named(head.columns, PODS)
    metric, value = named(head.columns, METRICS), named(head.columns, VALUES)
    if metric and value:
        return _of_long(file, time, metric, value, service or pod, pod)
    if service or pod:
        return _of_pods(file, time, service or pod, pod)
    frame = table_of(file.path, head).collect()
    alone = _named_by_file(file)
    series, columns = [], []
    for column in frame.columns:
        if _OF_NODES.match(column):
            continue
        one = MetricSeries(alone, column[:200]) if alone else _of_column(column, services)
        if one:
            series.append(one)
            columns.append(column)
    return _numbers(frame, frame[time], columns, series)


def _named_by_file(file: FolderFile) -> str:
    """The service that a file of one service is named by, "" for a file of all."""
    stem = re.sub(r"[-_.]?metrics?$", "", file.path.stem)
    return "" if _OF_ALL.match(stem.lower()) else service_of(stem)


def _of_column(name: str, services: Sequence[str]) -> MetricSeries | None:
    """Of `cart_cpu`; the longest known service counts, so that a service's own name may have a `_`."""
    for service in sorted(services, key=len, reverse=True):
        if name.lower().startswith(service.lower()) and name[len(service) : len(service) + 1] in ("_", ".", ":", "|"):
            return MetricSeries(service, name[len(service) + 1 :][:200])
    found = _SEPARATED.match(name)
    return MetricSeries(service_of(found[1]), found[2][:200]) if found else None


def _of_pods(file: FolderFile, time: str, entity: str, pod: str) -> list[MetricRows]:
    """A row for each pod and time."""
    frame = table_of(file.path, file.head).collect()
    known = {entity, pod, time}
    columns = [name for name in frame.columns if name not in known and not _OF_NODES.match(plain(name))]
    made: list[MetricRows] = []
    for (name, *_), part in frame.partition_by(entity, as_dict=True, include_key=True).items():
        if not name:
            continue
        instance = str(part[pod][0] or "")[:100] if pod else ""
        series = [MetricSeries(service_of(str(name)), column[:200], instance) for column in columns]
        made += _numbers(part, part[time], columns, series)
    return made


def _of_long(file: FolderFile, time: str, metric: str, value: str, entity: str, pod: str) -> list[MetricRows]:
    """A row for each sample."""
    import numpy as np
    import polars as pl

    keys = [name for name in dict.fromkeys((entity, metric, pod)) if name]
    frame = table_of(file.path, file.head, tuple(dict.fromkeys((*keys, time, value)))).collect()
    frame = frame.with_columns(pl.Series("_time", epoch_seconds(frame[time]))).filter(pl.col("_time").is_not_null())
    coded = frame.with_columns(
        pl.col(value).cast(pl.Float64, strict=False).alias("_value"),
        pl.struct(keys).rank("dense").alias("_series"),
        pl.col("_time").rank("dense").alias("_at"),
    )
    if not len(coded):
        return []
    firsts = coded.unique("_series", keep="first").sort("_series")
    times = np.unique(coded["_time"].to_numpy())
    values = np.full((len(firsts), times.size), np.nan)
    values[coded["_series"].to_numpy() - 1, coded["_at"].to_numpy() - 1] = coded["_value"].fill_null(np.nan).to_numpy()
    alone = _named_by_file(file)
    series = [
        MetricSeries(
            service_of(str(row[entity] or "")) if entity else alone,
            str(row[metric] or "")[:200],
            str(row[pod] or "")[:100] if pod else "",
        )
        for row in firsts.iter_rows(named=True)
    ]
    return [MetricRows(times, values, tuple(series))]


def _of_many_heads(file: FolderFile) -> list[MetricRows]:
    """The service above, then the metric, then what was made of it."""
    frame = table_of(file.path, file.head).collect()
    names, *rest = file.head.rows
    series, columns = [], []
    for column, name, *words in zip(frame.columns[1:], names[1:], *(row[1:] for row in rest), strict=False):
        series.append(MetricSeries(name.strip()[:100], "_".join(filter(None, words))[:200]))
        columns.append(column)
    return _numbers(frame, frame[frame.columns[0]], columns, series)


def _numbers(
    frame: "pl.DataFrame", times: "pl.Series", columns: Sequence[str], series: Sequence[MetricSeries]
) -> list[MetricRows]:
    """Text as numbers, counters as rates; nothing for a table without times."""
    import numpy as np
    import polars as pl

    at = epoch_seconds(times)
    known = at.is_not_null()
    if not known.any() or not columns:
        return []
    cells = frame.filter(known).select(pl.col(columns).cast(pl.Float64, strict=False))
    seconds = at.filter(known).to_numpy()
    order = np.argsort(seconds, kind="stable")
    values = cells.to_numpy().T[:, order].astype(float)
    values[~np.isfinite(values)] = np.nan
    return [MetricRows(seconds[order], _rates(seconds[order], values, series), tuple(series))]


def _rates(times: "np.ndarray", values: "np.ndarray", series: Sequence[MetricSeries]) -> "np.ndarray":
    """What is called a counter, and never falls but where it was reset, as what is added each second."""
    import numpy as np

    named_so = [at for at, one in enumerate(series) if _COUNTERS.search(one.metric.lower())]
    if not named_so or times.size < 3:
        return values
    rows = values[named_so]
    added = np.diff(rows, axis=1, prepend=np.nan)
    apart = np.diff(times, prepend=np.nan)
    is_counter = (added < 0).sum(axis=1) <= 0.02 * times.size
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = np.where((added >= 0) & (apart > 0), added / apart, np.nan)
    changed = values.copy()
    changed[np.array(named_so)[is_counter]] = rates[is_counter]
    return changed
