"""Ending processes for certain: one by a handle, and all that come from one without a namespace's help."""

import asyncio
import contextlib
import os
import signal
import threading
import time
from functools import lru_cache

import psutil

from activities.sandbox.usage import Usage

RUN_VARIABLE = "AUTOBUILD_RUN"
_SNAPSHOT_S = 0.1
_MOST_ROUNDS = 50


class ProcessHandle:
    """A handle of a process that stays true when its number is given to another. Linux only.

    Raises ProcessLookupError when there is no such process.
    """

    def __init__(self, pid: int) -> None:
        self._fd = os.pidfd_open(pid)

    def kill(self) -> None:
        """Harmless when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fd, signal.SIGKILL)

    async def wait(self) -> None:
        """Waits for the end of the process. It may still be a zombie; it runs no more."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        loop.add_reader(self._fd, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._fd)

    def close(self) -> None:
        """Once, when it is no longer used."""
        os.close(self._fd)


class ProcessTree:
    """All processes that come from the process `first`, also those that left its session or its parent.

    A process is one of them when its parent is, when it is in the first one's session, or when its environment has
    `RUN_VARIABLE=run`. One that changes all three before it was seen has escaped, as only a namespace can prevent.
    """

    def __init__(self, first: int, run: str) -> None:
        self._first = first
        self._run = run
        self._known = {first: psutil.Process(first)}
        # A run that ends is killed in a thread, while the event loop may still read its usage or kill it at a limit.
        self._lock = threading.Lock()

    def usage(self) -> Usage:
        """Resident memory and threads of those alive."""
        with self._lock:
            self._add_children(_snapshot(int(time.monotonic() / _SNAPSHOT_S)))
            known = list(self._known.values())
        memory = processes = 0
        for process in known:
            try:
                memory += process.memory_info().rss
                processes += process.num_threads()
            except psutil.Error:
                continue
        return Usage(memory, processes)

    def kill(self) -> None:
        """Kills them, and again those started meanwhile, until none is found."""
        for _ in range(_MOST_ROUNDS):
            with self._lock:
                processes = _processes()
                self._add_children(processes)
                self._known.update((pid, process) for pid, process in processes.items() if self._is_marked(process))
                alive = [process for process in self._known.values() if _is_alive(process)]
            if not alive:
                return
            for process in alive:
                with contextlib.suppress(psutil.Error):
                    process.kill()

    def _add_children(self, processes: dict[int, psutil.Process]) -> None:
        """Adds the children of all that are known, to any depth, and forgets the dead: their numbers may
        belong to other programs later."""
        self._known = {pid: process for pid, process in self._known.items() if _is_alive(process)}
        parents = {}
        for pid, process in processes.items():
            with contextlib.suppress(psutil.Error):
                parents[pid] = process.ppid()
        while new := [pid for pid, parent in parents.items() if parent in self._known and pid not in self._known]:
            self._known.update((pid, processes[pid]) for pid in new)

    def _is_marked(self, process: psutil.Process) -> bool:
        try:
            return os.getsid(process.pid) == self._first or process.environ().get(RUN_VARIABLE) == self._run
        except (psutil.Error, OSError):
            return False


@lru_cache(maxsize=1)
def _snapshot(moment: int) -> dict[int, psutil.Process]:
    """The host's processes, read once in a tenth of a second for all runs together."""
    return _processes()


def _processes() -> dict[int, psutil.Process]:
    return {process.pid: process for process in psutil.process_iter()}


def _is_alive(process: psutil.Process) -> bool:
    """psutil compares start times: a number given to another process is not ours."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
