"""Leases on folders of the data folder: what an activity works with is not evicted before it ends.

A lease is the kernel's shared lock on the folder itself: it holds among all processes that share the data folder, and
ends with its process however that ends.
"""

import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class LeasesOfActivity:
    """The folders that one activity holds. What is asked for after its end is not held."""

    def __init__(self) -> None:
        self._held: dict[Path, int] | None = {}

    def add(self, folder: Path, handle: int) -> None:
        if self._held is None or folder in self._held:
            os.close(handle)
        else:
            self._held[folder] = handle

    def end(self) -> None:
        held, self._held = self._held or {}, None
        for handle in held.values():
            os.close(handle)


_CURRENT: ContextVar[LeasesOfActivity | None] = ContextVar("leases", default=None)


@contextlib.contextmanager
def leases() -> Iterator[None]:
    """What is held within the block, also by the tasks and threads that it starts, is held until its end."""
    mine = LeasesOfActivity()
    token = _CURRENT.set(mine)
    try:
        yield
    finally:
        _CURRENT.reset(token)
        mine.end()


def hold(folder: Path) -> bool:
    """Holds a folder that is there, and renews its time of use. False where it is not, or is being evicted just now."""
    try:
        handle = os.open(folder, _FOLDER)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        found = os.stat(folder).st_ino == os.fstat(handle).st_ino
        os.utime(handle)
    except (BlockingIOError, FileNotFoundError):
        found = False
    except BaseException:
        os.close(handle)
        raise
    current = _CURRENT.get()
    if found and current:
        current.add(folder, handle)
    else:
        os.close(handle)
    return found


@contextlib.contextmanager
def held_by_nobody(folder: Path) -> Iterator[bool]:
    """Whether no activity holds the folder; within the block none can begin to."""
    try:
        handle = os.open(folder, _FOLDER)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


@contextlib.asynccontextmanager
async def locked(folder: Path) -> AsyncIterator[None]:
    """For whoever makes or changes the folder: one at a time, among all processes."""
    from filelock import AsyncFileLock  # a folder whose verdict is known needs none

    folder.parent.mkdir(parents=True, exist_ok=True)
    async with AsyncFileLock(f"{folder}.lock", poll_interval=0.02):
        yield
