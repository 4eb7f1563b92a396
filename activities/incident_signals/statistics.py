"""Statistics of every row of a matrix at once, NaN where there is no sample."""

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def quantiles(rows: "np.ndarray", *shares: float) -> tuple["np.ndarray", ...]:
    """Of each row without its NaN, one array for each share; NaN for a row without a sample."""
    import numpy as np

    if not rows.shape[1]:
        return tuple(np.full(len(rows), np.nan) for _ in shares)
    ordered = np.sort(rows, axis=1)  # NaN last
    last = np.maximum(np.isfinite(ordered).sum(axis=1) - 1, 0)
    found = []
    for share in shares:
        place = share * last
        low = np.floor(place).astype(np.intp)
        high = np.minimum(low + 1, last)
        below, above = (np.take_along_axis(ordered, each[:, None], 1)[:, 0] for each in (low, high))
        found.append(below + (above - below) * (place - low))
    return tuple(found)


def mean_square(rows: "np.ndarray") -> "np.ndarray":
    """Of each row without its NaN, also of values whose squares are too large for a number; 0 for a row without any."""
    import numpy as np

    known = np.isfinite(rows)
    around = np.where(known, np.clip(rows, -1e150, 1e150), 0.0)
    largest = np.maximum(np.abs(around).max(axis=1, initial=0.0), 1e-150)
    count = np.maximum(known.sum(axis=1), 1)
    mean: np.ndarray = largest * largest * ((around / largest[:, None]) ** 2).sum(axis=1) / count
    return mean


def distance_of_distributions(values: "np.ndarray", before: "np.ndarray", after: "np.ndarray") -> "np.ndarray":
    """Kolmogorov and Smirnov's: the largest difference of the two distributions of each row, from 0 to 1. `before` and
    `after` say which samples belong to which; NaN where one of them has none."""
    import numpy as np

    before, after = before & np.isfinite(values), after & np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        weights = before / before.sum(axis=1, keepdims=True) - after / after.sum(axis=1, keepdims=True)
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, 1)
    difference = np.abs(np.cumsum(np.take_along_axis(weights, order, 1), axis=1))
    # Equal values are one step of the distribution: only its end counts.
    difference[:, :-1][ordered[:, :-1] == ordered[:, 1:]] = 0.0
    distance: np.ndarray = difference.max(axis=1, initial=0.0)
    return distance


def as_normal(t: "np.ndarray", freedom: "np.ndarray") -> "np.ndarray":
    """A value of Student's distribution as one of the normal distribution that is as unlikely (Wallace, 1959)."""
    import numpy as np

    z: np.ndarray = np.sqrt(freedom * np.log1p(t * t / freedom)) * (8 * freedom + 1) / (8 * freedom + 3)
    return z


def threshold(tests: float, risk: float) -> float:
    """What none of so many normal values exceeds, on either side, but with this probability (Bonferroni)."""
    return -NormalDist().inv_cdf(max(risk / (2 * max(tests, 1.0)), 1e-300)) if math.isfinite(tests) else math.inf
