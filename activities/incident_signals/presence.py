"""Series that begin or end around the onset."""

from typing import TYPE_CHECKING, Final

from activities.incident_signals.change_points import ScanRange

if TYPE_CHECKING:
    import numpy as np

_PRESENT: Final = 0.8
_GONE: Final = 0.3
_LEAST_MISSING: Final = 4
_LEAST_OTHERS: Final = 0.5


def began_with_errors(
    values: "np.ndarray", services: "np.ndarray", metrics: "np.ndarray", errors: "np.ndarray", baseline: int
) -> "np.ndarray":
    """A counter of errors is often not there before the first error: it is zero then, where its service has other
    samples. Not so where it takes the place of one that ended: that is a new instance."""
    import numpy as np

    known = np.isfinite(values)
    late = errors & ~known[:, :baseline].any(axis=1) & known.any(axis=1)
    if not late.any():
        return values
    ended = ~late & ~known[:, -_LEAST_MISSING:].any(axis=1)
    filled = values.copy()
    for row in np.flatnonzero(late):
        same = services == services[row]
        if not (ended & same & (metrics == metrics[row])).any():
            others = known[same & ~late].any(axis=0)
            filled[row, others & (np.arange(values.shape[1]) < known[row].argmax())] = 0.0
    return filled


def vanished_services(
    values: "np.ndarray", services: "np.ndarray", times: "np.ndarray", look: ScanRange
) -> list[tuple[str, float]]:
    """Those of which nearly all series end, for good and while others go on, with the time of the end. Instances that
    are replaced do not count: there are as many series as before."""
    import numpy as np

    if values.shape[1] - look.begin <= _LEAST_MISSING:
        return []
    names, owner = np.unique(services, return_inverse=True)
    number = np.zeros((len(names), values.shape[1]))
    np.add.at(number, owner, np.isfinite(values))
    usual = np.median(number[:, : look.begin], axis=1)
    missing = number <= _GONE * usual[:, None]
    tail = np.where(missing.all(axis=1), 0, values.shape[1] - (~missing)[:, ::-1].argmax(axis=1))
    regular = (number[:, : look.begin] >= _PRESENT * usual[:, None]).mean(axis=1) >= _PRESENT
    ended = (usual > 0) & regular & (tail >= look.begin) & (tail <= values.shape[1] - _LEAST_MISSING)
    others = (usual > 0) & ~ended
    if not others.any() or others.sum() < _LEAST_OTHERS * (usual > 0).sum():
        return []
    return [(str(names[row]), float(times[tail[row]])) for row in np.flatnonzero(ended)]
