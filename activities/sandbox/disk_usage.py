"""How many bytes a run has added to its folders, looked at no more often than it can matter."""

import os
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from activities.sandbox.usage import listed

# An empty file costs an inode and a place in its folder; counted as a block, files are limited too.
_LEAST = 4096
_BLOCK = 512  # the unit of st_blocks, whatever the file system's own block size
_REST_S = 1.0
_LAST_BYTES = 1024**3


class Disk:
    """The growth of `folders`, plus the files without a name that processes hold open.

    A walk over many files is slow, so between two walks the file system's count of free blocks, which
    is one system call, says whether the run can have passed its limit at all.
    """

    def __init__(self, folders: Iterable[Path], limit: int) -> None:
        self._folders = tuple(folders)
        self._limit = limit
        self._free_at_start = self._free_at_walk = self._free()
        self._before = sum(_size(folder) for folder in self._folders)
        self._spent = 0
        self._not_before = 0.0
        self._rest_until = time.monotonic() + _REST_S

    def due(self) -> bool:
        """Is a walk worth its time? Cheap."""
        now = time.monotonic()
        if now >= self._rest_until:
            return True
        return now >= self._not_before and self._free_at_walk - self._free() > self._limit - self._spent

    def over(self, proc: str) -> bool:
        """Walks the folders, and the open files of the processes that the procfs at `proc` lists ("" for
        none). Blocking: call it in a thread."""
        start = time.monotonic()
        self._free_at_walk = self._free()
        self._spent = sum(_size(folder) for folder in self._folders) - self._before + _nameless(proc)
        now = time.monotonic()
        self._not_before = now + 4 * (now - start)
        self._rest_until = now + max(_REST_S, 20 * (now - start))
        return self._spent > self._limit or self._host_is_full()

    def _host_is_full(self) -> bool:
        """The last line: what no walk sees (folders we may not read) must not fill the host's disk."""
        return self._free_at_walk < _LAST_BYTES and self._free_at_start - self._free_at_walk > self._limit

    def _free(self) -> int:
        try:
            found = os.statvfs(self._folders[0])
        except OSError:
            return 0
        return found.f_bavail * found.f_frsize


def _size(folder: Path) -> int:
    """Bytes on disk below `folder`, a file with several names once.

    A folder deeper than a path can name (4096 bytes) counts as endless: only who hides makes one.
    """
    total, seen = 0, set()
    for entry in _entries(folder):
        if isinstance(entry, OSError):
            return 1 << 62
        if entry.st_nlink > 1 and not stat.S_ISDIR(entry.st_mode):
            if (entry.st_dev, entry.st_ino) in seen:
                continue
            seen.add((entry.st_dev, entry.st_ino))
        total += max(entry.st_blocks * _BLOCK, _LEAST)
    return total


def _entries(folder: Path) -> Iterator[os.stat_result | OSError]:
    """The stat of everything below `folder`; what vanishes meanwhile or may not be read is left out,
    what is too deep to be reached comes as the error."""
    todo = [os.fspath(folder)]
    while todo:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    yield entry.stat(follow_symlinks=False)
        except (FileNotFoundError, PermissionError, NotADirectoryError):
            continue
        except OSError as error:
            yield error


def _nameless(proc: str) -> int:
    """Bytes of files that are open but have no name: deleted ones and memfds, which no walk can find."""
    found: dict[tuple[int, int], int] = {}
    for process in listed(proc):
        for descriptor in _names(f"{proc}/{process}/fd"):
            try:
                file = os.stat(f"{proc}/{process}/fd/{descriptor}")
            except OSError:
                continue
            if file.st_nlink == 0 and stat.S_ISREG(file.st_mode):
                found[file.st_dev, file.st_ino] = file.st_blocks * _BLOCK
    return sum(found.values())


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
