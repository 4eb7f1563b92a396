"""The product as an operator runs it: Temporal with its database, a webhook server and workers, each a process that can
be killed, and a data folder on a file system of its own that can be full."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.processes.children import start_child, stop_children
from bot.processes.temporal_server import LocalTemporal, free_port, temporal_server
from simulator.github.server import SimulatedGitHub

_COMMANDS = {"web": "serve", "worker": "worker", "worker-2": "worker"}
_READY = {"serve": "Listening on", "worker": "Working on"}
_LARGE = "4g"
_RESTART_S = 0.3
_TAIL = 4000


@dataclass
class ChildProcess:
    """`autobuild COMMAND`, started again when it ends by itself, as a service manager does. `wanted`: it is to run.

    `pids` are all that it ever had, `ends` the exit codes of those that nobody stopped.
    """

    command: str
    env: Mapping[str, str]
    log: Path
    wanted: bool = False
    process: Process | None = None
    pids: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    keeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Does not wait until it is ready."""
        if not self.wanted:
            self.wanted = True
            self.keeper = asyncio.create_task(self._keep())

    async def end(self, how: signal.Signals) -> None:
        """Returns once the process has ended."""
        self.wanted = False
        if self.process and self.process.returncode is None:
            if how == signal.SIGTERM:
                await stop_children([self.process])
            else:
                self.process.send_signal(how)
        if self.keeper:
            await self.keeper

    def is_ready(self) -> bool:
        """The newest process has said so."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return (
            self.wanted and text.count(_READY[self.command]) > 0 and _READY[self.command] in text.rpartition(_MARK)[2]
        )

    async def _keep(self) -> None:
        while self.wanted:
            with self.log.open("ab") as log:
                log.write(f"{_MARK}\n".encode())
                log.flush()
                self.process = await start_child(self.command, self.env, log.fileno())
            self.pids.append(self.process.pid)
            code = await self.process.wait()
            if self.wanted:
                self.ends.append(code)
                await asyncio.sleep(_RESTART_S)  # as a service manager waits


_MARK = "=== started"


@dataclass
class TemporalProcess:
    """The server with its database's file, always on the same port."""

    database: Path
    port: int = 0
    server: LocalTemporal | None = None
    _exits: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Returns once it answers."""
        if not self.server:
            self.port = self.port or free_port()
            self.server = await self._exits.enter_async_context(temporal_server(self.database, port=self.port))

    async def end(self, how: signal.Signals) -> None:
        """Returns once the process has ended."""
        if self.server:
            if how == signal.SIGKILL:
                os.killpg(self.server.pid, how)
            self.server = None
            await self._exits.aclose()


@dataclass
class DataFolder:
    """On a tmpfs where this user may mount one; `mounted` says so."""

    path: Path
    mounted: bool = False

    def mount(self) -> None:
        self.path.mkdir()
        self.mounted = self._run("mount", "-t", "tmpfs", "-o", f"size={_LARGE},mode=0700", "tmpfs", str(self.path))

    def fill(self) -> None:
        """From now on there is no byte left: the file system is made as small as what is in it."""
        if self.mounted:
            used = shutil.disk_usage(self.path).used
            self._run("mount", "-o", f"remount,size={max(used, os.sysconf('SC_PAGE_SIZE'))}", str(self.path))

    def free(self) -> None:
        if self.mounted:
            self._run("mount", "-o", f"remount,size={_LARGE}", str(self.path))

    def unmount(self) -> None:
        """Also where something still uses it; that is found out before."""
        if self.mounted:
            self._run("umount", "--lazy", str(self.path))

    @staticmethod
    def _run(*command: str) -> bool:
        return os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0


@dataclass
class Deployment:
    """`children` by the names that a plan uses for them."""

    folder: Path
    github: SimulatedGitHub
    temporal: TemporalProcess
    data: DataFolder
    children: dict[str, ChildProcess]

    async def start(self, name: str) -> None:
        """Starts one that does not run."""
        if name == "temporal":
            await self.temporal.start()
        else:
            self.children[name].start()

    async def end(self, name: str, how: signal.Signals) -> None:
        """Ends one that runs."""
        await (self.temporal if name == "temporal" else self.children[name]).end(how)

    async def start_all(self) -> None:
        await self.temporal.start()
        for child in self.children.values():
            child.start()

    async def stop_all(self) -> None:
        """As a shutdown of the host does: nothing is to be left then."""
        await asyncio.gather(*(child.end(signal.SIGTERM) for child in self.children.values()))
        await self.temporal.end(signal.SIGTERM)

    def pids(self) -> list[int]:
        """Of every child that ever ran."""
        return [pid for child in self.children.values() for pid in child.pids]

    def logs(self) -> str:
        """The end of each log."""
        return "\n".join(f"--- {each.log.name}\n{_end_of(each.log)}" for each in self.children.values())


@contextlib.asynccontextmanager
async def deployment(folder: Path, *, second_worker: bool) -> AsyncIterator[Deployment]:
    """Everything is started, though not ready yet; nothing runs after the block."""
    port = free_port()
    github = SimulatedGitHub(folder / "github", hook_url=f"http://127.0.0.1:{port}/webhook", webhook_secret="a secret")
    async with github:
        github.store.rate_limit = 1_000_000
        temporal, data = TemporalProcess(folder / "temporal" / "temporal.db"), DataFolder(folder / "data")
        data.mount()
        await temporal.start()
        env = _environment(github, temporal.address, data.path, port)
        names = [name for name in _COMMANDS if second_worker or name != "worker-2"]
        children = {name: ChildProcess(_COMMANDS[name], env, folder / f"{name}.log") for name in names}
        made = Deployment(folder, github, temporal, data, children)
        try:
            await made.start_all()
            yield made
        finally:
            data.free()
            await made.stop_all()
            data.unmount()


def _environment(github: SimulatedGitHub, temporal: str, data: Path, port: int) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AUTOBUILD_", "TEMPORAL_"))}
    return {
        **inherited,
        "TEMPORAL_ADDRESS": temporal,
        "AUTOBUILD_DATA": str(data),
        "AUTOBUILD_PORT": str(port),
        "AUTOBUILD_GITHUB_URL": github.url,
        "AUTOBUILD_GITHUB_API_URL": github.api_url,
        "AUTOBUILD_APP_ID": str(github.app_id),
        "AUTOBUILD_PRIVATE_KEY": github.private_key_pem,
        "AUTOBUILD_WEBHOOK_SECRET": github.webhook_secret,
    }


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-_TAIL:] if log.exists() else ""
