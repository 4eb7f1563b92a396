"""Where in a large log file the window begins and ends, found by halving where its lines are in the order of time."""

import os
from dataclasses import dataclass
from itertools import pairwise
from typing import IO, Final

from activities.incident_logs.times import times_of

SMALL: Final = 8 * 1024**2
_SLACK: Final = 120.0
_PROBE: Final = 64 * 1024
_PROBES: Final = 17
_HALF_HOUR: Final = 1800.0


@dataclass(frozen=True)
class FileWindow:
    """The bytes to read. `shift` is to be added to the file's times: its clock, or its time zone, is not ours."""

    begin: int
    end: int
    shift: float = 0.0


def window_of(file: IO[bytes], begin: float, end: float) -> FileWindow:
    """The part of a plain file that may hold lines from `begin` to `end`; all of it where it is small, has no times or
    is in no order."""
    status = os.fstat(file.fileno())
    size = status.st_size
    shift = _shift(file, size, status.st_mtime, begin)
    if size <= SMALL or not _ordered(file, size, begin):
        return FileWindow(0, size, shift)
    first = _position(file, size, begin - shift - _SLACK, begin)
    last = _position(file, size, end - shift + _SLACK, begin)
    return FileWindow(first, min(size, last + 2 * SMALL // 8), shift)


def _times(file: IO[bytes], offset: int, size: int, around: float) -> tuple[list[float], bool]:
    """The times of the lines that begin behind this place, and whether they name their zone."""
    import polars as pl

    while offset < size:
        lines = os.pread(file.fileno(), _PROBE, offset).split(b"\n")
        whole = [line[:512].decode("utf-8", "replace") for line in lines[1 if offset else 0 : 60]]
        found = times_of(pl.Series(whole, dtype=pl.String), around)
        if found.times.count():
            return found.times.drop_nulls().to_list(), found.zoned
        offset += _PROBE
        if offset % (1024**2) < _PROBE:
            break
    return [], False


def _ordered(file: IO[bytes], size: int, around: float) -> bool:
    probes = [_times(file, size * at // _PROBES, size, around)[0] for at in range(_PROBES)]
    firsts = [times[0] for times in probes if times]
    pairs = pairwise(firsts)
    return len(firsts) == _PROBES and all(one <= other + _SLACK for one, other in pairs)


def _position(file: IO[bytes], size: int, wanted: float, around: float) -> int:
    """A place somewhat before the first line that is not before `wanted`."""
    low, high = 0, size
    while high - low > 2 * _PROBE:
        middle = (low + high) // 2
        times, _zoned = _times(file, middle, size, around)
        if times and times[0] < wanted:
            low = middle
        else:
            high = middle
    return low


def _shift(file: IO[bytes], size: int, changed: float, around: float) -> float:
    """A file was last written when its last line was: a line that is later than that, or earlier by whole half hours
    and without a zone, was written by another clock."""
    times, zoned = _times(file, max(0, size - _PROBE // 2), size, around)
    if not times:
        return 0.0
    ahead = max(times) - changed
    halves = round(ahead / _HALF_HOUR)
    if not zoned and halves and abs(halves) <= 28 and abs(ahead - halves * _HALF_HOUR) < 5:
        return -halves * _HALF_HOUR
    return -ahead if 2 < ahead <= 3600 else 0.0
