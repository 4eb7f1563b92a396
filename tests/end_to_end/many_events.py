"""For the test of lost events: a simulated GitHub here, a webhook server and a worker as processes to be killed."""

import asyncio
import contextlib
import os
import re
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from bot.client import connect
from bot.processes import schedules
from bot.processes.children import start_child, stop_children
from bot.processes.temporal_server import free_port, temporal_server
from simulator.github.entities import CheckRun, PullDetails, Repository, SimulatedIssue
from simulator.github.server import SimulatedGitHub
from tests.deadlines import WITHIN_S, until
from tests.schedules import workflow_id
from workflows import ids
from workflows.event_recovery.delivery_sweep import DeliverySweepInput, DeliverySweepResult, DeliverySweepWorkflow
from workflows.event_recovery.reconciliation import ReconciliationInput, ReconciliationResult, ReconciliationWorkflow
from workflows.quality.branch import ContinuousQualityWorkflow

_READY = {"serve": "Listening on", "worker": "Working on"}


@dataclass
class SeparateProcesses:
    """`log` is what the processes wrote; `delivered` are the comments that must be answered."""

    github: SimulatedGitHub
    temporal: Client
    env: Mapping[str, str]
    children: dict[str, Process] = field(default_factory=dict)
    delivered: set[int] = field(default_factory=set)
    log: list[str] = field(default_factory=list)
    readers: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self, command: str) -> None:
        """`serve` or `worker`; returns once it says that it is ready."""
        child = self.children[command] = await start_child(command, self.env, PIPE)
        ready = asyncio.Event()
        for stream in (child.stdout, child.stderr):
            assert stream
            self.readers.append(asyncio.create_task(self._read(stream, _READY[command], ready)))
        await asyncio.wait_for(ready.wait(), WITHIN_S)

    async def kill(self, command: str) -> None:
        """As the kernel does, at once."""
        self.children[command].kill()
        await self.children[command].wait()

    async def trigger_schedules(self) -> None:
        """Both schedules run now."""
        await schedules.trigger(self.temporal, ids.TASK_QUEUE)

    async def _read(self, stream: asyncio.StreamReader, word: str, ready: asyncio.Event) -> None:
        async for line in stream:
            self.log.append(line.decode(errors="replace").rstrip())
            if word in self.log[-1]:
                ready.set()

    async def events_handled(self) -> None:
        """Waits until each delivery has arrived, and each branch's workflow has handled it and ended its gate.

        A query is answered after the signals before it; a list of workflows may not have the newest ones yet.
        """
        for name in schedules.schedule_ids(ids.TASK_QUEUE):
            about = await self.temporal.get_schedule_handle(name).describe()
            for running in about.info.running_actions:
                await self.temporal.get_workflow_handle(workflow_id(running)).result()
        await self.github.webhooks.idle()
        for repo in self.github.store.repositories.values():
            for issue in repo.issues.values():
                if issue.pull:
                    await until(partial(self._is_idle, ids.quality(repo.full_name, issue.pull.head_ref)))

    async def _is_idle(self, branch: str) -> bool:
        """Whether the workflow of a branch runs no gate and needs none; also where there is no such workflow."""
        try:
            overview = await self.temporal.get_workflow_handle(branch).query(ContinuousQualityWorkflow.get_overview)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return True
            raise
        return not (overview.gating or overview.waiting)

    async def sweep_and_reconcile(self) -> tuple[DeliverySweepResult, ReconciliationResult]:
        """A sweep over the whole log, then a reconciliation; their results."""
        swept = await self.temporal.execute_workflow(
            DeliverySweepWorkflow.run, DeliverySweepInput(), id="whole-sweep", task_queue=ids.TASK_QUEUE
        )
        counted = await self.temporal.execute_workflow(
            ReconciliationWorkflow.run, ReconciliationInput(), id="whole-reconciliation", task_queue=ids.TASK_QUEUE
        )
        return swept, counted

    # --- what GitHub shows

    def open_pulls(self) -> list[tuple[Repository, SimulatedIssue, PullDetails]]:
        """All open pull requests; each must get a verdict and a comment."""
        issues = [(repo, issue) for repo in self.github.store.repositories.values() for issue in repo.issues.values()]
        return [(repo, issue, issue.pull) for repo, issue in issues if issue.pull and issue.state == "open"]

    def missing(self) -> Iterator[str]:
        """What is still missing, as sentences. Called after each change, so the first must be found quickly."""
        for run in self.runs():
            if run.status != "completed":
                yield f"{run.name} of {run.suite.head_sha} is {run.status}"
        for repo, issue, pull in self.open_pulls():
            if not any(map(_is_verdict, newest(repo, pull.head_sha))):
                yield f"{repo.full_name}#{issue.number} has no verdict"
            if not self.own_comments(issue):
                yield f"{repo.full_name}#{issue.number} has no comment"
        yield from (f"delivery {guid} never arrived" for guid in self.undelivered())
        yield from (f"comment {number} has no answer" for number in self.delivered - self.answered())

    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return next(self.missing(), "") == ""

    def undelivered(self) -> set[str]:
        """GUIDs of deliveries in the log without a successful attempt."""
        deliveries = self.github.webhooks.deliveries
        return {each.guid for each in deliveries} - {each.guid for each in deliveries if each.good}

    def runs(self) -> Iterator[CheckRun]:
        """Every check run on any commit."""
        for repo in self.github.store.repositories.values():
            for suite in repo.suites.values():
                yield from suite.runs

    def own_comments(self, issue: SimulatedIssue) -> list[str]:
        """The bot's comments there."""
        return [comment.body for comment in issue.comments if comment.user is self.github.store.app.bot]

    def in_the_log(self, comments: list[int]) -> set[int]:
        """Those of these comments that are in GitHub's log: the others are lost for good."""
        found = set()
        for delivery in self.github.webhooks.deliveries:
            if delivery.name == "issue_comment.created":
                found.add(int(delivery.payload["comment"]["id"]))
        return found & set(comments)

    def answered(self) -> set[int]:
        """The ids of the comments that the bot's answers name."""
        issues = [issue for repo in self.github.store.repositories.values() for issue in repo.issues.values()]
        text = "\n".join(body for issue in issues for body in self.own_comments(issue))
        return {int(number) for number in re.findall(r"comment-(\d+)", text)}

    def creations(self) -> list[str]:
        """The paths of the requests that create: check runs, reactions, and comments except on closed issues."""
        closed = {
            f"/repos/{repo.full_name}/issues/{issue.number}/comments"
            for repo in self.github.store.repositories.values()
            for issue in repo.issues.values()
            if issue.state == "closed"
        }
        paths = [each.path for each in self.github.requests if each.method == "POST"]
        return [path for path in paths if path.startswith("/repos/") and path not in closed]


