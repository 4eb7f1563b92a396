"""Child processes: our own commands, and processes that must not outlive whoever started them."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping

COMMANDS = {"webhook server": "serve", "worker": "worker"}
"""Our own commands that serve, by what they are called."""

COULD_NOT_RUN = 2
"""The exit code of a command of ours that has said why it cannot run: a setting, a port in use."""

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_GRACE_S = 15.0


def die_with_parent(signal_number: int) -> Callable[[], object] | None:
    """For `preexec_fn`: the child gets the signal when this process ends, whenever that is. Linux only, else None."""
    if sys.platform != "linux":
        return None
    parent = os.getpid()

    def prepare() -> None:
        if signal_number != signal.SIGKILL:  # until the program begins, this process's own handler would take it
            signal.signal(signal_number, signal.SIG_DFL)
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:  # it has ended before that
            os.kill(os.getpid(), signal_number)

    return prepare


async def start_child(
    command: str, environ: Mapping[str, str], output: int | None = None, options: tuple[str, ...] = ()
) -> asyncio.subprocess.Process:
    """`autobuild COMMAND` as a process of its own; `output` is a file descriptor for all that it prints."""
    return await asyncio.create_subprocess_exec(
        # Without -P, a `bot/` in the current folder, which may be a repository's, would be started instead of ours.
        *(sys.executable, "-P", "-m", "bot", command, *options),
        env=dict(environ),
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )


async def stop_children(children: list[asyncio.subprocess.Process]) -> None:
    """Sends SIGTERM, and SIGKILL to those that take longer than 15 s."""
    alive = [child for child in children if child.returncode is None]
    for child in alive:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
    for child in alive:
        try:
            await asyncio.wait_for(child.wait(), _GRACE_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
