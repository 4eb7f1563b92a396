"""A real Temporal server for a worker process of the run, a real webhook server before it."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from bot.client import connect
from bot.settings import Settings
from bot.webhook.connections import listening
from bot.webhook.server import make_app
from tests.bot.webhook.running_server import SECRET, RunningServer

AiohttpClient = Callable[[web.Application], Awaitable[TestClient[web.Request, web.Application]]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal_address() -> AsyncIterator[str]:
    server = str(Path(sys.prefix) / "bin" / "temporal")
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=server, dev_server_log_level="error"
    ) as environment:
        yield environment.client.service_client.config.target_host


@pytest.fixture
async def temporal(temporal_address: str) -> Client:
    return await connect(temporal_address)


@pytest.fixture
def settings() -> Settings:
    return Settings(app_id=7, webhook_secret=SECRET, push_branches=("*",))


@pytest.fixture
async def server(settings: Settings, temporal: Client) -> AsyncIterator[RunningServer]:
    async with (
        listening(make_app(settings, temporal), "127.0.0.1", 0) as address,
        aiohttp.ClientSession(address) as client,
    ):
        yield RunningServer(client, temporal)
