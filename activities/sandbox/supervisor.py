"""What every runner does with a started command: feed it, read its output, watch its limits, end it."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Protocol

from activities.errors import HostShortage, HostTrouble
from activities.host_trouble import trouble_of_program
from activities.sandbox import ProcessResult, ResourceLimits
from activities.sandbox.usage import DiskUsage, Usage

# A pipe's data is read in pieces of this size; asyncio's default of 64 KiB makes a gigabyte slow.
READ_SIZE = 1024 * 1024
_CHUNK = 256 * 1024

_WATCH_EVERY_S = 0.05
# How long the kernel may need to end a killed process: one that waits for a disk cannot die at once.
_KILL_TIMEOUT_S = 10.0
_KILLED = -9

log = logging.getLogger(__name__)


class NotStarted(RuntimeError):
    """The command was not started; the text says why."""


def not_started(code: int | None, said: bytes) -> Exception:
    """Why a sandbox was not made, by the exit code and the words of the program that was to make it: `HostTrouble`, or
    `NotStarted`. No command of a repository had begun, so the words are not its own."""
    text = said.decode(errors="replace").strip()
    return trouble_of_program(code or 0, text) or NotStarted(text)


class RunningCommand(Protocol):
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

    def exceeded(self) -> str:
        """The limit at which the kernel has stopped something of the run: "processes", "memory" or ""."""

    def host_shortage(self) -> HostShortage | None:
        """What the host had run out of when the kernel stopped something of the run that was within its limits."""

    def kill(self) -> None:
        """Kills every process of the run, at once; harmless when they have ended."""

    async def ended(self) -> int:
        """The exit code, once every process of the run is dead. Raises `NotStarted`."""


async def supervise(
    command: RunningCommand, limits: ResourceLimits, disk: DiskUsage, network: Callable[[], str] = lambda: ""
) -> ProcessResult:
    """Waits until the command ends or exceeds a limit. Whatever happens, all of its processes are dead afterwards.
    Raises `HostTrouble` where this host did not have what the limits allow.
    `network` says "network" when the command was refused too much of it."""
    start = time.monotonic()
    process = command.process
    assert process.stdout
    assert process.stderr
    out, err = HeadAndTail(limits.output), HeadAndTail(limits.output)
    ended = asyncio.create_task(command.ended())
    pipes = [
        asyncio.create_task(_read(process.stdout, out)),
        asyncio.create_task(_read(process.stderr, err)),
        asyncio.create_task(_feed(process.stdin, command.stdin)),
    ]
    exceeded = asyncio.create_task(_first_limit_exceeded(command, limits, disk, network))
    try:
        await asyncio.wait([ended, exceeded], return_when=asyncio.FIRST_COMPLETED)
        stopped = "" if ended.done() else exceeded.result()
    finally:
        command.kill()
        exceeded.cancel()
        await asyncio.shield(_finish([ended, *pipes]))
    # A fork bomb that gives up when it fails may end before the limits are looked at again.
    stopped = stopped or command.exceeded()
    # A command that writes fast ends before its disk usage is looked at again; and where the host's disk is full as
    # well, what the command was allowed comes first.
    if not stopped and (disk.may_exceed() or disk.host_is_full()) and await asyncio.to_thread(disk.exceeded, ""):
        stopped = "disk"
    if shortage := _host_shortage(command, disk, stopped):
        raise HostTrouble(shortage, "while a command ran")
    return ProcessResult(
        exit_code=_exit_code(ended, stopped, process.returncode, err),
        stdout=out.text(),
        stderr=err.text(),
        duration_s=time.monotonic() - start,
        stopped=stopped,
        truncated=out.dropped + err.dropped > 0,
    )


def _host_shortage(command: RunningCommand, disk: DiskUsage, stopped: str) -> HostShortage | None:
    """What the host did not have of what a command was promised: then its result says nothing of the repository. A
    command that exceeded a limit of its own ended for that, whatever the host had left; but one that waits for space
    waits until its time is over."""
    if stopped not in ("", "time"):
        return None
    return command.host_shortage() or ("disk" if disk.host_is_full() else None)


async def _read(stream: asyncio.StreamReader, output: "HeadAndTail") -> None:
    """To its end, always: a command that finds its pipe full would wait for ever."""
    while chunk := await stream.read(_CHUNK):
        output.add(chunk)


async def _feed(stdin: asyncio.StreamWriter | None, data: bytes) -> None:
    if stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a command need not read it all
        stdin.write(data)
        await stdin.drain()
    stdin.close()


async def _first_limit_exceeded(
    command: RunningCommand, limits: ResourceLimits, disk: DiskUsage, network: Callable[[], str]
) -> str:
    """Gives "time", "memory", "processes", "disk" or "network". To be cancelled when the run ends before.

    Disk usage is watched beside the rest, since a walk over many files takes longer than a memory bomb.
    """

    async def watch_processes() -> str:
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            if stopped := command.exceeded() or network():
                return stopped
            usage = command.usage()
            if usage.processes > limits.processes:
                return "processes"
            if usage.memory > limits.memory:
                return "memory"

    async def watch_disk() -> str:
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            if disk.due() and await asyncio.to_thread(disk.exceeded, command.proc):
                return "disk"

    watches = [asyncio.create_task(watch_processes()), asyncio.create_task(watch_disk())]
    try:
        done, _ = await asyncio.wait(watches, timeout=limits.wall_s, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result() if done else "time"
    finally:
        for task in watches:
            task.cancel()


async def _finish(tasks: "list[asyncio.Task[int] | asyncio.Task[None]]") -> None:
    """Until all is dead and all output read, for as long as a killed process may take."""
    await asyncio.wait(tasks, timeout=_KILL_TIMEOUT_S)
    for task in tasks:
        task.cancel()


def _exit_code(ended: asyncio.Task[int], stopped: str, code: int | None, err: "HeadAndTail") -> int:
    if not ended.done() or ended.cancelled():
        log.error("a killed process has not ended within %d s", _KILL_TIMEOUT_S)
        return _KILLED
    if stopped:
        return _KILLED
    try:
        return ended.result()
    except NotStarted:
        raise not_started(code, err.text()) from None


class HeadAndTail:
    """The first and the last half of `limit` bytes of what is added; `dropped` counts the rest."""

    def __init__(self, limit: int) -> None:
        self._half = max(limit // 2, 1)
        self._head = bytearray()
        self._tail = bytearray()
        self.dropped = 0

    def add(self, chunk: bytes) -> None:
        """Appends output; memory stays bounded."""
        room = self._half - len(self._head)
        self._head += chunk[:room] if room > 0 else b""
        self._tail += chunk[max(room, 0) :]
        if len(self._tail) > 2 * self._half + _CHUNK:
            self._trim()

    def text(self) -> bytes:
        """Head and tail, and between them a line that says how much was dropped."""
        self._trim()
        gap = f"\n[... {self.dropped:,} bytes left out ...]\n".encode() if self.dropped else b""
        return bytes(self._head + gap + self._tail)

    def _trim(self) -> None:
        excess = len(self._tail) - self._half
        if excess > 0:
            del self._tail[:excess]
            self.dropped += excess
