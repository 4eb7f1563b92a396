"""Metrics as the numerics need them: in the order of time, without infinite values, counters as what is added."""

from typing import TYPE_CHECKING, Final

from activities.incidents.data import MetricTable

if TYPE_CHECKING:
    import numpy as np

_LARGEST: Final = 1e100
_COUNTERS: Final = ("_total", "_count", "_sum", "_bucket")
_LEAST_GROWTH: Final = 0.5
_LEAST_SAMPLES: Final = 20


def clean(table: MetricTable) -> MetricTable:
    """Sorted by time, each time once, no infinite or absurd value, and a counter that was given as such as what is
    added to it from one sample to the next. Raises ValueError where the parts do not fit together."""
    import numpy as np

    times = np.asarray(table.times, dtype=np.float64)
    values = np.asarray(table.values, dtype=np.float64)
    if times.ndim != 1 or values.shape != (len(table.series), times.size):
        raise ValueError("The numbers of series, times and values do not fit together.")
    known = np.flatnonzero(np.isfinite(times))
    times, first = np.unique(times[known], return_index=True)
    values = values[:, known[first]]
    values = np.where(np.abs(values) < _LARGEST, values, np.nan)  # False for NaN too
    return MetricTable(times, _without_counters(table, values), table.series)


def _without_counters(table: MetricTable, values: "np.ndarray") -> "np.ndarray":
    """A counter grows nearly always, and where it does not it was reset: what is added then is the new value."""
    import numpy as np

    named = [index for index, one in enumerate(table.series) if one.metric.endswith(_COUNTERS)]
    if not named or values.shape[1] < _LEAST_SAMPLES:
        return values
    rows = values[named]
    added = np.diff(rows, axis=1, prepend=np.nan)
    known = np.maximum(np.isfinite(added).sum(axis=1), 1)
    grows, falls = (added > 0).sum(axis=1) / known, (added < 0).sum(axis=1)
    is_counter = (grows >= _LEAST_GROWTH) & (falls <= np.maximum(2, 0.02 * known)) & (known >= _LEAST_SAMPLES)
    changed = values.copy()
    changed[np.array(named)[is_counter]] = np.where(added < 0, rows, added)[is_counter]
    return changed
