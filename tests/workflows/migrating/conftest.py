"""Migrations on the shared Temporal server, each test with a queue and a scripted host of its own."""

import contextlib
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest_asyncio
from temporalio.client import Client

from tests.workflows.migrating.scripted_host import ScriptedHost


@pytest_asyncio.fixture(loop_scope="session")
async def host(temporal: Client) -> AsyncIterator[ScriptedHost]:
    async with contextlib.AsyncExitStack() as workers:
        made = ScriptedHost(temporal, f"migrations-{uuid4()}", workers)
        await made.worker()
        yield made
