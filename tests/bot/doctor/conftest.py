"""A healthy deployment: a simulated GitHub, the webhook server, Temporal with a worker, a data folder."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from bot.app_setup.manifest import app_manifest
from bot.doctor import examine
from bot.doctor.results import DoctorResult
from bot.processes import schedules
from bot.settings import Settings
from bot.webhook.server import make_app
from simulator.github.keys import AppKey
from simulator.github.server import SimulatedGitHub
from tests.bot.conftest import AiohttpClient
from tests.bot.webhook.running_server import SECRET
from tests.bot.webhook.samples import unique
from tests.deadlines import until
from tests.openapi import assert_valid
from workflows.event_recovery.delivery_sweep import DeliverySweepWorkflow


@activity.defn
async def nothing() -> None:
    """So that the worker polls for activities."""


@dataclass
class Deployment:
    """Its settings are in `environ`; a test changes one."""

    github: SimulatedGitHub
    environ: dict[str, str]
    temporal: Client

    @property
    def queue(self) -> str:
        return self.environ["AUTOBUILD_TASK_QUEUE"]

    async def results(self, *only: str, **changed: str) -> list[DoctorResult]:
        """The results for these subjects, with these variables changed."""
        return await examine({**self.environ, **changed}, only)

    async def one(self, only: str, **changed: str) -> DoctorResult:
        (result,) = await self.results(only, **changed)
        return result

    @contextlib.asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """A worker for the block, once Temporal knows that it polls."""
        async with Worker(
            self.temporal,
            task_queue=self.queue,
            workflows=[DeliverySweepWorkflow],
            activities=[nothing],
            identity="w-1",
        ):

            async def seen() -> bool:
                return (await self.one("workers")).status == "ok"

            await until(seen)
            yield


@pytest.fixture(scope="session")
def app_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Making one takes longer than most tests."""
    folder = tmp_path_factory.mktemp("key")
    AppKey.read_or_generate(folder)
    return folder / "app.pem"


@pytest.fixture
async def github(tmp_path: Path, app_key: Path) -> AsyncIterator[SimulatedGitHub]:
    state = tmp_path / "github"
    state.mkdir()
    shutil.copy(app_key, state / "app.pem")
    manifest = app_manifest()
    wanted, events = manifest["default_permissions"], tuple(manifest["default_events"])
    async with SimulatedGitHub(state, webhook_secret=SECRET, permissions=wanted, events=events) as server:
        await server.repositories.add_repository("octocat/hello", {"a.py": "x = 1\n"})
        yield server
        assert_valid(server.requests)


@pytest.fixture
async def here(
    github: SimulatedGitHub, temporal: Client, temporal_address: str, tmp_path: Path, aiohttp_client: AiohttpClient
) -> Deployment:
    server = await aiohttp_client(make_app(Settings(app_id=github.app_id, webhook_secret=SECRET), temporal))
    public = str(server.make_url("")).rstrip("/")
    github.webhooks.set_config(url=f"{public}/webhook")
    environ = {
        "AUTOBUILD_APP_ID": str(github.app_id),
        "AUTOBUILD_PRIVATE_KEY": github.private_key_pem,
        "AUTOBUILD_WEBHOOK_SECRET": SECRET,
        "AUTOBUILD_GITHUB_URL": github.url,
        "AUTOBUILD_GITHUB_API_URL": github.api_url,
        "AUTOBUILD_BASE_URL": public,
        "AUTOBUILD_DATA": str(tmp_path / "data"),
        "AUTOBUILD_TASK_QUEUE": unique().replace("/", "-"),
        "TEMPORAL_ADDRESS": temporal_address,
    }
    return Deployment(github, environ, temporal)


@pytest.fixture
async def scheduled(here: Deployment) -> AsyncIterator[Deployment]:
    """With the schedules of a worker's start."""
    assert await schedules.ensure(here.temporal, here.queue)
    yield here
    for name in schedules.schedule_ids(here.queue):
        await here.temporal.get_schedule_handle(name).delete()
