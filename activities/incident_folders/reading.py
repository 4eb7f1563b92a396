"""All metrics, lines and calls of one folder: (what was found, the sentence on what is missing). Blocking: call it in a
thread. Raises UserError."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from activities.errors import UserError
from activities.incident_folders.call_files import listed_calls, traced_calls
from activities.incident_folders.folder import EXPECTED, DataFolder, FolderFile, open_folder
from activities.incident_folders.log_files import read_lines
from activities.incident_folders.metric_files import MetricRows, rows_of
from activities.incident_folders.metric_grid import on_one_grid
from activities.incidents.data import CallEdge, CallGraph, LogTable, MetricTable
from activities.incidents.types import IncidentScope
from activities.reporting.markdown import code
from activities.reporting.wording import plural

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")

_SHORT = 12
_MOST_USUAL = 200
_MANY = 5


def read_metrics(scope: IncidentScope, services: Sequence[str]) -> tuple[MetricTable | None, str]:
    """`services` are names that are known: a column may begin with one."""
    folder = open_folder(scope.folder)
    files = folder.of("metrics")
    if not files:
        return None, f"{code(scope.folder)} holds no metrics. {EXPECTED}"
    parts, problems = _each(files, lambda file: rows_of(file, services))
    usual = _usual(folder, parts, services)
    if usual:
        parts = [_with_usual(part, usual, scope.onset) for part in parts]
        problems.append(f"What was before the fault is from {code('noissue/metrics.csv')}, measured at another time.")
    begin = min([scope.begin, *(float(part.times[0]) for part in parts if usual)])
    table, left_out = on_one_grid(parts, begin, scope.end)
    if left_out:
        problems.append(f"{plural(left_out, 'more series', 'more series')} were left out.")
    if table is None:
        problems.append(_elsewhere("metrics", [(part.times[0], part.times[-1]) for part in parts if part.times.size]))
    return table, " ".join(problems[:_MANY])


def read_logs(scope: IncidentScope) -> tuple[LogTable | None, str]:
    """Of tables and plain files."""
    folder = open_folder(scope.folder)
    files = folder.of("logs") + folder.of("lines")
    if not files:
        return None, f"{code(scope.folder)} holds no logs."
    read = read_lines(files, scope.begin, scope.end)
    problems = list(read.problems)
    if read.found is None:
        problems.append("No log line is of the time that is looked at.")
    return read.found, " ".join(problems)


def read_calls(scope: IncidentScope) -> tuple[CallGraph | None, str]:
    """What traces measured counts before what a file says."""
    folder = open_folder(scope.folder)
    traces, tables = folder.of("spans"), folder.of("calls")
    if not traces and not tables:
        return None, f"{code(scope.folder)} holds no traces, and no file {code('topology.json')}."
    traced, problems = _each(traces, lambda file: traced_calls(file, scope.begin, scope.onset, scope.end))
    listed, more = _each(tables, listed_calls)
    edges: dict[tuple[str, str], CallEdge] = {}
    for edge in sorted(traced, key=lambda one: one.server_ms is None) + listed:
        edges.setdefault((edge.caller, edge.callee), edge)
    problems += more
    if not edges:
        return None, " ".join([*problems[:_MANY], "No call between two services is in the traces."])
    source = "traces and a file" if traced and listed else "traces" if traced else "a file"
    return CallGraph(tuple(edges.values()), source), " ".join(problems[:_MANY])


def _each(files: Sequence[FolderFile], read: Callable[[FolderFile], list[T]]) -> tuple[list[T], list[str]]:
    """(what all files have, the sentences on those that cannot be read)."""
    import polars as pl

    found: list[T] = []
    problems = []
    for file in files:
        try:
            found += read(file)
        except UserError as error:
            problems.append(str(error))
        except (pl.exceptions.PolarsError, OSError, ValueError) as error:
            problems.append(f"{code(file.path.name)} cannot be read ({type(error).__name__}).")
    return found, problems


def _usual(folder: DataFolder, parts: Sequence[MetricRows], services: Sequence[str]) -> MetricRows | None:
    """What was measured without a fault, just before the first sample: where the data begins with the fault."""
    import numpy as np

    if folder.before is None or not parts or max(part.times.size for part in parts) >= _SHORT:
        return None
    found = rows_of(folder.before, services)
    if not found or found[0].times.size < 2:
        return None
    times, values = found[0].times[-_MOST_USUAL:], found[0].values[:, -_MOST_USUAL:]
    first, step = min(part.times[0] for part in parts), float(np.median(np.diff(times)))
    return MetricRows(times - times[-1] + first - step, values, found[0].series)


def _with_usual(part: MetricRows, usual: MetricRows, onset: float) -> MetricRows:
    """Each series after its usual samples, which are moved to the level that it has before the onset: a service may be
    busier in another month."""
    import numpy as np

    places = {(one.service, one.metric): at for at, one in enumerate(usual.series)}
    rows = [places.get((one.service, one.metric), -1) for one in part.series]
    older = np.vstack([usual.values, np.full((1, usual.times.size), np.nan)])[rows]
    level = _medians(part.values[:, part.times < onset]) - _medians(older)
    older = older + np.where(np.isfinite(level), level, 0.0)[:, None]
    return MetricRows(np.r_[usual.times, part.times], np.hstack([older, part.values]), part.series)


def _medians(values: "np.ndarray") -> "np.ndarray":
    """Of each row, NaN where it has no sample."""
    import numpy as np

    known = np.isfinite(values).any(axis=1) if values.shape[1] else np.zeros(len(values), bool)
    made = np.full(len(values), np.nan)
    made[known] = np.nanmedian(values[known], axis=1)
    return made


def _elsewhere(what: str, spans: Sequence[tuple[float, float]]) -> str:
    if not spans:
        return f"None of its files has {what} with times. {EXPECTED}"
    begin, end = (datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S") for at in _outer(spans))
    return f"Its {what} are from {begin} to {end} UTC, and that is not the time that is looked at."


def _outer(spans: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return min(first for first, _ in spans), max(last for _, last in spans)
