"""Whether this host can work: for `/readyz` and `autobuild doctor`. Tried by doing, as permissions say little."""

import asyncio
import contextlib
import re
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from activities.errors import HostShortage
from activities.host_trouble import host_trouble
from activities.workspace.storage import free_bytes
from bot.settings.setting_fields import ByteSize

_LEAST_MEMORY = 64 * 1024**2
_MESSAGES: dict[HostShortage, str] = {
    "disk": "The data folder's disk is full: checks wait.",
    "read-only": "The data folder is read-only: checks wait.",
    "disk error": "The data folder's disk cannot be read or written: checks wait.",
    "files": "This host can open no more files.",
    "memory": "This host has no memory left.",
    "processes": "This host can start no more processes.",
}


@dataclass(frozen=True)
class HostProblem:
    """`message` is a sentence without paths: `/readyz` is public. `only_checks`: events can still be taken."""

    shortage: HostShortage
    message: str

    @property
    def only_checks(self) -> bool:
        return self.shortage in ("disk", "read-only", "disk error")


async def host_problem(data: Path, reserve: int) -> HostProblem | None:
    """What keeps this host from work, the worst first."""
    try:
        return await asyncio.to_thread(_problem, data, reserve)
    except RuntimeError as error:  # no thread could be started for it
        return _known(error)


def _problem(data: Path, reserve: int) -> HostProblem | None:
    try:
        threading.Thread(target=lambda: None).start()
        if _free_memory() < _LEAST_MEMORY:
            return HostProblem("memory", _MESSAGES["memory"])
        if not data.is_dir():  # a webhook server without one, or it is made at the first start
            return None
        with tempfile.TemporaryFile(dir=data) as file:
            file.write(b"x")
        if free_bytes(data) < reserve:
            return HostProblem("disk", less_than_reserve(reserve))
    except (OSError, RuntimeError) as error:
        return _known(error)
    return None


def less_than_reserve(reserve: int) -> str:
    """What an operator reads; gates then make room, or wait."""
    return f"Less than {ByteSize(reserve)} is free on the data folder's disk (AUTOBUILD_DATA_RESERVE): checks wait."


def _known(error: Exception) -> HostProblem | None:
    found = host_trouble(error)
    return HostProblem(found.shortage, _MESSAGES[found.shortage]) if found else None


def _free_memory() -> int:
    """What the kernel could give to a new program, in bytes; very much where it does not say so."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if found := re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text("ascii"), re.MULTILINE):
            return int(found[1]) * 1024
    return 1 << 62
