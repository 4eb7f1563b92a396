"""`autobuild serve` takes alerts as the file of services says, and does not start with one that is broken."""

from pathlib import Path

import aiohttp
import pytest

from bot.client import connect
from bot.processes.temporal_server import temporal_server
from tests.bot.alerts import bodies
from tests.bot.app_setup.test_setup_processes import Commands, commands
from workflows import ids

__all__ = ["commands"]

FILE = "version: 1\nalerts:\n  generic: {secret: GENERIC_SECRET}\nservices: {}\n"


@pytest.fixture
def services(commands: Commands, tmp_path: Path) -> Path:
    path = tmp_path / "services.yml"
    path.write_text(FILE)
    commands.environ |= {
        "AUTOBUILD_APP_ID": "7",
        "AUTOBUILD_WEBHOOK_SECRET": "a secret",
        "AUTOBUILD_INCIDENTS": str(path),
        "GENERIC_SECRET": bodies.SECRET,
    }
    return path


async def test_serve_takes_alerts_of_configured_sources(commands: Commands, services: Path, tmp_path: Path) -> None:
    async with temporal_server(tmp_path / "temporal.db") as server, aiohttp.ClientSession() as session:
        commands.environ["TEMPORAL_ADDRESS"] = server.address
        await commands.start("serve")
        web = (await commands.said(r"Listening on (\S+)/webhook"))[1]
        for source, status in (("generic", 202), ("sentry", 401), ("nagios", 404)):
            request = session.post(f"{web}/alerts/{source}", json=bodies.generic(), headers=bodies.bearer())
            async with request as answer:
                assert answer.status == status
        handle = (await connect(server.address)).get_workflow_handle(ids.monitoring())
        assert (await handle.describe()).workflow_type == "ContinuousMonitoringWorkflow"
    assert bodies.SECRET not in commands.log


async def test_serve_does_not_start_with_a_broken_file(commands: Commands, services: Path) -> None:
    services.write_text(FILE.replace("secret:", "secrte:"))
    process = await commands.start("serve")
    assert await commands.ended(process) != 0
    await commands.said("cannot be used")
    await commands.said("secrte")
