"""Keeps the data folder small: what was not used for a while is removed, and made again when it is needed."""

import asyncio
import contextlib
import secrets
import time
from pathlib import Path

from filelock import FileLock, Timeout

from activities.sandbox.orphans import end_orphans
from activities.untrusted_files import remove_tree
from activities.workspace.leases import held_by_nobody

_DAY_S = 86400.0
_UNUSED_S = {
    "checkouts/*/*/*": _DAY_S / 4,
    "environments/*/*/*/*": 14 * _DAY_S,
    "environments/*/*/*": 14 * _DAY_S,
    "prepared/*/*/*/*": 14 * _DAY_S,
    "prepared/*/*/*": 14 * _DAY_S,
    "downloads/*/*/*": 60 * _DAY_S,
    "mirrors/*/*.old": _DAY_S,
    "mirrors/*/*.part": _DAY_S,
    "results/*/*.json": 30 * _DAY_S,
    "results/*/*.part": _DAY_S,
    "scratch/*.*": 14 * _DAY_S,
    "scratch/locks/*.lock": 14 * _DAY_S,
}
"""Patterns below the data folder → for how long a match may be unused, by its time of change. Each use renews that;
a result keeps the time when it was made. The host alone chooses these names: a sandbox can write to none of the folders
that hold them."""
_GROUPS = frozenset(("environments/*/*/*", "prepared/*/*/*"))
"""Trust levels: such a folder is removed when it is empty."""
_EVERY_S = 3600.0


class Cleanup:
    """`data` is the data folder. Mirrors stay: a history takes long to fetch again."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._next = 0.0

    async def remove_unused_hourly(self) -> None:
        """Does nothing when it was called less than an hour ago."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_S
            await asyncio.to_thread(self.remove_unused, time.time())

    def remove_unused(self, now: float) -> None:
        """Removes what is unused at `now` (seconds since 1970)."""
        end_orphans(self._data)
        for pattern, unused_s in _UNUSED_S.items():
            for path in self._data.glob(pattern):
                with contextlib.suppress(OSError):
                    if path.lstat().st_mtime < now - unused_s:
                        _remove(path, only_if_empty=pattern in _GROUPS)


def _remove(path: Path, *, only_if_empty: bool) -> None:
    if path.suffix == ".lock":
        with FileLock(path, blocking=False):  # one that somebody holds stays; who waits for this one makes it anew
            path.unlink()
    elif only_if_empty:
        path.rmdir()
    else:
        evict(path)


def evict(path: Path) -> bool:
    """Whether it is gone now. What an activity holds stays; a folder vanishes whole, under the lock of those who would
    make it."""
    if not path.is_dir() or path.is_symlink():
        remove_tree(path)
        return True
    old = path.with_name(f"{path.name}.{secrets.token_hex(4)}.old")
    with contextlib.suppress(OSError, Timeout), FileLock(f"{path}.lock", blocking=False):
        with held_by_nobody(path) as free:
            if not free:
                return False
            path.rename(old)
        remove_tree(old)
        return True
    return False
