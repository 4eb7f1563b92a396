"""The whole product in one process: simulated GitHub, webhook server, Temporal, worker, all over HTTP and real git."""

import contextlib
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from temporalio.client import Client

from activities.reporting.comment import CHECKING
from bot.client import WorkflowClient, connect
from bot.processes.temporal_server import temporal_server
from bot.settings import Settings
from bot.webhook.server import make_app
from bot.worker import make_worker_activities, run_worker
from simulator.github.git import Files
from simulator.github.rest.faults import ApiFault, Kind
from simulator.github.serializers import node
from simulator.github.server import SimulatedGitHub
from tests.deadlines import WITHIN_S
from workflows.registered import ALL

Json = dict[str, Any]


@dataclass
class Stack:
    """What a user sees, and what a user does."""

    github: SimulatedGitHub
    temporal: Client
    workflows: WorkflowClient
    settings: Settings
    worker: contextlib.AsyncExitStack
    number: int = 0
    names: list[str] = field(default_factory=list)

    async def repository(self, files: Files, name: str = "") -> str:
        """A repository with these files on main, and the App installed."""
        self.number += 1
        full_name = name or f"octocat/project-{self.number}"
        await self.github.repositories.add_repository(full_name, files=files)
        return full_name

    async def push(self, repo: str, files: Files, branch: str = "change", **options: Any) -> str:
        """A real `git push` of one commit; its sha."""
        return await self.github.pushes.push_commit(repo, branch, files, **options)

    def begin_test(self) -> None:
        """No fault of an earlier test is left, and what still happens to its repositories uses up none of this one's."""
        self.github.faults.clear()
        self.github.webhooks.faults.clear(repo.id for repo in self.github.store.repositories.values())

    def add_check_run_fault(self, repo: str, operation: str, kind: Kind = "status", **options: Any) -> ApiFault:
        """On GraphQL's `operation` about check runs of this repository ("" is any): all share one path."""
        id = node("Repository", self.github.store.repository(repo).id)
        return self.github.faults.add("POST", "/api/graphql", kind, containing=(operation, id), **options)

    async def pull(self, repo: str, branch: str = "change", **options: Any) -> int:
        """Opens a pull request; its number."""
        return (await self.github.pulls.open_pull(repo, head=branch, title="A change", **options)).number

    async def until(self, true: Callable[[], Any], within_s: float = WITHIN_S) -> Any:
        """Waits for something to be so on GitHub, and gives it."""
        return await self.github.store.wait_for(true, within_s)

    def runs(self, repo: str, sha: str) -> dict[str, Json]:
        """The newest check run of each name, without `autobuild / `."""
        found: dict[str, Json] = {}
        for run in self.github.check_runs(repo, sha):
            found[run["name"].removeprefix("autobuild / ")] = run
        return found

    async def verdict(self, repo: str, sha: str, gates: int = 1) -> dict[str, Json]:
        """All check runs of a head once its gate (the `gates`-th) has ended."""

        def ended() -> bool:
            gate = [run for run in self.github.check_runs(repo, sha) if run["name"] == "autobuild / gate"]
            return len(gate) >= gates and all(run["status"] == "completed" for run in gate)

        await self.until(ended)
        return self.runs(repo, sha)

    async def ask(self, repo: str, number: int, body: str, login: str = "octocat") -> list[str]:
        """Comments, and waits until that is answered; the reactions to it."""
        comment = self.github.issues.add_comment(repo, number, body, login=login)
        await self.until(lambda: comment.reactions)
        await self.workflows.wait_for_result(f"command:{repo}!comment-{comment.id}", WITHIN_S)
        return [reaction.content for reaction in comment.reactions]

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """A worker for the block, in a stack without one."""
        async with (
            make_worker_activities(self.settings, os.environ, ALL) as activities,
            run_worker(self.temporal, self.settings, activities),
        ):
            yield

    async def comment(self, repo: str, pull: int, count: int = 1) -> str:
        """The text of the bot's `count`-th comment on a pull request that does not say that it still waits."""

        def texts() -> list[str]:
            bodies = [c["body"] for c in self.github.comments(repo, pull) if c["user"]["login"].endswith("[bot]")]
            return [body for body in bodies if CHECKING not in body]

        await self.until(lambda: len(texts()) >= count)
        return texts()[count - 1]


@contextlib.asynccontextmanager
async def make_stack(
    folder: Path, known: tuple[type, ...] = ALL, *, with_worker: bool = True, **more: Any
) -> AsyncIterator[Stack]:
    """Everything up for the block; `known` are the workflows that its worker registers, `more` are settings."""
    async with contextlib.AsyncExitStack() as exits:
        server = await exits.enter_async_context(temporal_server(None))
        client = await connect(server.address)
        github = await exits.enter_async_context(SimulatedGitHub(folder / "github", webhook_secret="a secret"))
        # All tests of a process share an installation; a hundred gates need more than GitHub's 5000 requests an hour.
        github.store.rate_limit = 1_000_000
        settings = Settings(
            app_id=github.app_id,
            private_key=github.private_key_pem,
            webhook_secret=github.webhook_secret,
            github_url=github.url,
            github_api_url=github.api_url,
            data=folder / "data",
            **more,
        )
        github.webhooks.set_config(url=await _webhook_server(exits, settings, client))
        worker = await exits.enter_async_context(contextlib.AsyncExitStack())
        if with_worker:
            activities = await worker.enter_async_context(make_worker_activities(settings, os.environ, known))
            await worker.enter_async_context(run_worker(client, settings, activities))
        yield Stack(github, client, WorkflowClient(client), settings, worker)


async def _webhook_server(exits: contextlib.AsyncExitStack, settings: Settings, client: Client) -> str:
    runner = web.AppRunner(make_app(settings, client), access_log=None)
    await runner.setup()
    exits.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
