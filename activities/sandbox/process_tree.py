"""All processes that come from one, found without a namespace's help: also those that ran away.

A process belongs to the family when its parent does, when it is in the first one's session, or when it
carries the run's mark in its environment. Who shakes off all three before it was seen has escaped, as
nothing but a namespace can prevent.
"""

import os
import time
from functools import lru_cache

import psutil

from activities.sandbox.usage import Usage

MARK = "AUTOBUILD_RUN"
_SNAPSHOT_S = 0.1
_MOST_ROUNDS = 50


class Relatives:
    """The family of the process `first`, a session leader whose environment has `MARK=mark`."""

    def __init__(self, first: int, mark: str) -> None:
        self._first = first
        self._mark = mark
        self._known = {first: psutil.Process(first)}

    def usage(self) -> Usage:
        """Resident memory and threads of those alive."""
        self._look(_snapshot(int(time.monotonic() / _SNAPSHOT_S)))
        memory = processes = 0
        for process in list(self._known.values()):
            try:
                memory += process.memory_info().rss
                processes += process.num_threads()
            except psutil.Error:
                continue
        return Usage(memory, processes)

    def kill(self) -> None:
        """Kills them, and again who was born meanwhile, until a look finds nobody."""
        for _ in range(_MOST_ROUNDS):
            processes = _processes()
            self._look(processes)
            for process in processes.values():
                if self._is_ours(process):
                    self._known[process.pid] = process
            alive = [process for process in self._known.values() if _lives(process)]
            if not alive:
                return
            for process in alive:
                _kill(process)

    def _look(self, processes: dict[int, psutil.Process]) -> None:
        """Adds the children of everybody known, to any depth, and forgets the dead: their numbers may
        belong to strangers tomorrow."""
        self._known = {pid: process for pid, process in self._known.items() if _lives(process)}
        parents = {pid: _parent(process) for pid, process in processes.items()}
        while new := [pid for pid, parent in parents.items() if parent in self._known and pid not in self._known]:
            self._known.update((pid, processes[pid]) for pid in new)

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return os.getsid(process.pid) == self._first or process.environ().get(MARK) == self._mark
        except (psutil.Error, OSError):
            return False


@lru_cache(maxsize=1)
def _snapshot(moment: int) -> dict[int, psutil.Process]:
    """The host's processes, asked for once in a tenth of a second by all runs together."""
    return _processes()


def _processes() -> dict[int, psutil.Process]:
    return {process.pid: process for process in psutil.process_iter()}


def _parent(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.Error:
        return 0


def _lives(process: psutil.Process) -> bool:
    """psutil compares start times: a number given to another process is not ours."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.Error:
        return
