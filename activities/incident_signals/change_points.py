"""Where each series changes most, compared with how much it changes anyway.

The mean of a window is compared with that of the window before it, for windows from a minute to half an hour. What
this difference is at other times is the noise: so a slow drift, a daily pattern and a job that runs every hour, which
differ as much at other times, are no change.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from activities.incident_signals.statistics import as_normal, mean_square, quantiles

if TYPE_CHECKING:
    import numpy as np

WINDOWS: Final = (4, 8, 16, 32, 64)
COARSE_WINDOWS: Final = (2, 4, 8, 16, 32)
"""Of samples that are a minute or more apart, and averages already."""
_BEFORE: Final = 2
_BASELINES: Final = 6
"""So many windows the baseline has at least: noise is not known from two of them."""
_CUT: Final = 1000.0
_NARROW: Final = 2.0
_WIDE: Final = 4.0
_SHORT: Final = 8
_AWAY: Final = 0.5
_NEW: Final = 2.0


@dataclass(frozen=True)
class ScanRange:
    """In samples: changes are looked for from `begin` to `end`; what is before `begin` is the baseline. `windows` are
    the numbers of samples that are compared with those before."""

    begin: int
    end: int
    windows: tuple[int, ...] = WINDOWS


@dataclass(frozen=True)
class ChangePoints:
    """Of each series: where it changes most, over how many samples, and how many standard deviations that is (0 where
    nothing can be said), negative where it falls. `tests` is how many independent looks there were."""

    at: "np.ndarray"
    window: "np.ndarray"
    z: "np.ndarray"
    tests: float


def standardised(values: "np.ndarray", baseline: int, floor: "np.ndarray") -> "np.ndarray":
    """By the baseline's median and spread, above and below it apart, since much of what is measured is skewed. `floor`
    is, of each row, the least share of the median that counts as spread."""
    import numpy as np

    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        base = values[:, :baseline]
        lowest, low, middle, high, highest = quantiles(base, 0.05, 0.25, 0.5, 0.75, 0.95)
        above = np.maximum((high - middle) / 0.6745, (highest - middle) / 1.645)
        below = np.maximum((middle - low) / 0.6745, (middle - lowest) / 1.645)
        # Of what is mostly constant, such as a count of rare errors, quantiles say nothing.
        deviation = np.sqrt(mean_square(base - middle[:, None]))
        deviation = np.where(high > low, 0.0, deviation)
        least = np.maximum(np.maximum(deviation, floor * np.abs(middle)), 1e-90)
        far = values - middle[:, None]
        spread = np.where(far > 0, np.maximum(above, least)[:, None], np.maximum(below, least)[:, None])
        cut: np.ndarray = np.clip(far / spread, -_CUT, _CUT)
    return cut


def _compressed(scaled: "np.ndarray", unit: float) -> "np.ndarray":
    """What is far away comes nearer: one absurd sample must not look as many that are a little higher."""
    import numpy as np

    compressed: np.ndarray = unit * np.arcsinh(scaled / unit)
    return compressed


def change_points(scaled: "np.ndarray", look: ScanRange) -> ChangePoints:
    """Of what `standardised` gives, with the same baseline. Loops over windows alone."""
    import numpy as np

    rows, columns = scaled.shape
    at, window, best = np.full(rows, look.begin), np.full(rows, look.windows[0]), np.zeros(rows)
    known = np.isfinite(scaled)
    both = [np.where(known, _compressed(scaled, unit), 0.0) for unit in (_NARROW, _WIDE)]
    short, long = (np.pad(np.cumsum(each, axis=1), ((0, 0), (1, 0))) for each in both)
    counts = np.pad(np.cumsum(known, axis=1), ((0, 0), (1, 0)))
    density = counts[:, -1] / max(columns, 1)
    samples = counts[:, look.begin]
    tests = 0.0
    for width in look.windows:
        first, last = max(_BEFORE * width, look.begin), min(columns - width, look.end)
        if first > last or (width > look.windows[0] and look.begin < _BASELINES * width):
            continue
        tests += rows * ((last - first + 1) / width + 1)
        sums = short if width <= _SHORT else long  # a long window has spikes anyway
        z, place = _largest(sums, counts, width, (first, last), look.begin, density, samples)
        better = np.abs(z) > np.abs(best)
        at, window, best = np.where(better, place, at), np.where(better, width, window), np.where(better, z, best)
    return ChangePoints(at, window, best, tests)


def _largest(
    sums: "np.ndarray", counts: "np.ndarray", width: int, places: tuple[int, int], baseline: int,
    density: "np.ndarray", samples: "np.ndarray",
) -> tuple["np.ndarray", "np.ndarray"]:  # fmt: skip
    """Of each row the largest difference of two windows in standard deviations, and where it is."""
    import numpy as np

    with np.errstate(invalid="ignore", divide="ignore"):
        number = counts[:, width:] - counts[:, :-width]
        mean = (sums[:, width:] - sums[:, :-width]) / number
        mean[number < np.maximum(2, np.ceil(0.5 * density * width))[:, None]] = np.nan
        wide = _BEFORE * width
        number_before = counts[:, wide:] - counts[:, :-wide]
        mean_before = (sums[:, wide:] - sums[:, :-wide]) / number_before
        mean_before[number_before < np.maximum(2, np.ceil(0.5 * density * wide))[:, None]] = np.nan
        # Column j compares the samples from j + wide on with those before.
        difference = mean[:, wide:] - mean_before[:, : mean.shape[1] - wide]
        usual = difference[:, : baseline - wide - width + 1]
        has = np.isfinite(usual)
        squares = np.where(has, usual, 0.0) ** 2
        measured = np.sqrt(squares.sum(axis=1) / np.maximum(has.sum(axis=1), 1))
        expected = np.sqrt((1 + 1 / _BEFORE) / np.maximum(density * width, 1.0))
        scale = np.maximum(measured, expected)
        # How well the noise is known: as from single samples where it is no more than theirs, else as from windows.
        excess = np.minimum((expected / np.maximum(measured, 1e-12)) ** 2, 1.0)
        few = np.maximum(samples - (_BEFORE + 1) * width, width) / (2 * width)
        freedom = np.maximum(few + (samples / 2 - few) * excess, 1.0)
        looked = difference[:, places[0] - wide : places[1] - wide + 1]
        # Going back to what is usual is no change: what comes after has to be away from it.
        away = mean[:, places[0] : places[1] + 1] * np.sign(looked) >= _AWAY * np.abs(looked)
        size = np.where(np.isfinite(looked) & away, np.abs(looked), 0.0)
        place = size.argmax(axis=1)
        largest = np.take_along_axis(size, place[:, None], 1)[:, 0]
        sign = np.sign(np.take_along_axis(np.nan_to_num(looked), place[:, None], 1)[:, 0])
        z = sign * as_normal(largest / scale, freedom)
        z[largest < _NEW * np.sqrt(squares.max(axis=1, initial=0.0))] = 0.0  # it has differed as much before
    return np.where(samples >= 1, z, 0.0), place + places[0]
