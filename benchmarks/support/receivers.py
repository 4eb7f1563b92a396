"""The webhook server beside a bare receiver, each a process of its own, and a Temporal server without any worker."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil
from temporalio.client import Client

from bot.client import connect
from bot.processes.children import start_child, stop_children
from bot.processes.temporal_server import free_port, temporal_server

SECRET = "a secret of this machine"  # noqa: S105 - it guards nothing


@dataclass(frozen=True)
class Receiver:
    """One receiver."""

    port: int
    process: psutil.Process

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        used = self.process.cpu_times()
        return float(used.user + used.system)


@dataclass(frozen=True)
class Receivers:
    """`ours` is `autobuild serve`; `temporal` a client of the server that it uses."""

    ours: Receiver
    bare: Receiver
    temporal: Client


@contextlib.asynccontextmanager
async def receivers(_folder: Path) -> AsyncIterator[Receivers]:
    """Both, for the block; they keep nothing."""
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(temporal_server(None))
        bare = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.support.bare_receiver",
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
        yield Receivers(Receiver(port, psutil.Process(ours.pid)), Receiver(bare_port, psutil.Process(bare.pid)), client)


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
    async with asyncio.timeout(120), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)
