"""What a killed process of ours left behind is ended: its processes, control groups and temporary folders."""

import contextlib
import logging
import threading
import time
from collections.abc import Collection
from pathlib import Path

import psutil

from activities.sandbox import ownership
from activities.sandbox.cgroups import groups_of

_ENDS_WITHIN_S = 30.0
_RETRY_S = 0.01
_SILENT_S = 14 * 24 * 3600.0

_log = logging.getLogger("autobuild.sandbox")
_one_at_a_time = threading.Lock()


def end_orphans(data: Path) -> None:
    """Ends what dead processes over this data folder left, and those over none. What others left is not touched.
    Blocking."""
    ownership.show_alive()
    with _one_at_a_time, ownership.dead_processes(data) as recorded:
        dead = {*recorded, *_dead_outside()}
        if not dead:
            return
        _log.info("orphans=end data=%s of=%s", data, ",".join(sorted(dead)))
        visible = {name for name in dead if ownership.is_visible(name)}
        ended = not visible or _end(visible)
        for name in recorded:
            # What runs in another container can be ended there only: its record stays, for a while.
            nothing_runs = ended if name in visible else ownership.is_of_an_earlier_boot(name)
            ownership.remove_files(data, name, record_too=nothing_runs)
        for name in dead.difference(recorded):
            ownership.remove_outside(name)


def _dead_outside() -> set[str]:
    """Processes with temporary folders of which the kernel says that there is none of that number here any more. One of
    another boot may live on another host with the same place for temporary files: dead is one that has been silent for
    long."""
    found: set[str] = set()
    living = {ownership.process_name()}
    for name, number, changed in ownership.users_outside():
        if ownership.is_of_an_earlier_boot(name):
            (living if time.time() - changed < _SILENT_S else found).add(name)
        elif ownership.is_visible(name) and not psutil.pid_exists(number):
            found.add(name)
    return found - living


def end_own(data: Path) -> None:
    """This process works over the data folder no more. What cannot be ended is left to the next one. Blocking."""
    name = ownership.process_name()
    ended = ownership.claims() > 1 or _end({name})
    ownership.remove_files(data, name, record_too=ended)


def _end(names: Collection[str]) -> bool:
    """Kills the processes that these started, and removes their control groups. False if something is left."""
    end = time.monotonic() + _ENDS_WITHIN_S
    while True:
        groups = [group for name in names for group in groups_of(name)]
        started = _started_by(names)
        for group in groups:
            group.kill()
        for process in started:
            with contextlib.suppress(psutil.Error):
                process.kill()
        left = [group for group in groups if not group.remove()]
        if not started and not left:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(_RETRY_S)


def _started_by(names: Collection[str]) -> list[psutil.Process]:
    """The processes with one of these names in their environment, and all that come from them. What runs in a sandbox
    has none of ours, and ends with the sandbox's first process, which has."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(ownership.VARIABLE) in names and process.status() != psutil.STATUS_ZOMBIE:
                found[process.pid] = process
                found.update((child.pid, child) for child in process.children(recursive=True))
    return list(found.values())
