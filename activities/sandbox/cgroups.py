"""Where this worker may make control groups (cgroups(7)), of either version, found out once.

Root may write to every group of the host, which does not make them its own: a service manager or a
container engine keeps the tree, and others divide only what it has handed over (systemd's "single-writer
rule", https://systemd.io/CGROUP_DELEGATION). Ours is what it marked as delegated, and the top of what we
see while we are in it ourselves: a container's own namespace, or a host on which nobody keeps groups.
"""

import contextlib
import os
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_CONTROLLERS = frozenset({"pids", "memory", "cpu"})
# Where a group may not hold processes beside other groups (version 2), ours go to this one in it.
_LEAF = "autobuild-worker"
_PREFIX = "autobuild-run-"
_ROUNDS = 10

# A process may enter a group by itself alone: moving it from outside would make the kernel wait for all
# processors (10 ms), and on version 1 even the process itself has to unless it names only its thread.
_ENTER = 'while [ "$1" != -- ]; do echo 0 >"$1"; shift; done 2>/dev/null; shift; unset PWD SHLVL; exec "$@"'


@dataclass(frozen=True)
class Home:
    """A group of version 1 or 2 in which groups with these controllers can be made."""

    folder: Path
    version: int
    controllers: frozenset[str]

    def door(self, name: str) -> Path:
        """The file through which a process enters the group of that name."""
        return self.folder / name / ("tasks" if self.version == 1 else "cgroup.procs")


@cache
def homes() -> tuple[Home, ...]:
    """All that work, at most one for a controller. Empty on other systems than Linux. Blocking, at first.

    What dead workers have left there is removed.
    """
    found = tuple(home for home in _found() if _works(home))
    for home in found:
        sweep(home)
    return found


def new_name() -> str:
    """For a group of this process, like no other."""
    return f"{_PREFIX}{os.getpid()}-{uuid.uuid4().hex[:12]}"


def entering(doors: list[Path]) -> tuple[str, ...]:
    """What to put before a command so that it enters by these doors first. A door that is closed is
    passed by: the watcher is there still."""
    return ("/bin/sh", "-c", _ENTER, "sh", *map(str, doors), "--") if doors else ()


def sweep(home: Home) -> None:
    """Removes the groups of dead workers."""
    for folder in home.folder.glob(f"{_PREFIX}*"):
        worker = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", worker).exists():
            with contextlib.suppress(OSError):
                folder.rmdir()


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


def _found() -> Iterator[Home]:
    try:
        groups, mounts = (Path("/proc/self", name).read_text() for name in ("cgroup", "mountinfo"))
    except OSError:
        return
    for line in groups.splitlines():
        _, names, path = line.split(":", 2)
        controllers = frozenset(names.split(",")) if names else frozenset()
        folder = own_folder(mounts, controllers, path)
        if folder and not controllers:
            yield from _second_version(folder, path)
        elif folder and controllers & _CONTROLLERS and _is_ours(folder, path):
            yield Home(folder, 1, controllers & _CONTROLLERS)


def _second_version(own: Path, path: str) -> Iterator[Home]:
    """The group we are in, or the one around it when that was divided for us already."""
    around = os.path.dirname(path) if own.name == _LEAF else ""
    base = next((folder for folder, its in ((own.parent, around), (own, path)) if _is_ours(folder, its)), None)
    if base:
        with contextlib.suppress(OSError):
            _divide(base)
            controllers = _CONTROLLERS & set((base / "cgroup.subtree_control").read_text().split())
            if controllers:
                yield Home(base, 2, controllers)


def _is_ours(folder: Path, path: str) -> bool:
    marks = ("user.delegate", "trusted.delegate")
    return os.access(folder, os.W_OK) and (path == "/" or any(_mark(folder, name) == b"1" for name in marks))


def _mark(folder: Path, name: str) -> bytes:
    try:
        return os.getxattr(folder, name)
    except OSError:
        return b""


def _divide(base: Path) -> None:
    """Hands the controllers on to the groups in `base`. Only the host's first group, which alone has no
    `cgroup.events`, may then hold processes itself."""
    offered = _CONTROLLERS & set((base / "cgroup.controllers").read_text().split())
    control = base / "cgroup.subtree_control"
    if offered <= set(control.read_text().split()):
        return
    if (base / "cgroup.events").exists():
        _empty(base)
    for name in offered:
        with contextlib.suppress(OSError):  # cpu is refused where there are processes in real time
            control.write_text(f"+{name}")


def _empty(base: Path) -> None:
    leaf = base / _LEAF
    leaf.mkdir(exist_ok=True)
    for _ in range(_ROUNDS):
        pids = (base / "cgroup.procs").read_text().split()
        for pid in pids:
            with contextlib.suppress(OSError):
                (leaf / "cgroup.procs").write_text(pid)
        if not pids:
            return


def _works(home: Home) -> bool:
    """Tried with a process of our own: what files promise, a kernel or a container may yet refuse."""
    name = new_name()
    try:
        (home.folder / name).mkdir()
        shell = ("/bin/sh", "-c", 'echo 0 >"$1"', "sh", home.door(name))
        return subprocess.run(shell, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            (home.folder / name).rmdir()
