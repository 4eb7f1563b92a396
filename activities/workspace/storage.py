"""How much of the disk the data folder takes: a limit, and a reserve without which no work begins.

What was not used for the longest time goes first, and is made again when it is needed. What an activity holds
(`leases.py`) stays, and so does what was used a moment ago: between two activities of a gate nobody holds anything.
"""

import asyncio
import contextlib
import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from activities.errors import HostTrouble
from activities.untrusted_files import UntrustedFolder
from activities.workspace.cleanup import Cleanup, evict

_KINDS = {
    "results/*/*.json": 6 * 3600.0,
    "transcripts/*.jsonl": 6 * 3600.0,
    "checkouts/*/*/*": 900.0,
    "prepared/*/*/*/*": 900.0,
    "environments/*/*/*/*": 900.0,
    "downloads/*/*": 900.0,
    "mirrors/*/*": 900.0,
}
"""Patterns of what can be evicted → for how long it stays after its last use, in seconds. Of the results of a gate some
are read at its end; a transcript is read by a person, after the run."""
_CHANGING = ("downloads", "mirrors", "transcripts")
_INSTALLED = ("environments", "prepared")
_NOT_EVICTED = (".lock", ".part")
_BLOCK = 512
_LEAST_BYTES = 4096
_TIDY_EVERY_S = 60.0
_PATIENCE_S = 60.0
_SHARE = 2

log = logging.getLogger("autobuild.host")


@dataclass(frozen=True)
class StoredEntry:
    """Something that can be evicted. `used` is its time of last use, in seconds since 1970; `stays_s` for how long it
    stays after that."""

    path: Path
    size: int
    used: float
    stays_s: float


class Storage:
    """The data folder `data`. `limit` in bytes, 0 for half of its disk; `reserve` is what has to be free on the disk
    before work begins. Several processes may share the folder."""

    def __init__(self, data: Path, limit: int = 0, reserve: int = 0) -> None:
        self._data = data
        self._limit = limit
        self._reserve = reserve
        self._cleanup = Cleanup(data)
        self._next_tidy = 0.0
        self._tidying: asyncio.Task[None] | None = None

    async def require_reserve(self) -> None:
        """Makes room where the reserve is not free. Raises `HostTrouble` where that is not enough."""
        if free_bytes(self._data) >= self._reserve:
            return
        await asyncio.to_thread(self.make_room, time.time())
        if (free := free_bytes(self._data)) < self._reserve:
            raise HostTrouble("disk", f"{free} bytes are free, AUTOBUILD_DATA_RESERVE is {self._reserve}")

    def tidy_beside(self) -> None:
        """Starts to remove what is unused or beyond the limit, once a minute: no gate waits for it."""
        if time.monotonic() >= self._next_tidy and (self._tidying is None or self._tidying.done()):
            self._next_tidy = time.monotonic() + _TIDY_EVERY_S
            self._tidying = asyncio.create_task(self._tidy())

    async def _tidy(self) -> None:
        try:
            await self._cleanup.remove_unused_hourly()
            await asyncio.to_thread(self.keep_limit, time.time())
        except Exception:
            log.exception("tidy=failed")

    def keep_limit(self, now: float) -> None:
        """Evicts until the folder is within its limit at `now` (seconds since 1970). Does nothing while another process
        does so. Blocking."""
        with contextlib.suppress(Timeout), self._lock(0):
            entries = self._entries()
            too_much = sum(one.size for one in entries) + self._of_database() - (self._limit or self._default_limit())
            _evict_oldest(entries, now, lambda freed: freed >= too_much)

    def make_room(self, now: float) -> None:
        """Evicts until the reserve is free. Blocking."""
        with contextlib.suppress(Timeout), self._lock(_PATIENCE_S):
            self._cleanup.remove_unused(now)
            _evict_oldest(self._entries(), now, lambda _: free_bytes(self._data) >= self._reserve)

    def _lock(self, patience_s: float) -> FileLock:
        return FileLock(self._data / "evicting.lock", timeout=patience_s)

    def _default_limit(self) -> int:
        found = os.statvfs(self._data)
        return found.f_blocks * found.f_frsize // _SHARE

    def _of_database(self) -> int:
        """Of the embedded Temporal server: counted, and never evicted."""
        return sum(path.lstat().st_blocks * _BLOCK for path in self._data.glob("temporal.db*"))

    def _entries(self) -> list[StoredEntry]:
        """All that can be evicted. Each is measured once; what grows, once after each use."""
        known, sizes = self._read_sizes(), {}
        found = []
        for pattern, stays_s in _KINDS.items():
            for path in self._data.glob(pattern):
                with contextlib.suppress(FileNotFoundError):
                    facts = path.lstat()
                    if path.suffix in _NOT_EVICTED:
                        continue
                    name = path.relative_to(self._data).as_posix()
                    stamp = _stamp(path, name, facts)
                    size = known[name][1] if known.get(name, ("",))[0] == stamp else _size(path, facts)
                    used = facts.st_mtime  # a folder's other time is renewed when somebody looks what is in it
                    if pattern.startswith("results"):
                        used = max(used, facts.st_atime)
                    else:
                        sizes[name] = (stamp, size)
                    found.append(StoredEntry(path, size, used, stays_s))
        self._write_sizes(sizes)
        return found

    def _read_sizes(self) -> dict[str, tuple[str, int]]:
        """What was measured before, by any process of this host: name → (stamp, bytes)."""
        with contextlib.suppress(OSError, ValueError):
            read = json.loads((self._data / "sizes.json").read_text("utf-8"))
            return {str(name): (str(stamp), int(size)) for name, (stamp, size) in read.items()}
        return {}

    def _write_sizes(self, sizes: dict[str, tuple[str, int]]) -> None:
        part = self._data / "sizes.part"
        with contextlib.suppress(OSError):  # on a full disk: then all is measured again
            part.write_text(json.dumps(sizes), "utf-8")
            part.replace(self._data / "sizes.json")


def free_bytes(folder: Path) -> int:
    """What an ordinary user may still write to a folder's disk; 0 where it has no place for another file."""
    found = os.statvfs(next(each for each in (folder, *folder.parents) if each.exists()))
    return found.f_bavail * found.f_frsize if found.f_favail or not found.f_files else 0


def _stamp(path: Path, name: str, facts: os.stat_result) -> str:
    """Another one as soon as the size may be another."""
    kind = name.partition("/")[0]
    changed = facts.st_mtime_ns if kind in _CHANGING else 0
    if kind in _INSTALLED:
        with contextlib.suppress(OSError):
            changed = (path / "installed.json").stat().st_mtime_ns
    return f"{facts.st_ino}.{changed}"


def _size(path: Path, facts: os.stat_result) -> int:
    """Bytes on the disk."""
    sizes = [facts] if not path.is_dir() else (entry.facts for entry in UntrustedFolder(path).walk())
    return sum(max(one.st_blocks * _BLOCK, _LEAST_BYTES) for one in sizes)


def _evict_oldest(entries: list[StoredEntry], now: float, enough: Callable[[int], bool]) -> None:
    """The least recently used first, until that is `enough`."""
    freed = count = 0
    for entry in sorted(entries, key=lambda one: one.used):
        if enough(freed):
            break
        if entry.used + entry.stays_s < now and evict(entry.path):
            freed, count = freed + entry.size, count + 1
    if count:
        log.info("evicted=%d bytes=%d", count, freed)
