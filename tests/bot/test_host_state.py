"""A host in trouble is shown by `/readyz` of both processes and by `autobuild doctor`."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot import client as temporal_client
from bot.doctor import examine
from bot.host_state import host_problem
from bot.processes.health import worker_health
from bot.processes.temporal_server import free_port, temporal_server
from bot.settings import Settings
from bot.webhook.server import make_app
from tests.activities.test_host_trouble import no_files_left
from tests.mounts import fill, read_only, small_disk

MIB = 1024**2
RESERVE = "Less than 16MiB is free on the data folder's disk (AUTOBUILD_DATA_RESERVE): checks wait."


@pytest.fixture
async def addresses(tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """`/readyz` of a worker and of a webhook server over a data folder on a disk of 32 MiB."""
    with small_disk(tmp_path / "data", "32m") as data:
        async with temporal_server(None) as server:
            environ, port = {"TEMPORAL_ADDRESS": server.address}, free_port()
            settings = Settings(app_id=1, webhook_secret="a secret", data=data, data_reserve=16 * MIB, health_port=port)
            runner = web.AppRunner(make_app(settings, await temporal_client.connect(environ=environ)))
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            async with worker_health(settings, environ) as app_is_known:
                app_is_known()
                yield tuple(f"http://127.0.0.1:{one}/readyz" for one in (port, runner.addresses[0][1]))  # type: ignore[misc]
            await runner.cleanup()


async def answer(address: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        return response.status, await response.text()


async def test_ready_answers_name_the_trouble(addresses: tuple[str, str], tmp_path: Path) -> None:
    """The webhook server still takes events when the disk is full: Temporal keeps them."""
    worker, server = addresses
    data = tmp_path / "data"
    for _ in range(2):
        assert await answer(worker) == await answer(server) == (200, "ready\n")
        filler = fill(data, 8 * MIB)
        assert await answer(worker) == (503, f"{RESERVE}\n")
        assert await answer(server) == (200, f"ready\n{RESERVE}\n")
        filler.unlink()
        with read_only(data):
            assert await answer(worker) == (503, "The data folder is read-only: checks wait.\n")
            assert "read-only" in (await answer(server))[1]


async def test_doctor_names_the_trouble_and_its_fix(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data", "32m") as data:
        data.chmod(0o700)
        environ = {"AUTOBUILD_DATA": str(data), "AUTOBUILD_DATA_RESERVE": "16MiB"}
        filler = fill(data, 8 * MIB)
        (line,) = await examine(environ, ("data folder",))
        assert (line.status, line.fix) == ("error", "Free some space on that disk.")
        assert line.message.endswith(RESERVE)
        filler.unlink()
        fill(data)
        (line,) = await examine(environ, ("data folder",))
        assert (line.message, line.fix) == (
            "The data folder's disk is full: checks wait.",
            "Free some space on that disk.",
        )
        (data / "filler").unlink()
        with read_only(data):
            (line,) = await examine(environ, ("data folder",))
        assert line.message == "The data folder is read-only: checks wait."
        assert line.fix == "Mount it so that it can be written, or change AUTOBUILD_DATA."


async def test_no_files_are_left(tmp_path: Path) -> None:
    await asyncio.to_thread(lambda: None)  # the first thread of the pool
    with no_files_left():
        found = await host_problem(tmp_path, 0)
    assert found
    assert found.message == "This host can open no more files."
    assert not found.only_checks
    assert await host_problem(tmp_path, 0) is None
