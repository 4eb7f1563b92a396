"""The course of one run, whoever isolates it: feed, drain, watch, end."""

import asyncio
import contextlib
import logging
import time
from typing import Protocol

from activities.sandbox import ProcessResult, ResourceLimits
from activities.sandbox.disk_usage import Disk
from activities.sandbox.limit_watcher import first_limit_passed
from activities.sandbox.output import Kept, drain
from activities.sandbox.usage import Usage

# A pipe's data is read in pieces of this size; asyncio's default of 64 KiB makes a gigabyte slow.
READ_SIZE = 1024 * 1024

# How long the kernel may need to end a killed process: one that waits for a disk cannot die at once.
_DYING_S = 10.0
_KILLED = -9

log = logging.getLogger(__name__)


class NeverBegan(RuntimeError):
    """The command was not started; the text says why."""


class Running(Protocol):
    """A started command, by whatever runner. Its process has pipes for its output."""

    @property
    def process(self) -> asyncio.subprocess.Process: ...

    @property
    def proc(self) -> str:
        """A procfs that lists the run's processes and no others, "" where there is none."""

    @property
    def stdin(self) -> bytes:
        """What is written to the process's standard input, where that is a pipe."""

    def usage(self) -> Usage: ...

    def met(self) -> str:
        """The limit at which the kernel has stopped something of the run: "processes", "memory" or ""."""

    def kill(self) -> None:
        """Ends every process of the run, at once; harmless when they have ended."""

    async def ended(self) -> int:
        """The exit code, once every process of the run is dead. Raises `NeverBegan`."""


async def supervise(running: Running, limits: ResourceLimits, disk: Disk) -> ProcessResult:
    """Waits for the command or for the first limit that it passes; everything is dead at the end."""
    begun = time.monotonic()
    out, err = Kept(limits.output), Kept(limits.output)
    ended = asyncio.create_task(running.ended())
    moving = _move(running, out, err)
    passed = asyncio.create_task(first_limit_passed(limits, running.usage, running.met, disk, running.proc))
    try:
        await asyncio.wait([ended, passed], return_when=asyncio.FIRST_COMPLETED)
        stopped = "" if ended.done() else passed.result()
    finally:
        running.kill()
        passed.cancel()
        await asyncio.shield(_last_words(ended, moving))
    stopped = stopped or running.met()  # a bomb that gives up when it fails ends before the next look
    return ProcessResult(
        exit_code=_exit_code(ended, stopped, err),
        stdout=out.text(),
        stderr=err.text(),
        duration_s=time.monotonic() - begun,
        stopped=stopped,
        truncated=out.dropped + err.dropped > 0,
    )


def _move(running: Running, out: Kept, err: Kept) -> list[asyncio.Task[None]]:
    """Starts what carries the command's input and output."""
    process = running.process
    assert process.stdout
    assert process.stderr
    return [
        asyncio.create_task(drain(process.stdout, out)),
        asyncio.create_task(drain(process.stderr, err)),
        asyncio.create_task(_feed(process.stdin, running.stdin)),
    ]


async def _feed(stdin: asyncio.StreamWriter | None, data: bytes) -> None:
    if stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a command need not read it all
        stdin.write(data)
        await stdin.drain()
    stdin.close()


async def _last_words(ended: asyncio.Task[int], moving: list[asyncio.Task[None]]) -> None:
    """Until all is dead and all output read, for as long as a killed process may take."""
    await asyncio.wait([ended, *moving], timeout=_DYING_S)
    for task in (ended, *moving):
        task.cancel()


def _exit_code(ended: asyncio.Task[int], stopped: str, err: Kept) -> int:
    if not ended.done() or ended.cancelled():
        log.error("a killed process has not ended within %d s", _DYING_S)
        return _KILLED
    if stopped:
        return _KILLED
    try:
        return ended.result()
    except NeverBegan:
        raise NeverBegan(err.text().decode(errors="replace").strip()) from None
