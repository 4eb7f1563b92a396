"""One monitoring for each test, on a real Temporal server."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest_asyncio
from temporalio.client import Client

from tests.workflows.monitoring.stand_ins import Deployment, Monitored


@pytest_asyncio.fixture(loop_scope="session")
async def idle(temporal: Client) -> AsyncIterator[Monitored]:
    """Without a worker."""
    deployment = Deployment()
    deployment.answers.set()
    made = Monitored(temporal, f"monitoring-{uuid4()}", deployment, uuid4().hex[:12])
    yield made
    await made.handle.terminate()


@pytest_asyncio.fixture(loop_scope="session")
async def monitored(idle: Monitored) -> AsyncIterator[Monitored]:
    async with idle.worker():
        yield idle
