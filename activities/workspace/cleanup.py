"""Keeps the data folder small: what was not used for a while is removed.

All but the transcripts of agents' runs is made again when it is needed.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path

from filelock import FileLock, Timeout

from activities.sandbox import ownership
from activities.sandbox.orphans import end_orphans, end_own
from activities.sandbox.shielded_threads import to_shielded_thread
from activities.untrusted_files import remove_tree
from activities.workspace.leases import held_by_nobody
from activities.workspace.mirror import remove_leftovers

_DAY_S = 86400.0
_UNUSED_S = {
    "checkouts/*/*/*": _DAY_S / 4,
    "mirrors/*/*/linked/*": 14 * _DAY_S,
    "environments/*/*/*/*": 14 * _DAY_S,
    "environments/*/*/*": 14 * _DAY_S,
    "prepared/*/*/*/*": 14 * _DAY_S,
    "prepared/*/*/*": 14 * _DAY_S,
    "downloads/*/*/*": 60 * _DAY_S,
    "node-packages/*": 30 * _DAY_S,
    "results/*/*.json": 30 * _DAY_S,
    "transcripts/*.jsonl": 7 * _DAY_S,
    "scratch/*.*": 14 * _DAY_S,
    "scratch/locks/*.lock": 14 * _DAY_S,
}
"""Patterns below the data folder → for how long a match may be unused, by its time of change. Each use renews that;
a result keeps the time when it was made, and a transcript that of its last line. The host alone chooses these names: a
sandbox can write to none of the folders that hold them."""
_GROUPS = frozenset(("environments/*/*/*", "prepared/*/*/*"))
"""Trust levels: such a folder is removed when it is empty."""
_MADE = ("checkouts/*/*/*", "environments/*/*/*/*", "prepared/*/*/*/*", "mirrors/*/*")
_INSTALLED = ("environments", "prepared")
_UNFINISHED = (".part", ".old")
"""`NAME.random.part` becomes NAME, `NAME.random.old` was NAME."""
_EVERY_S = 3600.0

_log = logging.getLogger("autobuild.host")


@contextlib.asynccontextmanager
async def tidied(data: Path) -> AsyncIterator[None]:
    """This process works over the data folder for the block: what dead predecessors left is removed beside it, and
    nothing is left at its end."""
    with ownership.claimed(data):
        tidying = asyncio.create_task(to_shielded_thread(_remove_left, data))
        try:
            yield
        finally:
            (problem,) = await asyncio.gather(tidying, return_exceptions=True)
            if problem:
                _log.warning("orphans=left data=%s why=%r", data, problem)
            if ownership.claims(data) == 1:
                await to_shielded_thread(end_own, data)


def _remove_left(data: Path) -> None:
    """What processes left that were killed: what they started, and what they had begun to make. Blocking."""
    end_orphans(data)
    for pattern in _MADE:
        for path in data.glob(pattern):
            with contextlib.suppress(OSError, Timeout):
                _remove_unfinished(path, is_installed=pattern.partition("/")[0] in _INSTALLED)


def _remove_unfinished(path: Path, *, is_installed: bool) -> None:
    """Raises Timeout for what somebody works at: whoever makes NAME, or removes it, holds the lock beside it."""
    if path.suffix in _UNFINISHED:
        with FileLock(path.with_name(f"{path.name.rsplit('.', 2)[0]}.lock"), blocking=False):
            remove_tree(path)
    elif is_installed and path.is_dir() and not (path / "installed.json").exists():
        evict(path, unless_it_has="installed.json")
    elif path.suffix == ".git":
        with FileLock(f"{path}.lock", blocking=False):
            remove_leftovers(path)


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
        _remove_left(self._data)
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


def evict(path: Path, unless_it_has: str = "") -> bool:
    """Whether it is gone now. What an activity holds stays, and a folder with that file; a folder vanishes whole, under
    the lock of those who would make it."""
    if not path.is_dir() or path.is_symlink():
        remove_tree(path)
        return True
    old = path.with_name(f"{path.name}.{secrets.token_hex(4)}.old")
    with contextlib.suppress(OSError, Timeout), FileLock(f"{path}.lock", blocking=False):
        with held_by_nobody(path) as free:
            if not free or (unless_it_has and (path / unless_it_has).exists()):
                return False
            path.rename(old)
        remove_tree(old)
        return True
    return False