def newest(repo: Repository, sha: str) -> list[CheckRun]:
    """The check runs of the newest attempt at a head."""
    suite = repo.suites.get(sha)
    runs = suite.runs if suite else []
    last = max((attempt(run) for run in runs), default=0)
    return [run for run in runs if attempt(run) == last]


def attempt(run: CheckRun) -> int:
    """The number that the bot gave it."""
    return int(run.external_id.rpartition("|")[2])


def _is_verdict(run: CheckRun) -> bool:
    return run.name == "autobuild / gate" and run.conclusion not in (None, "cancelled")


@contextlib.asynccontextmanager
async def separate_processes(folder: Path) -> AsyncIterator[SeparateProcesses]:
    """All processes run for the block; none is left after it."""
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(temporal_server(None))
        port = free_port()
        github = SimulatedGitHub(
            folder / "github", hook_url=f"http://127.0.0.1:{port}/webhook", webhook_secret="a secret"
        )
        await stack.enter_async_context(github)
        processes = SeparateProcesses(
            github, await connect(server.address), _environment(folder, github, server.address, port)
        )
        stack.push_async_callback(_stop, processes)
        await processes.start("serve")
        await processes.start("worker")
        yield processes


async def _stop(processes: SeparateProcesses) -> None:
    await stop_children(list(processes.children.values()))
    await asyncio.gather(*processes.readers)
    print("\n".join(processes.log[-200:]))


def _environment(folder: Path, github: SimulatedGitHub, temporal: str, port: int) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AUTOBUILD_", "TEMPORAL_"))}
    return {
        **inherited,
        "TEMPORAL_ADDRESS": temporal,
        "AUTOBUILD_DATA": str(folder / "data"),
        "AUTOBUILD_PORT": str(port),
        "AUTOBUILD_GITHUB_URL": github.url,
        "AUTOBUILD_GITHUB_API_URL": github.api_url,
        "AUTOBUILD_APP_ID": str(github.app_id),
        "AUTOBUILD_PRIVATE_KEY": github.private_key_pem,
        "AUTOBUILD_WEBHOOK_SECRET": github.webhook_secret,
    }
