"""The kernel's hard limit on a whole run, where the host offers one: a control group of its own.

`supervise` looks at usage twenty times a second, and a fork bomb makes a thousand processes between two looks.
RLIMIT_NPROC does not bind root. A group binds all processes in it, counts files in memory too, and has one share of
the processors however many sessions it opens (each has one by default, however nice it is), so that the worker gets
its share among many busy runs.
"""

import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import FileIO
from pathlib import Path

from activities.errors import HostShortage
from activities.sandbox import ResourceLimits
from activities.sandbox.cgroups import CgroupMount, cgroup_mounts, enter_command, new_name
from activities.sandbox.shielded_threads import to_shielded_thread

# bubblewrap's two processes and the shell that waits at the gate count, and are not the command's.
EXTRA_PROCESSES = 4
_KILL_TIMEOUT_S = 1.0
_RETRY_S = 0.002

_SHARE = {1: "cpu.shares", 2: "cpu.weight"}
_OOM_KILLS = {1: "memory.oom_control", 2: "memory.events"}


@asynccontextmanager
async def resource_group(limits: ResourceLimits) -> AsyncIterator["ResourceGroup"]:
    """A new group, removed afterwards; one without effect where the host offers no groups."""
    group = ResourceGroup()
    try:
        await to_shielded_thread(group.create, limits)
        yield group
    finally:
        await to_shielded_thread(group.remove)


class ResourceGroup:
    """One run's control group in every mount. Its methods block for less than a millisecond, but for `create`,
    `kill_all` and `remove`."""

    def __init__(self) -> None:
        self._name = new_name()
        self._mounts: list[CgroupMount] = []

    def create(self, limits: ResourceLimits) -> None:
        """Creates the groups and sets the limits, as far as the host allows it."""
        for mount in cgroup_mounts():
            with contextlib.suppress(OSError):
                (mount.folder / self._name).mkdir()
                self._mounts.append(mount)
                for file, value in _settings(mount, limits):
                    _write(mount.folder / self._name / file, value)

    def prefix(self) -> tuple[str, ...]:
        """What to put before a command so that it and all that it starts are limited."""
        return enter_command([mount.entry_file(self._name) for mount in self._mounts])

    def exceeded(self) -> str:
        """Which limit has stopped something of the run: "processes", "memory" or ""."""
        for mount in self._mounts:
            group = mount.folder / self._name
            if "pids" in mount.controllers and _count(group / "pids.events", "max") and not _other_pids_limit(group):
                return "processes"
            if "memory" in mount.controllers and _killed_for_memory(mount, group) and _reached_memory_limit(group):
                return "memory"
        return ""

    def host_shortage(self) -> HostShortage | None:
        """What the host had run out of when the kernel stopped something of the run that was within its limits."""
        for mount in self._mounts:
            group = mount.folder / self._name
            if "pids" in mount.controllers and _count(group / "pids.events", "max") and _other_pids_limit(group):
                return "processes"
            if "memory" in mount.controllers and _killed_for_memory(mount, group) and not _reached_memory_limit(group):
                return "memory"
        return None

    def kill(self) -> bool:
        """Kills all processes in it, once. True if there were any: they may have started others."""
        if not self._mounts:
            return False
        group = self._mounts[0].folder / self._name
        try:  # there is no process of another namespace (0) in a group of ours
            members = [int(pid) for pid in (group / "cgroup.procs").read_text().split() if pid != "0"]
        except OSError:
            members = []
        if members:
            # Dying takes a processor too: they shall not wait for other runs.
            for mount in self._mounts:
                if "cpu" in mount.controllers:
                    _write(mount.folder / self._name / _SHARE[mount.version], "10000")
            if not _write(group / "cgroup.kill", "1"):  # version 2, since Linux 5.14
                for pid in members:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
        return bool(members)

    def kill_all(self) -> None:
        """Kills until no process is left. Blocking."""
        end = time.monotonic() + _KILL_TIMEOUT_S
        while self.kill() and time.monotonic() < end:
            time.sleep(_RETRY_S)

    def remove(self) -> None:
        """Removes the groups. A group can be removed once its last process has vanished completely; one with a process
        that takes longer is left to the start of the next worker. Blocking."""
        end = time.monotonic() + _KILL_TIMEOUT_S
        for mount in self._mounts:
            while True:
                try:
                    (mount.folder / self._name).rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    if time.monotonic() > end:
                        break
                    time.sleep(_RETRY_S)


def _settings(mount: CgroupMount, limits: ResourceLimits) -> Iterator[tuple[str, str]]:
    """The files of a group and what is written there. The memory limit is a quarter above ours: exceeding that is
    noticed by `supervise`, which does not count pages of files that the kernel would take back."""
    memory = str(limits.memory + limits.memory // 4)
    processes = str(limits.processes + EXTRA_PROCESSES)
    settings = {
        ("pids", 1): {"pids.max": processes},
        ("pids", 2): {"pids.max": processes},
        ("memory", 1): {"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory},
        ("memory", 2): {"memory.max": memory, "memory.swap.max": "0", "memory.oom.group": "1"},
        # Below the default: the worker gets its share, and a run beside other busy programs is not starved.
        ("cpu", 1): {_SHARE[1]: "1024" if limits.urgent else "341"},
        ("cpu", 2): {_SHARE[2]: "100" if limits.urgent else "33"},
    }
    for controller in mount.controllers:
        yield from settings[controller, mount.version].items()


def _other_pids_limit(group: Path) -> bool:
    """Whether a process could not start for the limit of a group above: this one was never full."""
    peak, limit = _number(group / "pids.peak"), _number(group / "pids.max")
    return 0 < peak < limit


def _killed_for_memory(mount: CgroupMount, group: Path) -> bool:
    return _count(group / _OOM_KILLS[mount.version], "oom_kill") > 0


def _reached_memory_limit(group: Path) -> bool:
    """Whether it was this group's own limit for which the kernel killed: it does so as well when the host, or a group
    above, has no memory left, and then takes these processes first."""
    version_1 = group / "memory.failcnt"
    return _number(version_1) > 0 if version_1.exists() else _count(group / "memory.events", "oom") > 0


def _number(file: Path) -> int:
    """The number in a file, 0 where there is none."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return 0


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
