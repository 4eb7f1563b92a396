"""The lines of several services from Loki, evenly over the window where there are too many or too little time."""

import asyncio
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from activities.incident_logs.lines import LONGEST, level_of, with_traces_joined
from activities.incident_logs.loki_api import LokiApi, LokiStream, LokiUnavailable
from activities.incident_logs.thinning import LinesRead, LineThinning

if TYPE_CHECKING:
    import polars as pl

MOST_OF_ALL: Final = 500_000
LONGEST_FETCH: Final = 90.0
_PAGE: Final = 5_000
_LEAST_PAGE: Final = 100
_SLICES: Final = 64
_MOST_FAILURES: Final = 3
_NS: Final = 1_000_000_000


_Row = tuple[int, str, str, str]
"""Nanoseconds since 1970, the text, the level that its labels name, the labels."""


@dataclass
class _ServiceLines:
    """What is being fetched of one service: `page` is how many lines Loki gives at once."""

    service: str
    query: str
    quota: Sequence[int] = ()
    counted: Mapping[int, int] | None = None
    page: int = _PAGE
    failures: int = 0
    problem: str = ""


@dataclass(frozen=True)
class _Window:
    begin: float
    step: int
    end: float

    def slice(self, at: int) -> tuple[int, int]:
        """In nanoseconds: its begin, and the first that is no longer in it."""
        begin = self.begin + at * self.step
        return int(begin * _NS), int(min(self.end, begin + self.step) * _NS)


async def fetch_lines(
    api: LokiApi, selectors: Mapping[str, str], begin: float, end: float, most: int = MOST_OF_ALL,
    longest: float = LONGEST_FETCH,
) -> LinesRead:  # fmt: skip
    """Each service's lines, in slices of the window: first some from everywhere, so that what is missing at the end of
    the time is missing evenly."""
    services = [_ServiceLines(service, query) for service, query in selectors.items()]
    window = _Window(begin, max(1, math.ceil((end - begin) / _SLICES)), end)
    kept = LineThinning()
    deadline = time.monotonic() + longest
    await asyncio.gather(*(_count(api, one, window) for one in services))
    total = sum(sum(one.counted.values()) for one in services if one.counted)
    share = min(1.0, most / max(1, total))
    for one in services:
        even = most // (len(services) * _SLICES)
        counted = one.counted
        if counted is None or share == 1:
            one.quota = [even if counted is None else most] * _SLICES
        else:
            one.quota = [math.ceil(counted.get(at, 0) * share) for at in range(_SLICES)]
    missed = await asyncio.gather(*(_fetch(api, one, window, kept, deadline) for one in services))
    table = kept.table()
    problems = [one.problem for one in services if one.problem]
    present = set(table.lines["service"].unique()) if table else set()
    silent = [f"`{one.service}`" for one in services if not one.problem and one.service not in present]
    if silent:
        problems.append(f"Loki has no lines of {', '.join(silent[:5])} from this time.")
    if any(missed):
        problems.append("Loki was too slow for all lines; those that came are of all parts of the time.")
    problems += [f"Loki warns: {text}" for text in api.warnings[:2]]
    return LinesRead(table, tuple(dict.fromkeys(problems)))


async def _count(api: LokiApi, one: _ServiceLines, window: _Window) -> None:
    try:
        one.counted = await api.counts(one.query, window.begin, window.end + window.step, window.step)
    except LokiUnavailable:
        one.counted = None  # then each slice gives as many


def _spread(count: int) -> Iterator[int]:
    """0 to `count`, a power of two, so that the first ones are as far from each other as can be."""
    bits = count.bit_length() - 1
    return (int(format(at, f"0{bits}b")[::-1], 2) for at in range(count))


async def _fetch(api: LokiApi, one: _ServiceLines, window: _Window, kept: LineThinning, deadline: float) -> bool:
    """Whether slices are missing at the end of the time."""
    counted = one.counted
    slices = [at for at in _spread(_SLICES) if window.begin + at * window.step < window.end]
    if counted is not None:
        slices = [at for at in slices if any(counted.get(near, 0) for near in (at - 1, at, at + 1))]
    for done, at in enumerate(slices):
        if time.monotonic() > deadline:
            kept.left_out += sum(counted.get(each, 0) for each in slices[done:]) if counted is not None else 0
            return True
        first, last = window.slice(at)
        rows, whole = await _slice(api, one, first, last, max(1, one.quota[at]))
        if rows:
            kept.add(await asyncio.to_thread(_table, rows, one.service))
        if not whole and counted is not None:
            kept.left_out += max(0, counted.get(at, 0) - len(rows))
        if one.failures >= _MOST_FAILURES:
            break
    return False


async def _slice(api: LokiApi, one: _ServiceLines, first: int, last: int, quota: int) -> tuple[list[_Row], bool]:
    """(the lines of a slice up to the quota, whether these are all)."""
    rows: dict[_Row, None] = {}
    complete = True
    while first < last and len(rows) < quota:
        limit = min(one.page, quota - len(rows) + 1)
        try:
            streams = await api.lines(one.query, first, last, max(limit, min(_LEAST_PAGE, one.page)))
        except LokiUnavailable as error:
            if not error.too_much or one.page <= _LEAST_PAGE:
                one.problem = f"{error} Lines of `{one.service}` are missing."
                one.failures += 1
                return list(rows), False
            one.page //= 4
            continue
        found = sorted(_rows(streams))
        rows.update(dict.fromkeys(found))
        if len(found) < limit:
            return list(rows), complete
        # The last nanosecond may go on in the next page. One that fills a page alone cannot be read further.
        stuck = found[-1][0] <= first
        complete = complete and not stuck
        first = first + 1 if stuck else found[-1][0]
    return list(rows)[:quota], complete and first >= last


def _rows(streams: Sequence[LokiStream]) -> Iterator[_Row]:
    for one in streams:
        names = ("level", "detected_level", "severity")
        level = next((one.stream[name] for name in names if name in one.stream), "")
        labels = repr(sorted(one.stream.items()))
        for at, text in one.values:
            if at.isdecimal() and len(at) < 20:
                yield int(at), text[: 2 * LONGEST], level[:20], labels


def _table(rows: Sequence[_Row], service: str) -> "pl.DataFrame":
    """As `LogTable` has it: the time is Loki's, since it has put the lines in their order."""
    import polars as pl

    ordered = sorted(rows, key=lambda row: (row[3], row[0]))
    text = pl.Series("text", [row[1].rstrip("\r\n") for row in ordered], dtype=pl.String)
    named = pl.Series("named", [row[2] for row in ordered], dtype=pl.String)
    at = pl.Series("time", [row[0] / _NS for row in ordered], dtype=pl.Float64)
    frame = pl.DataFrame([at, text, named]).filter(pl.col("text").str.contains(r"\S"))
    by_label = level_of(pl.concat_str(pl.lit("level="), pl.col("named")))
    frame = frame.with_columns(level=pl.when(by_label != "").then(by_label).otherwise(level_of(pl.col("text"))))
    frame = frame.with_columns(pl.lit(service).alias("service")).drop("named")
    return with_traces_joined(frame).with_columns(pl.col("text").str.head(LONGEST))
