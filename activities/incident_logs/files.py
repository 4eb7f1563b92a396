"""The lines of one window from log files, read as streams: never more in memory than a block and what is kept."""

import glob
import lzma
import os
import re
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from activities.incident_logs.blocks import BLOCK, UnreadableLog, blocks_of_lines, check_is_text, decompressed, open_log
from activities.incident_logs.lines import LONGEST, events_of
from activities.incident_logs.seeking import FileWindow, window_of
from activities.incident_logs.thinning import MOST_LINES, LinesRead, LineThinning
from activities.incident_logs.times import times_of

if TYPE_CHECKING:
    import polars as pl

MOST_FILES: Final = 500
LONGEST_READING: Final = 150.0

_ROTATED: Final = re.compile(r"^(?:[.-]\d[\d._T-]*)?(?:\.(?:gz|bz2|xz|zst|old|\d+))*$")
_USUAL_LINE: Final = 200
_SLACK: Final = 120.0
_MOST_UNTIMED: Final = 100_000
_MANY_PROBLEMS: Final = 5


@dataclass(frozen=True)
class _LogFile:
    service: str
    path: Path


@dataclass
class _WindowReading:
    """One window that is being read. Of several blocks only every `every`-th is looked at, in whichever file it is."""

    begin: float
    end: float
    kept: LineThinning
    deadline: float
    every: int = 1
    blocks: int = 0

    def skips(self) -> bool:
        self.blocks += 1
        return self.every > 1 and self.blocks % self.every != 0


def read_log_files(globs: Mapping[str, tuple[str, ...]], begin: float, end: float, most: int = MOST_LINES) -> LinesRead:
    """The lines of each service's files from `begin` to `end`. Blocking: call it in a thread."""
    files, problems = _files(globs, begin)
    reading = _WindowReading(begin, end, LineThinning(most), time.monotonic() + LONGEST_READING)
    windows = {}
    for each in files:
        try:
            windows[each] = _window(each, begin, end)
        except (UnreadableLog, OSError) as error:
            problems.append(_unread(each, error))
    # A guess at how many lines there are only decides how many blocks are looked at.
    reading.every = max(1, sum(one.end - one.begin for one in windows.values() if one) // (most * _USUAL_LINE * 8))
    for each, window in windows.items():
        try:
            _read(each, window, reading)
        except (UnreadableLog, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            problems.append(_unread(each, error))
        if time.monotonic() > reading.deadline:
            problems.append("Reading the log files took longer than two minutes, so some lines are missing.")
            break
    if len(problems) > _MANY_PROBLEMS:
        problems = [*problems[:_MANY_PROBLEMS], f"So it is with {len(problems) - _MANY_PROBLEMS} more."]
    return LinesRead(reading.kept.table(), tuple(problems))


def _unread(each: _LogFile, error: Exception) -> str:
    why = str(error) if isinstance(error, UnreadableLog) else f"it is damaged, or went away ({type(error).__name__})"
    return f"{each.path.name} of `{each.service}` was not read to its end: {why}."


def _files(globs: Mapping[str, tuple[str, ...]], begin: float) -> tuple[list[_LogFile], list[str]]:
    """What the globs and their rotated files name, each once; without those last written before the window."""
    found: dict[tuple[int, int, str], _LogFile] = {}
    problems = []
    for service, patterns in globs.items():
        before = len(found)
        for path in sorted({path for pattern in patterns for path in _with_rotated(pattern)}):
            try:
                status = os.stat(path)
            except OSError:
                continue
            if status.st_mtime >= begin - _SLACK or begin > time.time():
                found.setdefault((status.st_dev, status.st_ino, service), _LogFile(service, Path(path)))
        if len(found) == before:
            problems.append(f"`{service}` has no log files of this time.")
    if len(found) > MOST_FILES:
        problems.append(f"There are {len(found)} log files; {MOST_FILES} were read.")
    return list(found.values())[:MOST_FILES], problems


def _with_rotated(pattern: str) -> Iterator[str]:
    for path in glob.iglob(pattern, recursive=True):
        yield path
        yield from (other for other in glob.iglob(glob.escape(path) + "*") if _ROTATED.match(other[len(path) :]))


def _window(each: _LogFile, begin: float, end: float) -> FileWindow | None:
    """What to read of a file, None for a compressed one: all of it."""
    with open_log(each.path) as file:
        stream = decompressed(file)
        check_is_text((stream or file).read(8192))
        return None if stream else window_of(file, begin, end)


def _read(each: _LogFile, window: FileWindow | None, reading: _WindowReading) -> None:
    with open_log(each.path) as file:
        if window is None:
            _keep(each.service, blocks_of_lines(decompressed(file) or file), 0.0, reading)
            return
        file.seek(_line_begin(file, window.begin))
        _keep(each.service, blocks_of_lines(file, window.end - file.tell()), window.shift, reading)


def _line_begin(file: IO[bytes], offset: int) -> int:
    """Where the first whole line from here on begins."""
    end = os.pread(file.fileno(), BLOCK, offset).find(b"\n") if offset else -1
    return offset + end + 1


def _keep(service: str, blocks: Iterator[bytes], shift: float, reading: _WindowReading) -> None:
    import polars as pl

    since: float | None = None
    untimed = 0
    for block in blocks:
        if time.monotonic() > reading.deadline:
            return
        if reading.skips():
            reading.kept.left_out += block.count(b"\n")
            continue
        texts = [line[: 4 * LONGEST].rstrip("\r") for line in block.decode("utf-8", "replace").split("\n")]
        lines = pl.Series(texts, dtype=pl.String)
        if _outside(lines, shift, reading):
            continue
        events = events_of(lines, reading.begin, since)
        events = events.with_columns(pl.col("time") + shift, service=pl.lit(service))
        timed = events["time"].drop_nulls()
        if len(timed):
            since = timed[-1] - shift
            reading.kept.add(events.filter(pl.col("time").is_between(reading.begin, reading.end)))
            continue
        fitting = events.head(max(0, _MOST_UNTIMED - untimed))
        untimed += len(events)
        reading.kept.left_out += len(events) - len(fitting)
        reading.kept.add(fitting)


def _outside(lines: "pl.Series", shift: float, reading: _WindowReading) -> bool:
    """Whether no line of a block is in the window, by a sample: it spares reading what an archive has besides."""
    sample = lines.gather_every(max(1, len(lines) // 60))
    times = (times_of(sample, reading.begin).times + shift).drop_nulls()
    if len(times) < 5:
        return False
    return bool((times < reading.begin - _SLACK).all() or (times > reading.end + _SLACK).all())
