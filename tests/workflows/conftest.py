"""Lost events on a real Temporal server, with a simulated GitHub and a webhook server that fails as a test says."""

import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from temporalio.client import Client
from temporalio.worker import Worker

from activities.github.client import GitHub
from activities.github.event_recovery import EventRecoveryActivities
from bot.processes.temporal_server import temporal_server
from simulator.github.keys import AppKey
from simulator.github.server import SimulatedGitHub
from tests import openapi
from workflows.config import ActivityHeartbeats
from workflows.event_recovery.delivery_sweep import DeliverySweepInput, DeliverySweepResult, DeliverySweepWorkflow
from workflows.event_recovery.reconciliation import ReconciliationWorkflow


@dataclass
class WebhookServer:
    """Where GitHub delivers to. `answers` gives a status for a GUID; `received` has the GUIDs, in order."""

    url: str = ""
    answers: Callable[[str], int] = lambda _guid: 202
    received: list[str] = field(default_factory=list)


@dataclass
class Sweeping:
    """The simulated GitHub, the webhook server, and the sweep over its failed deliveries."""

    github: SimulatedGitHub
    webhook_server: WebhookServer
    temporal: Client
    queue: str
    workers: contextlib.AsyncExitStack
    number: int = 0

    async def send(self, count: int = 1, event: str = "push") -> list[str]:
        """So many events, and the GUIDs of their deliveries, once the log has them."""
        before = len(self.github.webhooks.deliveries)
        for number in range(count):
            self.github.webhooks.send(event, {"number": number})
        await self.github.store.wait_for(lambda: len(self.github.webhooks.deliveries) >= before + count)
        return [delivery.guid for delivery in self.github.webhooks.deliveries[before:]]

    async def sweep(self, since: float = 0.0) -> DeliverySweepResult:
        """One sweep; its result, once all that it requested again has arrived."""
        swept: DeliverySweepResult = await (await self.start(since)).result()
        await self.github.webhooks.idle()
        return swept

    async def start(self, since: float = 0.0) -> Any:
        self.number += 1
        return await self.temporal.start_workflow(
            DeliverySweepWorkflow.run,
            DeliverySweepInput(since),
            id=f"{self.queue}-{self.number}",
            task_queue=self.queue,
        )

    async def worker(self) -> contextlib.AsyncExitStack:
        """A worker of its own with empty memory; closing the stack ends it."""
        stack = contextlib.AsyncExitStack()
        session = await stack.enter_async_context(aiohttp.ClientSession())
        github = GitHub(self.github.api_url, self.github.app_id, self.github.private_key_pem, session)
        events = EventRecoveryActivities(github)
        await stack.enter_async_context(
            Worker(
                self.temporal,
                task_queue=self.queue,
                workflows=[DeliverySweepWorkflow, ReconciliationWorkflow],
                activities=[events.list_failed_deliveries, events.redeliver],
                max_heartbeat_throttle_interval=ActivityHeartbeats.MAX_THROTTLE,
                default_heartbeat_throttle_interval=ActivityHeartbeats.MAX_THROTTLE,
            )
        )
        return await self.workers.enter_async_context(stack)

    def requested(self, method: str, ending: str) -> list[str]:
        """The paths of the requests of this kind, in order."""
        requests = [each for each in self.github.requests if each.method == method]
        return [each.path for each in requests if each.path.endswith(ending)]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal() -> AsyncIterator[Client]:
    async with temporal_server(None) as server:
        yield await Client.connect(server.address)


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One key for all servers: making one takes longer than most tests."""
    folder = tmp_path_factory.mktemp("key")
    AppKey.read_or_generate(folder)
    return folder / "app.pem"


@pytest_asyncio.fixture(loop_scope="session")
async def sweeping(tmp_path: Path, key: Path, temporal: Client) -> AsyncIterator[Sweeping]:
    state = tmp_path / "github"
    state.mkdir()
    shutil.copy(key, state / "app.pem")
    async with contextlib.AsyncExitStack() as stack:
        webhook_server = WebhookServer()
        await _listen(stack, webhook_server)
        github = await stack.enter_async_context(SimulatedGitHub(state, hook_url=webhook_server.url))
        workers = await stack.enter_async_context(contextlib.AsyncExitStack())
        made = Sweeping(github, webhook_server, temporal, tmp_path.name, workers)
        await made.worker()
        yield made
        openapi.assert_valid(github.requests)


async def _listen(stack: contextlib.AsyncExitStack, webhook_server: WebhookServer) -> None:
    async def receive(request: web.Request) -> web.Response:
        guid = request.headers["X-GitHub-Delivery"]
        webhook_server.received.append(guid)
        return web.Response(status=webhook_server.answers(guid))

    app = web.Application()
    app.router.add_post("/webhook", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    webhook_server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
