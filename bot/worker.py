"""The worker: the only place where real clients meet activities."""

import contextlib
import hashlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp
from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

import workflows
from activities.environments import Environments
from activities.github.client import GitHub
from activities.github_activities import GitHubActivities
from activities.model import RepoRef
from activities.quality_gate.accepted_baseline import AcceptedFindings
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.result_store import ResultStore
from activities.sandbox import Runner
from activities.sandbox.select import make_runner
from activities.tool_activities import ToolActivities
from activities.workflow_activities import WorkflowActivities
from activities.workspace.mirror import Workspaces
from bot.settings import Settings
from bot.settings.registries import install_settings
from workflows import ids
from workflows.config import ActivityHeartbeats

Activity = Callable[..., Any]


@dataclass(frozen=True)
class WorkerActivities:
    """What one process does: the activities that any worker may run, those of this host, and the workflows."""

    everywhere: tuple[Activity, ...]
    here: tuple[Activity, ...]
    queue: str
    stories: tuple[type, ...] = workflows.ALL


@contextlib.asynccontextmanager
async def make_worker_activities(
    settings: Settings, environ: Mapping[str, str], stories: tuple[type, ...] = workflows.ALL
) -> AsyncIterator[WorkerActivities]:
    """Builds every client and every activity; `environ` is what an install step may know of registries.

    Without an App (`app_id` 0, the laptop) nothing of GitHub is registered.
    """
    data = settings.data.resolve()
    queue = ids.host_queue(host_name(data), settings.task_queue)
    results = ResultStore(data / "results")
    async with contextlib.AsyncExitStack() as stack:
        github = await stack.enter_async_context(_github(settings)) if settings.app_id else None
        runner = await make_runner(settings.sandbox, *install_settings(environ))
        tools = ToolActivities(GateEngine(_host(settings, data, github, runner, results), queue, _accepted(data)))
        served = [story.__name__ for story in stories]
        everywhere = [*tools.all(), *WorkflowActivities(settings.task_queue, served).all()]
        here = list(tools.all())
        if github:
            posts = GitHubActivities(github, results).all()
            everywhere += posts
            here += posts
        yield WorkerActivities(tuple(everywhere), tuple(here), queue, stories)


@contextlib.asynccontextmanager
async def run_worker(client: Client, settings: Settings, hands: WorkerActivities) -> AsyncIterator[None]:
    """Works for the block, on the common queue and on the host's own."""
    common = _worker(client, settings.task_queue, hands.everywhere, settings, workflows=hands.stories)
    host = _worker(client, hands.queue, hands.here, settings, workflows=())
    async with common, host:
        yield


def host_name(data: Path) -> str:
    """This host for a queue's name: the same after a restart, another for another data folder."""
    return f"{socket.gethostname()}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:8]}"


def _worker(client: Client, queue: str, activities: tuple[Activity, ...], settings: Settings, workflows: Any) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=workflows,
        activities=activities,
        interceptors=_interceptors(settings),
        max_concurrent_activities=settings.max_activities,
        max_concurrent_workflow_tasks=settings.max_workflow_tasks if workflows else None,
        max_heartbeat_throttle_interval=ActivityHeartbeats.MAX_THROTTLE,
        default_heartbeat_throttle_interval=ActivityHeartbeats.MAX_THROTTLE,
        sticky_queue_schedule_to_start_timeout=ActivityHeartbeats.STICKY_QUEUE,
        graceful_shutdown_timeout=timedelta(seconds=2),
        max_eager_activity_reservations_per_workflow_task=8,
        # Left out, the SDK reads and hashes every module that is loaded: half of a worker's start.
        build_id=version("autobuild"),
    )


def _interceptors(settings: Settings) -> list[Interceptor]:
    """Crash reports, where there is a place for them: without, nothing of Sentry is loaded."""
    if not settings.sentry_dsn:
        return []
    from bot.telemetry.sentry_interceptor import FailureReports

    return [FailureReports()]


@contextlib.asynccontextmanager
async def _github(settings: Settings) -> AsyncIterator[GitHub]:
    async with aiohttp.ClientSession() as session:
        yield GitHub(settings.github_api_url, settings.app_id, settings.private_key, session)


def _host(settings: Settings, data: Path, github: GitHub | None, runner: Runner, results: ResultStore) -> Host:
    def clone_url(repo: RepoRef) -> str:
        return f"{settings.github_url}/{github.full_name(repo) if github else repo.full_name}.git"

    async def git_auth(repo: RepoRef) -> tuple[str, str]:
        return await github.git_auth(repo) if github and not repo.path else ("", "")

    def forget(repo: RepoRef) -> None:
        if github:
            github.forget(repo)

    workspaces = Workspaces(data, clone_url, git_auth, forget)
    return Host(workspaces, Environments(data, runner), results, runner, data)


def _accepted(data: Path) -> AcceptedFindings:
    return AcceptedFindings(data / "accepted")
