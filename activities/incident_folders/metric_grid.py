"""Series of many tables on one grid of times: means where there is more than one sample, NaN where there is none."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from activities.incident_folders.metric_files import MetricRows
from activities.incidents.data import MetricSeries, MetricTable

if TYPE_CHECKING:
    import numpy as np

MOST_SERIES: Final = 5_000
_MOST_POINTS: Final = 2_000
_SOME: Final = 0.1
_LEAST_STEP_S: Final = 1.0


def on_one_grid(parts: Sequence[MetricRows], begin: float, end: float) -> tuple[MetricTable | None, int]:
    """(the series from `begin` to `end`, how many are left out). None where there is no sample in that time."""
    import numpy as np

    inside = []
    for part in parts:
        seen = (part.times >= begin) & (part.times <= end)
        if seen.any():
            inside.append(MetricRows(part.times[seen], part.values[:, seen], part.series))
    if not inside:
        return None, 0
    first, last = min(part.times[0] for part in inside), max(part.times[-1] for part in inside)
    step = max(_step(inside), (last - first) / _MOST_POINTS)
    times = first + step * np.arange(int((last - first) / step + 0.5) + 1)
    values = np.vstack([_cells(part, times, step) for part in inside])
    series = [one for part in inside for one in part.series]
    kept, left_out = _kept(values, series)
    return (MetricTable(times, values[kept], tuple(series[at] for at in kept)) if len(kept) else None), left_out


def _step(parts: Sequence[MetricRows]) -> float:
    """The widest of those that a tenth of the series has: on a narrower one, most of theirs would be gaps."""
    import numpy as np

    counts: dict[float, int] = defaultdict(int)
    for part in parts:
        gaps = np.diff(np.unique(part.times))
        if gaps.size:
            counts[float(np.median(gaps))] += len(part.series)
    total = sum(counts.values())
    return max([_LEAST_STEP_S, *(step for step, count in counts.items() if count >= _SOME * total)])


def _cells(part: MetricRows, times: "np.ndarray", step: float) -> "np.ndarray":
    """The mean of the samples about each time."""
    import numpy as np

    cells = np.clip(np.rint((part.times - times[0]) / step).astype(int), 0, times.size - 1)
    order = np.argsort(cells, kind="stable")
    filled, starts = np.unique(cells[order], return_index=True)
    values = part.values[:, order]
    known = np.isfinite(values)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts, axis=1)
    counts = np.add.reduceat(known, starts, axis=1, dtype=float)
    made = np.full((len(part.series), times.size), np.nan)
    made[:, filled] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return made


def _kept(values: "np.ndarray", series: Sequence[MetricSeries]) -> tuple[list[int], int]:
    """Which rows are kept: none without a sample, one of each name; of too many those that vary, of each service as
    many."""
    import numpy as np

    known = np.isfinite(values).any(axis=1)
    varies = np.nanmax(np.where(np.isfinite(values), values, -np.inf), axis=1) > np.nanmin(
        np.where(np.isfinite(values), values, np.inf), axis=1
    )
    names: set[tuple[str, str, str]] = set()
    rows = []
    for at, one in enumerate(series):
        name = (one.service, one.metric, one.instance)
        if known[at] and one.service and name not in names:
            names.add(name)
            rows.append(at)
    if len(rows) <= MOST_SERIES:
        return rows, 0
    seen: dict[str, int] = defaultdict(int)
    ranked = []
    for at in sorted(rows, key=lambda row: (not varies[row], row)):
        ranked.append((seen[series[at].service], at))
        seen[series[at].service] += 1
    return sorted(at for _, at in sorted(ranked)[:MOST_SERIES]), len(rows) - MOST_SERIES
