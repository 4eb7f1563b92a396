"""The door beside a bare receiver, each a process of its own, and a Temporal server without any worker."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import psutil
from temporalio.client import Client

from bot.client import connect
from bot.processes.children import start_child, stop_children
from bot.processes.temporal_server import free_port, temporal_server

SECRET = "a secret of this machine"  # noqa: S105 - it guards nothing


@dataclass(frozen=True)
class Door:
    """One receiver."""

    port: int
    process: psutil.Process

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        used = self.process.cpu_times()
        return float(used.user + used.system)


@dataclass(frozen=True)
class Doors:
    """`ours` is `autobuild serve`; `temporal` a client of the server that it uses."""

    ours: Door
    bare: Door
    temporal: Client


@contextlib.asynccontextmanager
async def doors() -> AsyncIterator[Doors]:
    """Both, for the block."""
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(temporal_server(None))
        bare = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.props.bare",
            SECRET,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        stack.push_async_callback(stop_children, [bare])
        port = free_port()
        ours = await start_child("serve", _environment(server.address, port))
        stack.push_async_callback(stop_children, [ours])
        await _ready(port)
        assert bare.stdout
        bare_port = int(await bare.stdout.readline())
        client = await connect(server.address)
        yield Doors(Door(port, psutil.Process(ours.pid)), Door(bare_port, psutil.Process(bare.pid)), client)


def _environment(temporal: str, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "TEMPORAL_ADDRESS": temporal,
        "AUTOBUILD_PORT": str(port),
        "AUTOBUILD_APP_ID": "1",
        "AUTOBUILD_WEBHOOK_SECRET": SECRET,
        "LOG_LEVEL": "WARNING",
    }


async def _ready(port: int) -> None:
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)
