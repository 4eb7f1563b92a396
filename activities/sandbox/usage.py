"""How much memory, how many threads and how many bytes on disk a run uses."""

import os
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_PSS_BUDGET_S = 0.5

# An empty file costs an inode and a place in its folder; counted as a block, files are limited too.
_LEAST_BYTES = 4096
_BLOCK = 512  # the unit of st_blocks, whatever the file system's own block size
_WALK_AT_LEAST_EVERY_S = 1.0
_RESERVED_BYTES = 1024**3
# A disk with less than this left cannot be told from a full one: a command may have failed for the lack of space, and
# have removed what it wrote before anybody looked.
_FULL_BYTES = 32 * 1024**2


@dataclass(frozen=True)
class Usage:
    """`memory` in bytes; `processes` counts threads, as the kernel's own limit does."""

    memory: int
    processes: int


def measure(proc: str, most_processes: int, most_memory: int) -> Usage:
    """The usage of every process that the procfs at `proc` lists.

    Memory is first the cheap sum of resident sizes, which counts a page shared by n processes n times;
    only above `most_memory` it is corrected to proportional sizes, which cost milliseconds per gigabyte.
    """
    pids = processes_in(proc)
    if len(pids) > most_processes:  # a fork bomb: reading on would only give it more time
        return Usage(0, len(pids))
    usage = [_threads_and_rss(f"{proc}/{pid}") for pid in pids]
    memory = sum(rss for _, rss in usage)
    if memory > most_memory:
        memory = _proportional_memory(proc, pids, most_memory)
    return Usage(memory, sum(threads for threads, _ in usage))


def processes_in(proc: str) -> list[str]:
    """The processes in the procfs at `proc`. None while that is this host's own, as the path there through
    a sandbox's root is until the sandbox has changed its root."""
    try:
        if os.stat(proc).st_dev == os.stat("/proc").st_dev:
            return []
        return [name for name in os.listdir(proc) if name.isdigit()]
    except OSError:
        return []


def _threads_and_rss(process: str) -> tuple[int, int]:
    """proc_pid_stat(5), fields 20 and 24; the name in field 2 may hold spaces and brackets."""
    try:
        with open(f"{process}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return int(fields[17]), int(fields[21]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0, 0


def _proportional_memory(proc: str, pids: list[str], enough: int) -> int:
    """The sum of proportional set sizes, counted no further than `enough` or half a second: what takes
    longer to count than that is over any limit."""
    total, end = 0, time.monotonic() + _PSS_BUDGET_S
    for pid in pids:
        try:
            with open(f"{proc}/{pid}/smaps_rollup", "rb") as file:
                line = next((line for line in file if line.startswith(b"Pss:")), b"Pss: 0 kB")
            total += int(line.split()[1]) * 1024
        except (OSError, ValueError):
            total += _threads_and_rss(f"{proc}/{pid}")[1]
        if total > enough:
            break
        if time.monotonic() > end:
            return enough + 1
    return total


class DiskUsage:
    """The growth of `folders`, plus the files without a name that processes hold open.

    A walk over many files is slow, so between two walks the file system's count of free blocks, which
    is one system call, says whether the run can have exceeded its limit at all.
    """

    def __init__(self, folders: Iterable[Path], limit: int) -> None:
        self._folders = tuple(folders)
        self._limit = limit
        self._least_free = 1 << 62
        self._unseen = False
        self._free_at_start = self._free_at_walk = self._free()
        self._before = self._size()
        self._used = 0
        self._not_before = 0.0
        self._walk_by = time.monotonic() + _WALK_AT_LEAST_EVERY_S

    def due(self) -> bool:
        """Is a walk worth its time? Cheap."""
        now = time.monotonic()
        return now >= self._walk_by or (now >= self._not_before and self.may_exceed())

    def may_exceed(self) -> bool:
        """Whether the disk has lost more space since the last walk than the run may still use. One system call."""
        return self._free_at_walk - self._free() > self._limit - self._used

    def exceeded(self, proc: str) -> bool:
        """Walks the folders, and the open files of the processes that the procfs at `proc` lists ("" for
        none). Blocking: call it in a thread."""
        start = time.monotonic()
        self._free_at_walk = self._free()
        self._used = self._size() - self._before + _unnamed_files(proc)
        now = time.monotonic()
        self._not_before = now + 4 * (now - start)
        self._walk_by = now + max(_WALK_AT_LEAST_EVERY_S, 20 * (now - start))
        # Last resort: what no walk sees (folders that we may not read) must not fill the host's disk.
        full = self._free_at_walk < _RESERVED_BYTES and self._free_at_start - self._free_at_walk > self._limit
        return self._used > self._limit or (full and self._unseen)

    def host_is_full(self) -> bool:
        """Whether the disk was full at any look: the run may have failed for that, while it was within its limit."""
        self._free()
        return self._least_free < _FULL_BYTES

    def _free(self) -> int:
        try:
            found = os.statvfs(self._folders[0])
        except OSError:
            return 0
        free = found.f_bavail * found.f_frsize if found.f_favail or not found.f_files else 0
        self._least_free = min(self._least_free, free)
        return free

    def _size(self) -> int:
        """Of all folders, in bytes; notes whether there is something in them that we may not see."""
        sizes = [_size(folder) for folder in self._folders]
        self._unseen = any(unseen for _, unseen in sizes)
        return sum(size for size, _ in sizes)


def _size(folder: Path) -> tuple[int, bool]:
    """Bytes on disk below `folder`, a file with several names once; and whether there are folders we may not read.

    A folder deeper than a path can name (4096 bytes) counts as endless: only hostile code makes one.
    """
    total, seen, unseen = 0, set(), False
    for entry in _entries(folder):
        if isinstance(entry, PermissionError):
            unseen = True
            continue
        if isinstance(entry, OSError):
            return 1 << 62, unseen
        if entry.st_nlink > 1 and not stat.S_ISDIR(entry.st_mode):
            if (entry.st_dev, entry.st_ino) in seen:
                continue
            seen.add((entry.st_dev, entry.st_ino))
        total += max(entry.st_blocks * _BLOCK, _LEAST_BYTES)
    return total, unseen


def _entries(folder: Path) -> Iterator[os.stat_result | OSError]:
    """The stat of everything below `folder`; what vanishes meanwhile is left out, what is too deep to be reached or may
    not be read comes as the error."""
    todo = [os.fspath(folder)]
    while todo:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    yield entry.stat(follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            yield error


def _unnamed_files(proc: str) -> int:
    """Bytes of files that are open but have no name: deleted ones and memfds, which no walk can find."""
    found: dict[tuple[int, int], int] = {}
    for process in processes_in(proc):
        folder = f"{proc}/{process}/fd"
        try:
            descriptors = os.listdir(folder)
        except OSError:
            continue
        for descriptor in descriptors:
            try:
                file = os.stat(f"{folder}/{descriptor}")
            except OSError:
                continue
            if file.st_nlink == 0 and stat.S_ISREG(file.st_mode):
                found[file.st_dev, file.st_ino] = file.st_blocks * _BLOCK
    return sum(found.values())
