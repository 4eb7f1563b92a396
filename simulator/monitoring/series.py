"""Series of samples in memory, as a Prometheus server keeps them."""

import math
import re
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

MOST_SERIES = 200_000
MOST_SAMPLES = 5_000_000
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True)
class LabelMatcher:
    """`op` is one of `=`, `!=`, `=~`, `!~`."""

    label: str
    op: str
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """A label that is not there is as an empty one."""
        value = labels.get(self.label, "")
        if self.op in ("=", "!="):
            return (value == self.value) == (self.op == "=")
        return (re.fullmatch(self.value, value) is not None) == (self.op == "=~")


@dataclass
class StoredSeries:
    """`samples` are (seconds since 1970, value), in the order of their times, each time once."""

    labels: Mapping[str, str]
    samples: list[tuple[float, float]] = field(default_factory=list)

    def between(self, after: float, until: float) -> Sequence[tuple[float, float]]:
        """Those later than `after`, and not later than `until`."""
        first = bisect_right(self.samples, (after, math.inf))
        return self.samples[first : bisect_right(self.samples, (until, math.inf))]


class SeriesStore:
    """`add` raises ValueError for what no server would take."""

    def __init__(self) -> None:
        self._series: dict[tuple[tuple[str, str], ...], StoredSeries] = {}
        self._samples = 0

    def add(self, labels: Mapping[str, str], samples: Iterable[tuple[float, float]]) -> None:
        """A sample of a time that is known already replaces it."""
        if not labels.get("__name__") or not all(_LABEL.fullmatch(name) for name in labels):
            raise ValueError(f"these are no labels of a series: {dict(labels)}")
        key = tuple(sorted((name, value) for name, value in labels.items() if value))
        if key not in self._series and len(self._series) >= MOST_SERIES:
            raise ValueError(f"there are more than {MOST_SERIES} series")
        series = self._series.setdefault(key, StoredSeries(dict(key)))
        for at, value in samples:
            self._samples += 1
            if self._samples > MOST_SAMPLES:
                raise ValueError(f"there are more than {MOST_SAMPLES} samples")
            if not series.samples or series.samples[-1][0] < at:
                series.samples.append((at, value))
                continue
            place = bisect_right(series.samples, (at, math.inf)) - 1
            if place >= 0 and series.samples[place][0] == at:
                series.samples[place] = (at, value)
            else:
                insort(series.samples, (at, value))

    def select(self, matchers: Sequence[LabelMatcher]) -> Iterator[StoredSeries]:
        """All that match."""
        for series in self._series.values():
            if all(each.matches(series.labels) for each in matchers):
                yield series

    def clear(self) -> None:
        """Forgets everything."""
        self._series.clear()
        self._samples = 0
