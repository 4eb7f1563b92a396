"""What a block takes: wall time, and the processor time of this process and of everything that it starts."""

import asyncio
import contextlib
import ctypes
import os
import resource
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Took:
    """Seconds of wall and of processor time."""

    wall: float
    cpu: float


async def ended(argv: tuple[str, ...], tree: Path, out: Path) -> int:
    """The exit code of a command in a tree, with the low priority of a sandbox."""
    env = {"PATH": os.environ["PATH"], "HOME": str(out), "LANG": "C.UTF-8", "COVERAGE_FILE": str(out / ".coverage")}
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        "nice", "-n", "10", *argv, cwd=tree, env=env, stdin=quiet, stdout=quiet, stderr=quiet
    )
    return await process.wait()


@contextlib.asynccontextmanager
async def timed() -> AsyncIterator[list[Took]]:
    """Fills the list with what the block took; of this process, the Temporal server and all that was started."""
    took: list[Took] = []
    wall, cpu = time.monotonic(), _cpu()
    yield took
    took.append(Took(time.monotonic() - wall, _cpu() - cpu))


def _cpu() -> float:
    """A sandbox's first process outlives the one that started it, and is ours to wait for (`adopting`)."""
    _reap()
    ended = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    alive = [child.cpu_times() for child in psutil.Process().children()]
    return sum(one.ru_utime + one.ru_stime for one in ended) + sum(one.user + one.system for one in alive)


@contextlib.asynccontextmanager
async def adopting() -> AsyncIterator[None]:
    """Orphans below this process become its own children for the block, so that their processor time is counted
    (prctl(2))."""
    adopt = ctypes.CDLL(None).prctl
    adopt(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        adopt(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        _reap()


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
