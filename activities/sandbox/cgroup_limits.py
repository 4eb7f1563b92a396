"""The kernel's hard limit on a whole run, where the host lets us set one: a control group of its own.

The watcher looks twenty times a second, and a fork bomb makes a thousand processes between two looks.
RLIMIT_NPROC does not bind root. A group binds everybody in it, counts files in memory too, and has one
share of the processors however many sessions it opens (each has one by default, however nice it is), so that
the worker is heard among many busy runs.
"""

import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import FileIO
from pathlib import Path

from activities.sandbox import ResourceLimits
from activities.sandbox.cgroups import Home, entering, homes, new_name
from activities.sandbox.shielded_threads import to_its_end

# bubblewrap's two processes and the shell that holds the command count, and are not the command's.
SLACK = 4
_DYING_S = 1.0
_AGAIN_S = 0.002


@asynccontextmanager
async def capped(limits: ResourceLimits) -> AsyncIterator["Cap"]:
    """A new cap, gone afterwards; one that caps nothing where the host offers no groups."""
    cap = Cap()
    try:
        await to_its_end(cap.make, limits)
        yield cap
    finally:
        await to_its_end(cap.remove)


class Cap:
    """Its methods block for less than a millisecond, but for `make` and `remove`."""

    def __init__(self) -> None:
        self._name = new_name()
        self._homes: list[Home] = []

    def make(self, limits: ResourceLimits) -> None:
        for home in homes():
            with contextlib.suppress(OSError):
                (home.folder / self._name).mkdir()
                self._homes.append(home)
                for file, value in _settings(home, limits):
                    _write(home.folder / self._name / file, value)

    def before(self) -> tuple[str, ...]:
        """What to put before the command that is to be capped, and all that it starts."""
        return entering([home.door(self._name) for home in self._homes])

    def met(self) -> str:
        """Which limit has stopped something of the run: "processes", "memory" or ""."""
        for home in self._homes:
            group = home.folder / self._name
            if "pids" in home.controllers and _count(group / "pids.events", "max"):
                return "processes"
            if "memory" in home.controllers and _count(group / _OOM_KILLS[home.version], "oom_kill"):
                return "memory"
        return ""

    def kill(self) -> bool:
        """Kills all in it. Says whether there was anybody that may still live, for who has to ask again."""
        if not self._homes:
            return False
        group = self._homes[0].folder / self._name
        members = _members(group)
        if members:
            self._hurry()
        if members and not _write(group / "cgroup.kill", "1"):  # version 2, since Linux 5.14
            for pid in members:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return bool(members)

    def _hurry(self) -> None:
        """Dying takes a processor too, so for that nobody has to wait behind other runs."""
        for home in self._homes:
            if "cpu" in home.controllers:
                _write(home.folder / self._name / _SHARE[home.version], "10000")

    def empty(self) -> None:
        """Kills until nobody is left. Blocking."""
        end = time.monotonic() + _DYING_S
        while self.kill() and time.monotonic() < end:
            time.sleep(_AGAIN_S)

    def remove(self) -> None:
        """A group can be removed once its last process has quite vanished. Who stays longer than that
        leaves it to the next worker's start."""
        end = time.monotonic() + _DYING_S
        for home in self._homes:
            while not _removed(home.folder / self._name) and time.monotonic() < end:
                time.sleep(_AGAIN_S)


_SHARE = {1: "cpu.shares", 2: "cpu.weight"}
_OOM_KILLS = {1: "memory.oom_control", 2: "memory.events"}


def _settings(home: Home, limits: ResourceLimits) -> Iterator[tuple[str, str]]:
    """The files of a group and what is written there. Memory lies a quarter above the limit: that is the
    watcher's to notice, who leaves out the pages of files that the kernel would take back."""
    memory = str(limits.memory + limits.memory // 4)
    settings = {
        ("pids", 1): {"pids.max": str(limits.processes + SLACK)},
        ("pids", 2): {"pids.max": str(limits.processes + SLACK)},
        ("memory", 1): {"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory},
        ("memory", 2): {"memory.max": memory, "memory.swap.max": "0", "memory.oom.group": "1"},
        # Below the default: the worker is heard, and a run beside other busy programs is not starved.
        ("cpu", 1): {_SHARE[1]: "1024" if limits.urgent else "341"},
        ("cpu", 2): {_SHARE[2]: "100" if limits.urgent else "33"},
    }
    for controller in home.controllers:
        yield from settings[controller, home.version].items()


def _write(file: Path, value: str) -> bool:
    """False where this kernel has no such file or takes no such value. Never makes a file."""
    try:
        with FileIO(os.open(file, os.O_WRONLY), "w") as writing:
            writing.write(value.encode())
    except OSError:
        return False
    return True


def _count(file: Path, name: str) -> int:
    """A number from lines of "name number"."""
    try:
        lines = [line.split() for line in file.read_text().splitlines()]
    except OSError:
        return 0
    return next((int(line[1]) for line in lines if line[0] == name), 0)


def _members(group: Path) -> list[int]:
    """Of processes that we cannot see (0) there is none in a group of ours."""
    try:
        return [int(pid) for pid in (group / "cgroup.procs").read_text().split() if pid != "0"]
    except OSError:
        return []


def _removed(group: Path) -> bool:
    try:
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
