"""Who started what: every process, control group and temporary folder that a process of ours makes carries its name.

The name is in a record, a file in the data folder that the process holds locked for as long as it lives. The kernel
frees the lock when the process ends, however it ends. So a record that somebody can lock is that of a dead process, for
certain: no name is used again, and processes of other containers over the same data folder count as alive too.
"""

import contextlib
import logging
import os
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from activities.sandbox.shielded_threads import to_shielded_thread
from activities.untrusted_files import remove_tree

if TYPE_CHECKING:
    from filelock import FileLock

VARIABLE = "AUTOBUILD_STARTED_BY"
"""Of the environment: a process has the name of the process of ours that started it."""

_IN_MEMORY = Path("/dev/shm")
# By this process: data folders, one as often as it is claimed, and the locks of its records in them.
_claimed: list[Path] = []
_held: "dict[Path, FileLock]" = {}

_log = logging.getLogger("autobuild.sandbox")


@cache
def process_name() -> str:
    """This process's own: the host's boot, the process's namespace, its number there, and something random."""
    return f"{_boot()}-{_namespace()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def mark() -> dict[str, str]:
    """The environment variable for whatever this process starts."""
    return {VARIABLE: process_name()}


def is_visible(name: str) -> bool:
    """Whether this process would see what the one with that name has started."""
    return name.startswith(f"{_boot()}-{_namespace()}-")


def is_of_an_earlier_boot(name: str) -> bool:
    """No process of that time is alive on this host. It may be of another host that shares the folder."""
    return not name.startswith(f"{_boot()}-")


def scratch(data: Path) -> Path:
    """Where the records of a data folder are, and beside each the folder of that process's temporary files."""
    return data / "scratch"


def scratch_of(data: Path) -> Path:
    """The folder for this process's temporary files in a data folder."""
    folder = _folder(data, process_name()) if data in _held else scratch(data)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.asynccontextmanager
async def temporary_folder(purpose: str, *, in_memory: bool = False) -> AsyncIterator[Path]:
    """For files that belong to no data folder in particular: in the data folder that this process works over, else in
    the system's place. `in_memory`: thousands of small ones are made and removed more quickly there."""
    memory = in_memory and _IN_MEMORY.is_dir()
    if len(_held) == 1 and not memory:
        folder, prefix = scratch_of(*_held), ""
    else:
        folder = _IN_MEMORY if memory else Path(tempfile.gettempdir())
        prefix = _outside_prefix(process_name())
    home = Path(tempfile.mkdtemp(prefix=f"{prefix}{purpose}.", dir=folder))
    try:
        yield home
    finally:
        await to_shielded_thread(remove_tree, home)


def users_outside() -> Iterator[tuple[str, int, float]]:
    """The processes of this user with temporary folders that are in no data folder: name, number, and the time of
    the last change of such a folder."""
    for folder in _outside():
        for path in folder.glob(f"{_outside_prefix('*-*-*-*')}*"):
            with contextlib.suppress(OSError, ValueError):
                name = path.name.split(".")[1]
                facts = path.lstat()
                if facts.st_uid == os.geteuid():
                    yield name, int(name.split("-")[2]), facts.st_mtime


def show_alive() -> None:
    """This process's temporary folders that are in no data folder look used to others."""
    for folder in _outside():
        for path in folder.glob(f"{_outside_prefix(process_name())}*"):
            with contextlib.suppress(OSError):
                os.utime(path, follow_symlinks=False)


@contextlib.contextmanager
def claimed(data: Path) -> Iterator[None]:
    """This process works over the data folder for the block, in which its record is held. Where the disk takes no
    record, nobody can tell later what was this process's."""
    if data not in _claimed:
        try:
            with _listing(data):
                lock = _lock(_record(data, process_name()))
                lock.acquire()
                _held[data] = lock
        except OSError as error:
            _log.warning("record=none data=%s why=%r", data, str(error))
    _claimed.append(data)
    try:
        yield
    finally:
        _claimed.remove(data)
        if data not in _claimed and data in _held:
            _held.pop(data).release()


def claims(data: Path | None = None) -> int:
    """How often this process has claimed the data folder, or any."""
    return len(_claimed) if data is None else _claimed.count(data)


def claimed_folders() -> tuple[Path, ...]:
    """The data folders that this process works over."""
    return tuple(_claimed)


@contextlib.contextmanager
def dead_processes(data: Path) -> Iterator[list[str]]:
    """The names of those that have a record in the data folder. Nobody else looks after them within the block."""
    with contextlib.ExitStack() as held:
        found = []
        if scratch(data).is_dir():
            with _listing(data):
                for name in sorted(path.stem for path in scratch(data).glob("*-*-*-*.lock")):
                    with contextlib.suppress(OSError):  # somebody holds it
                        if name != process_name():
                            held.enter_context(_lock(_record(data, name), blocking=False))
                            found.append(name)
        yield found


def remove_files(data: Path, name: str, record_too: bool) -> None:
    """Removes the temporary folders of the process with that name, and its record at last. Blocking."""
    folder = _folder(data, name)
    remove_tree(folder)
    remove_outside(name)
    if record_too and not folder.exists():
        _record(data, name).unlink(missing_ok=True)


def remove_outside(name: str) -> None:
    """Removes the temporary folders of that process that are in no data folder. Blocking."""
    for folder in _outside():
        for path in folder.glob(f"{_outside_prefix(name)}*"):
            remove_tree(path)


def _record(data: Path, name: str) -> Path:
    return scratch(data) / f"{name}.lock"


def _folder(data: Path, name: str) -> Path:
    """Short, for there is a limit on the paths of sockets."""
    return scratch(data) / name.rpartition("-")[2]


def _outside() -> set[Path]:
    return {_IN_MEMORY, Path(tempfile.gettempdir())}


def _outside_prefix(name: str) -> str:
    return f"autobuild.{name}."


def _listing(data: Path) -> "FileLock":
    """Held while records are looked through, and while one is made: a moment passes until that is locked."""
    locks = scratch(data) / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    return _lock(locks / "records.lock")


def _lock(path: Path, *, blocking: bool = True) -> "FileLock":
    from filelock import FileLock  # workflows import this module

    return FileLock(path, thread_local=False, blocking=blocking)


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except OSError:
        return "0"


def _namespace() -> str:
    try:
        return str(os.stat("/proc/self/ns/pid").st_ino)
    except OSError:
        return "0"
