"""The `autobuild up` that runs over a data folder: other commands find it, and its Temporal, by a file in that folder.

`up.json`, mode 600. Its process holds `up.lock`, which the kernel releases however it ends: without that, the file is
what a killed one left, and nobody reads it.
"""

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from bot.settings import Settings, app_variables, data_folder_of, names_an_app
from bot.settings.temporal import names_temporal

TEMPORAL = "Temporal server"
"""The name of that part, which is there where `up` runs its own."""

_FILE, _LOCK = "up.json", "up.lock"
# Below the data folder, in the order in which they are looked for: several may run at once.
_PLACES = ("", "pretend", "demo")
# A reader holds the lock for a moment.
_LOCK_WITHIN_S = 2.0
_LARGEST = 2**16


@dataclass(frozen=True)
class RunningUp:
    """`settings` are the variables that its processes have, without secrets; `parts` are its processes by name.

    `own_app`: it has an App of its own, so another one of the reader's environment is not meant.
    """

    command: str
    pid: int
    settings: Mapping[str, str]
    own_app: bool = False
    parts: Mapping[str, int] = field(default_factory=dict)


class UpRecord:
    """What a running `up` says of itself."""

    def __init__(self, data: Path, running: RunningUp, held: bool) -> None:
        self._data, self._running, self._held = data, running, held

    def write(self, parts: Mapping[str, int]) -> None:
        """Its processes now."""
        if not self._held:
            return
        new = self._data / f".{_FILE}.{os.getpid()}"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write(msgspec.json.encode(replace(self._running, parts=parts)))
        new.replace(self._data / _FILE)


@contextlib.contextmanager
def recorded(data: Path, command: str, environ: Mapping[str, str], *, own_app: bool = False) -> Iterator[UpRecord]:
    """For the block, other commands find this process. One that runs over the same folder already stays the one that
    is found."""
    lock = FileLock(data / _LOCK, timeout=_LOCK_WITHIN_S, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        yield UpRecord(data, RunningUp(command, os.getpid(), {}), held=False)
        return
    record = UpRecord(data, RunningUp(command, os.getpid(), _without_secrets(environ), own_app), held=True)
    try:
        record.write({})
        yield record
    finally:
        (data / _FILE).unlink(missing_ok=True)
        lock.release()


def read(data: Path) -> RunningUp | None:
    """The one that runs over this folder. None without one, and for a file that others could have written."""
    try:
        if not _is_held(data / _LOCK):
            return None
        with open(os.open(data / _FILE, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            facts = os.fstat(file.fileno())
            if facts.st_uid != data.stat().st_uid or stat.S_IMODE(facts.st_mode) & 0o022:
                return None
            return msgspec.json.decode(file.read(_LARGEST), type=RunningUp)
    except (OSError, msgspec.DecodeError):
        return None


def _is_held(lock: Path) -> bool:
    at = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(at, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(at)
    return False


def find(environ: Mapping[str, str]) -> RunningUp | None:
    """The one that a command with this environment is about; None where the environment names a Temporal itself.
    Raises UserError."""
    if names_temporal(environ):
        return None
    data = data_folder_of(environ)
    return next((found for place in _PLACES if (found := read(data / place))), None)


def with_running_up(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment of a command that looks at what runs here: with the settings of the running `up`. What the
    environment sets itself counts, unless that `up` has an App of its own."""
    running = find(environ)
    if running is None:
        return environ
    apps = app_variables()
    if running.own_app:
        return {**{name: value for name, value in environ.items() if name not in apps}, **running.settings}
    theirs = running.settings
    if names_an_app(environ):
        theirs = {name: value for name, value in theirs.items() if name not in apps}
    return {**theirs, **{name: value for name, value in environ.items() if value.strip() or name not in theirs}}


def with_temporal_of_up(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment of a worker or a webhook server that is started beside a running `up`, and shares its Temporal.
    One with an App of its own is not joined."""
    running = find(environ)
    if running is None or running.own_app:
        return environ
    theirs = {name: value for name, value in running.settings.items() if name.startswith("TEMPORAL_")}
    return {**environ, **theirs}


def _without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings among them. A path holds in every working directory."""
    names = {"TEMPORAL_ADDRESS", "TEMPORAL_HOST", "TEMPORAL_NAMESPACE", "TEMPORAL_PROFILE", "TEMPORAL_CONFIG_FILE"}
    names |= {name for name in environ if name.startswith("TEMPORAL_TLS") and not name.endswith("_DATA")}
    for declared in fields(Settings):
        variable = declared.metadata["env"]
        names.add(f"{variable}_FILE" if declared.metadata["secret"] else variable)

    def everywhere(name: str, value: str) -> str:
        is_path = name == "AUTOBUILD_DATA" or name.endswith(("_FILE", "_PATH"))
        return str(Path(value).absolute()) if is_path else value

    return {name: everywhere(name, value) for name, value in environ.items() if name in names and value.strip()}
