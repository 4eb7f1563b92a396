"""What a platform asks of a worker, and of an image."""

import asyncio
import os
import sys

import aiohttp
import pytest

from bot.processes.children import stop_children
from bot.processes.temporal_server import free_port, temporal_server
from tests.bot.app_setup.browser import Browser
from tests.bot.app_setup.test_setup_processes import Commands, commands, registered

__all__ = ["commands"]


async def asked(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


async def healthy(**environ: str) -> int:
    command = (sys.executable, "-m", "bot.healthcheck")
    process = await asyncio.create_subprocess_exec(*command, env=dict(os.environ) | environ)
    return await process.wait()


async def test_worker_is_alive_before_it_is_ready(commands: Commands) -> None:
    port = free_port()
    commands.environ |= {"AUTOBUILD_HEALTH_PORT": str(port), "TEMPORAL_ADDRESS": "127.0.0.1:9"}
    await commands.start("worker", "--workers", "2")
    await commands.said("app=none")
    assert (await asked(port, "/healthz"))[0] == 200
    assert await asked(port, "/readyz") == (503, "No GitHub App is registered yet.\n")
    assert await healthy(AUTOBUILD_PORT="1", AUTOBUILD_HEALTH_PORT=str(port)) == 0


async def test_worker_is_ready_with_an_app_and_temporal(commands: Commands) -> None:
    port = free_port()
    async with temporal_server(None) as server, Browser() as browser:
        commands.environ |= {"AUTOBUILD_HEALTH_PORT": str(port), "TEMPORAL_ADDRESS": server.address}
        await commands.start("worker", "--workers", "2")
        await commands.said("app=none")
        await commands.start("setup")
        await registered(commands, browser)
        await commands.said("Working on (?s:.*)Working on")
        assert await asked(port, "/readyz") == (200, "ready\n")
        await stop_children(commands.children)


async def test_image_healthcheck_asks_the_worker(commands: Commands) -> None:
    """The web process answers it, or a worker; without both it is a no."""
    await commands.start("serve", TEMPORAL_ADDRESS="127.0.0.1:9")
    port = (await commands.said(r"Listening on \S+:(\d+)/webhook"))[1]
    assert await healthy(AUTOBUILD_PORT=port) == 0
    assert await healthy(AUTOBUILD_PORT=str(free_port()), AUTOBUILD_HEALTH_PORT=port) == 0
    assert await healthy(AUTOBUILD_PORT=str(free_port()), AUTOBUILD_HEALTH_PORT=str(free_port())) == 1


@pytest.mark.parametrize("port", ["-1", "x", "65536"])
async def test_invalid_port_is_an_error(commands: Commands, port: str) -> None:
    child = await commands.start("worker", AUTOBUILD_HEALTH_PORT=port)
    assert await commands.ended(child) == 2
    assert "AUTOBUILD_HEALTH_PORT must be a port" in commands.log
