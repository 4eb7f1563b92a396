"""How much memory and how many threads a group of processes uses, read from a `/proc`."""

import os
import time
from dataclasses import dataclass

_PAGE = os.sysconf("SC_PAGE_SIZE")
_PSS_BUDGET_S = 0.5


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
    pids = listed(proc)
    if len(pids) > most_processes:  # a fork bomb: reading on would only give it more time
        return Usage(0, len(pids))
    usage = [_threads_and_rss(f"{proc}/{pid}") for pid in pids]
    memory = sum(rss for _, rss in usage)
    if memory > most_memory:
        memory = _proportional(proc, pids, most_memory)
    return Usage(memory, sum(threads for threads, _ in usage))


def listed(proc: str) -> list[str]:
    """The processes in the procfs at `proc`. None while that is this host's own, as the way there through
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


def _proportional(proc: str, pids: list[str], enough: int) -> int:
    """The sum of proportional set sizes, counted no further than `enough` or half a second: who needs
    longer to be counted than that is over any limit."""
    total, end = 0, time.monotonic() + _PSS_BUDGET_S
    for pid in pids:
        total += _pss(f"{proc}/{pid}")
        if total > enough:
            break
        if time.monotonic() > end:
            return enough + 1
    return total


def _pss(process: str) -> int:
    try:
        with open(f"{process}/smaps_rollup", "rb") as file:
            line = next((line for line in file if line.startswith(b"Pss:")), b"Pss: 0 kB")
        return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return _threads_and_rss(process)[1]
