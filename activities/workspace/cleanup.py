"""Keeping the data folder small: what nobody has asked for in a while is removed, and made again when needed."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from activities.sandbox import scratch

_DAY_S = 86400.0
_UNUSED_S = {
    "checkouts/*/*/*": _DAY_S / 4,
    "environments/*/*/*": 14 * _DAY_S,
    "prepared/*/*/*": 14 * _DAY_S,
    "results/*/*.json": 30 * _DAY_S,
}
"""Below the data folder: how long a thing may lie unused, by its time of change (which each use renews; a result's
is the day it was made)."""
_EVERY_S = 3600.0


class Cleanup:
    """`data` is the data folder. Mirrors stay: a history is dear to fetch again."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._next = 0.0

    async def now_and_then(self) -> None:
        """Once an hour, beside the work."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_S
            await asyncio.to_thread(self.tidy, time.time())

    def tidy(self, now: float) -> None:
        """Removes what is unused at `now` (seconds since 1970)."""
        for path in self._unused(now):
            with contextlib.suppress(OSError):
                path.unlink() if path.is_file() else scratch.remove(path)

    def _unused(self, now: float) -> Iterator[Path]:
        for pattern, unused_s in _UNUSED_S.items():
            for path in self._data.glob(pattern):
                with contextlib.suppress(OSError):
                    if path.stat().st_mtime < now - unused_s and path.suffix != ".lock":
                        yield path
