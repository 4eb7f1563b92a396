"""Which series shifted beyond noise around an onset, from what to what, and since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from activities.incident_signals.change_points import (
    COARSE_WINDOWS,
    WINDOWS,
    ChangePoints,
    ScanRange,
    change_points,
    standardised,
)
from activities.incident_signals.clean_metrics import clean
from activities.incident_signals.metric_kinds import MetricKind, kind_of
from activities.incident_signals.presence import began_with_errors, vanished_services
from activities.incident_signals.statistics import distance_of_distributions, mean_square, quantiles, threshold
from activities.incidents.data import MetricSeries, MetricTable

if TYPE_CHECKING:
    import numpy as np

LEAST_BASELINE: Final = 10
LEAST_AFTER: Final = 2
LARGEST_EFFECT: Final = 100.0
_FLAT_EFFECT: Final = 12.0
_EARLIER_S: Final = 30 * 60.0
_EARLIER_SHARE: Final = 0.35
_LATER_S: Final = 15 * 60.0
_COARSE_S: Final = 60.0
_STALE_S: Final = 10 * 60.0
_RISK: Final = 0.001
_LEAST_EFFECT: Final = 1.0
_LEAST_DISTANCE: Final = 0.6
_FLOOR: Final = 0.02
_FLOOR_OF_SHARES: Final = 0.003
"""Of what is usually all, such as the share of calls that succeed: little is missing before it is much."""


@dataclass(frozen=True)
class SeriesShift:
    """`series` went from `before` to `after` (medians) at the time `at`. `effect` is that in usual spreads, at most
    100; `distance` is Kolmogorov and Smirnov's, `z` the standard deviations of the change. `ended` is when it was over,
    0 where it was not."""

    series: MetricSeries
    kind: MetricKind
    at: float
    before: float
    after: float
    effect: float
    distance: float
    z: float
    ended: float = 0.0

    @property
    def is_worse(self) -> bool:
        """In the direction in which it gets worse; also where it has none."""
        return self.kind.worse == 0 or (self.after > self.before) == (self.kind.worse > 0)


@dataclass(frozen=True)
class ShiftReport:
    """The shifts, the largest first. `services` have data that could be judged, in `series` series; `gone` are those
    whose series all ended, with the time. `problem` is a sentence where nothing could be judged. `seen_after` says
    whether there are enough samples after the onset to speak of health."""

    shifts: tuple[SeriesShift, ...] = ()
    services: frozenset[str] = frozenset()
    series: int = 0
    gone: tuple[tuple[str, float], ...] = ()
    problem: str = ""
    seen_after: bool = False


def find_shifts(table: MetricTable | None, onset: float) -> ShiftReport:
    """Around `onset` (seconds since 1970): from half an hour before it, or a third of the data before it, on."""
    import numpy as np

    if table is None or not table.series:
        return ShiftReport(problem="There are no metrics.")
    try:
        table = clean(table)
    except ValueError as error:
        return ShiftReport(problem=f"The metrics cannot be read. {error}")
    named = [index for index, one in enumerate(table.series) if one.service]
    series, values, times = [table.series[index] for index in named], table.values[named], table.times
    kinds = [kind_of(one) for one in series]
    if problem := _problem(times, values, onset):
        return ShiftReport(problem=problem)
    look = _range(times, onset)
    rows = np.array([one.service for one in series])
    is_errors = np.array([one.fault == "errors" for one in kinds])
    values = began_with_errors(values, rows, np.array([one.metric for one in series]), is_errors, look.begin)
    usable = np.flatnonzero(
        (np.isfinite(values[:, : look.begin]).sum(axis=1) >= LEAST_BASELINE)
        & (np.isfinite(values[:, look.begin :]).sum(axis=1) >= LEAST_AFTER)
    )
    if not usable.size:
        return ShiftReport(problem=f"No series has {LEAST_BASELINE} samples before the onset and some after it.")
    gone = vanished_services(values, rows, times, look)
    found = _shifts(values[usable], times, look, [series[i] for i in usable], [kinds[i] for i in usable])
    return ShiftReport(
        tuple(found), frozenset(str(name) for name in rows[usable]), int(usable.size), tuple(gone),
        seen_after=bool((times >= onset).sum() >= LEAST_AFTER),
    )  # fmt: skip


def _problem(times: "np.ndarray", values: "np.ndarray", onset: float) -> str:
    import numpy as np

    if not np.isfinite(values).any():
        return "The metrics have no sample."
    before = int((times < onset).sum())
    if before < LEAST_BASELINE:
        return (
            f"There are {before} points of time before the onset, and it takes {LEAST_BASELINE} to know what is usual."
        )
    if times[-1] < onset - _STALE_S:
        return "The metrics end long before the onset."
    return ""


def _range(times: "np.ndarray", onset: float) -> ScanRange:
    import numpy as np

    earlier = min(_EARLIER_S, _EARLIER_SHARE * (onset - float(times[0])))
    begin = max(int(np.searchsorted(times, onset - earlier)), LEAST_BASELINE)
    windows = COARSE_WINDOWS if np.median(np.diff(times)) >= _COARSE_S else WINDOWS
    return ScanRange(begin, max(int(np.searchsorted(times, onset + _LATER_S)), begin), windows)


def _shifts(
    values: "np.ndarray", times: "np.ndarray", look: ScanRange, series: Sequence[MetricSeries],
    kinds: Sequence[MetricKind],
) -> list[SeriesShift]:  # fmt: skip
    """One for each series that passes all of: the change is beyond the noise of all series together, the medians are
    apart, and the distributions are."""
    import numpy as np

    shares = np.array([one.fault == "errors" and one.worse < 0 for one in kinds])
    floors = np.where(shares, _FLOOR_OF_SHARES, _FLOOR)
    scaled = standardised(values, look.begin, floors / 4)
    points = change_points(scaled, look)
    rows = np.flatnonzero(np.abs(points.z) >= threshold(points.tests, _RISK))
    if not rows.size:
        return []
    values, scaled = values[rows], scaled[rows]
    points = ChangePoints(points.at[rows], points.window[rows], points.z[rows], points.tests)
    starts = _starts(scaled, points)
    columns = np.arange(values.shape[1])[None, :]
    before = columns < starts[:, None]
    window = (columns >= points.at[:, None]) & (columns < (points.at + points.window)[:, None])
    low, usual, high = quantiles(np.where(before, values, np.nan), 0.25, 0.5, 0.75)
    (then,) = quantiles(np.where(window, values, np.nan), 0.5)
    after = columns >= points.at[:, None]
    (later,) = quantiles(np.where(after, values, np.nan), 0.5)
    (last,) = quantiles(np.where(after & ~window, values, np.nan), 0.5)
    toward = np.sign(then - usual)
    lasts = ~((last - usual) * toward < 0.5 * np.abs(then - usual)) & (
        (later - usual) * toward >= 0.5 * np.abs(then - usual)
    )
    then = np.where(lasts, later, then)
    distance = distance_of_distributions(values, before, np.where(lasts[:, None], after, window))
    spread, change = high - low, np.abs(then - usual)
    floor = floors[rows] * np.abs(usual)
    flat = spread <= floor
    # Of small whole numbers, such as the length of a queue, quantiles say nothing.
    deviation = np.where(flat, np.sqrt(mean_square(np.where(before, values - usual[:, None], np.nan))), 0.0)
    floored = np.maximum(np.maximum(np.maximum(spread, floor), deviation), 1e-90)
    effect = np.minimum(change / floored, np.where(flat & (usual == 0), _FLAT_EFFECT, LARGEST_EFFECT))
    ends = np.minimum(points.at + points.window, values.shape[1] - 1)
    passed = np.flatnonzero((effect >= _LEAST_EFFECT) & (distance >= _LEAST_DISTANCE))
    found = [
        SeriesShift(
            series[rows[i]], kinds[rows[i]], float(times[starts[i]]), float(usual[i]), float(then[i]),
            float(effect[i]), float(distance[i]), float(points.z[i]), 0.0 if lasts[i] else float(times[ends[i]]),
        )
        for i in passed
    ]  # fmt: skip
    return sorted(found, key=lambda one: -one.effect * one.kind.weight)


def _starts(scaled: "np.ndarray", points: ChangePoints) -> "np.ndarray":
    """Since when each is a quarter of the way to its new level, near the change point: a ramp begins before the place
    where two windows differ most."""
    import numpy as np

    columns = np.arange(scaled.shape[1])[None, :]
    at, window = points.at[:, None], points.window[:, None]
    inside = (columns >= at) & (columns < at + window)
    (level,) = quantiles(np.where(inside, scaled, np.nan), 0.5)
    (usual,) = quantiles(np.where(columns < at - window, scaled, np.nan), 0.5)
    usual = np.nan_to_num(usual)
    change = (level - usual)[:, None]
    beyond = (scaled - usual[:, None]) * np.sign(change) > 0.25 * np.abs(change)
    # From the change point back to the last sample that is as usual, or from it on to the first that is not.
    usually = (columns <= at) & np.isfinite(scaled) & ~beyond
    back = scaled.shape[1] - usually[:, ::-1].argmax(axis=1)
    back = np.clip(back, points.at - points.window, points.at)
    later = beyond & inside
    forward = np.where(later.any(axis=1), later.argmax(axis=1), points.at)
    starts: np.ndarray = np.maximum(np.where(back < points.at, back, forward), 1)
    return starts
