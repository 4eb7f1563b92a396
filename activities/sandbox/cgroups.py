"""Where this worker may create control groups (cgroups(7)), of either version, found out once.

Root may write to every group of the host, which does not make them its own: a service manager or a container engine
manages the tree, and others divide only what it has delegated (systemd's "single-writer rule",
https://systemd.io/CGROUP_DELEGATION). Ours is what is marked as delegated, and the top of what we see while we are in
it ourselves: a container's own namespace, or a host on which nothing manages groups.
"""

import contextlib
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from activities.sandbox.ownership import mark, process_name

_CONTROLLERS = frozenset({"pids", "memory", "cpu"})
# Where a group may not hold processes beside other groups (version 2), ours go to this one in it.
_LEAF = "autobuild-worker"
_PREFIX = "autobuild-run-"
_MOVE_ROUNDS = 10

# A process enters its groups itself: moving it from outside would make the kernel wait for all processors (10 ms),
# and on version 1 it has to enter by its thread only, for the same reason.
_ENTER = 'while [ "$1" != -- ]; do echo 0 >"$1"; shift; done 2>/dev/null; shift; unset PWD SHLVL; exec "$@"'


@dataclass(frozen=True)
class CgroupMount:
    """An existing group, of version 1 or 2, in which groups with these controllers can be created."""

    folder: Path
    version: int
    controllers: frozenset[str]

    def entry_file(self, name: str) -> Path:
        """A process that writes 0 to this file enters the group of that name."""
        return self.folder / name / ("tasks" if self.version == 1 else "cgroup.procs")


@cache
def cgroup_mounts() -> tuple[CgroupMount, ...]:
    """All that work, at most one for a controller. Empty on other systems than Linux. Blocking, at first."""
    return tuple(mount for mount in _candidates() if _works(mount))


def new_name() -> str:
    """A unique name for a group of this process."""
    return f"{_PREFIX}{process_name()}-{uuid.uuid4().hex[:12]}"


@dataclass(frozen=True)
class LeftGroup:
    """A group that a process of ours made, in one of the mounts."""

    folder: Path

    def processes(self) -> list[int]:
        try:
            return [int(pid) for pid in (self.folder / "cgroup.procs").read_text().split() if pid != "0"]
        except OSError:
            return []

    def kill(self) -> None:
        """Kills all processes in it, once."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def remove(self) -> bool:
        """False where a process of it has not vanished completely."""
        try:
            self.folder.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True


def groups_of(name: str) -> list[LeftGroup]:
    """The groups of the process of ours with that name. Blocking, at first."""
    found = (folder for mount in cgroup_mounts() for folder in mount.folder.glob(f"{_PREFIX}{name}-*"))
    return [LeftGroup(folder) for folder in found]


def enter_command(entry_files: list[Path]) -> tuple[str, ...]:
    """What to put before a command so that it enters these groups first. A group that cannot be entered is skipped:
    `supervise` watches the limits too."""
    return ("/bin/sh", "-c", _ENTER, "sh", *map(str, entry_files), "--") if entry_files else ()


def own_folder(mounts: str, controllers: frozenset[str], path: str) -> Path | None:
    """The folder of the group `path` in the hierarchy of these controllers (none: version 2), None where
    it cannot be seen. `mounts` is the text of proc_pid_mountinfo(5)."""
    kind = "cgroup" if controllers else "cgroup2"
    for line in mounts.splitlines():
        mount, _, system = line.partition(" - ")
        root, point = mount.split()[3:5]
        options = system.split()[-1].split(",")
        inside = os.path.relpath(path, root)
        if system.split()[0] == kind and controllers <= set(options) and not inside.startswith(".."):
            return Path(point, inside)
    return None


def _candidates() -> Iterator[CgroupMount]:
    try:
        groups, mounts = (Path("/proc/self", name).read_text() for name in ("cgroup", "mountinfo"))
    except OSError:
        return
    for line in groups.splitlines():
        _, names, path = line.split(":", 2)
        controllers = frozenset(names.split(",")) if names else frozenset()
        folder = own_folder(mounts, controllers, path)
        if folder and not controllers:
            yield from _version_2(folder, path)
        elif folder and controllers & _CONTROLLERS and _is_ours(folder, path):
            yield CgroupMount(folder, 1, controllers & _CONTROLLERS)


def _version_2(own: Path, path: str) -> Iterator[CgroupMount]:
    """The group we are in, or the one around it when that was divided for us already."""
    around = os.path.dirname(path) if own.name == _LEAF else ""
    base = next((folder for folder, its in ((own.parent, around), (own, path)) if _is_ours(folder, its)), None)
    if base:
        with contextlib.suppress(OSError):
            _divide(base)
            controllers = _CONTROLLERS & set((base / "cgroup.subtree_control").read_text().split())
            if controllers:
                yield CgroupMount(base, 2, controllers)


def _is_ours(folder: Path, path: str) -> bool:
    if not os.access(folder, os.W_OK):
        return False
    for delegated in ("user.delegate", "trusted.delegate"):
        with contextlib.suppress(OSError):
            if os.getxattr(folder, delegated) == b"1":
                return True
    return path == "/"


def _divide(base: Path) -> None:
    """Enables the controllers for the groups in `base`. Only the host's first group, which alone has no
    `cgroup.events`, may then hold processes itself."""
    offered = _CONTROLLERS & set((base / "cgroup.controllers").read_text().split())
    control = base / "cgroup.subtree_control"
    if offered <= set(control.read_text().split()):
        return
    if (base / "cgroup.events").exists():
        leaf = base / _LEAF
        leaf.mkdir(exist_ok=True)
        for _ in range(_MOVE_ROUNDS):  # others may be started meanwhile
            pids = (base / "cgroup.procs").read_text().split()
            for pid in pids:
                with contextlib.suppress(OSError):
                    (leaf / "cgroup.procs").write_text(pid)
            if not pids:
                break
    for name in offered:
        with contextlib.suppress(OSError):  # cpu is refused where there are processes in real time
            control.write_text(f"+{name}")


def _works(mount: CgroupMount) -> bool:
    """Tried with a process of our own: what files promise, a kernel or a container may yet refuse."""
    name = new_name()
    try:
        (mount.folder / name).mkdir()
        shell = ("/bin/sh", "-c", 'echo 0 >"$1"', "sh", mount.entry_file(name))
        return subprocess.run(shell, env=mark(), capture_output=True, check=False).returncode == 0
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            (mount.folder / name).rmdir()
