"""The worker: the only place where real clients meet activities."""

import contextlib
import hashlib
import os
import resource
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.agent_activities import AgentActivities, MigrationActivities, PlanningActivities
from activities.agent_engine.engine import AgentEngine
from activities.agent_engine.gate_fixes import GateFixes
from activities.budgets.activities import BudgetActivities
from activities.budgets.types import BudgetCaps
from activities.environments import Environments
from activities.incident_engine.activities import IncidentActivities
from activities.incident_engine.assembling import IncidentParts, incident_engines
from activities.incident_engine.monitoring_activities import MonitoringActivities
from activities.incident_engine.polling import RulePoller
from activities.incidents.store import IncidentStore
from activities.migration_engine.engine import MigrationEngine
from activities.model import RepoRef
from activities.planning_engine.proof import TestProver
from activities.planning_engine.review import ChangeReviewer
from activities.planning_engine.rules import RulesReader
from activities.planning_engine.stages import PlanningEngine
from activities.plugins import plugin_names
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.registration import activity_methods
from activities.result_store import ResultStore
from activities.sandbox.select import make_runner
from activities.tool_activities import ToolActivities
from activities.workflow_activities import WorkflowActivities
from activities.workspace.cleanup import tidied
from activities.workspace.mirror import Workspaces
from activities.workspace.storage import Storage
from bot.settings import Settings
from bot.settings.agents import agent_deployment
from bot.settings.data_folder import make_private
from bot.settings.incidents import incident_deployment
from bot.settings.registries import egress_proxy, install_settings
from workflows import ids
from workflows.config import ActivityHeartbeats

if TYPE_CHECKING:
    from activities.github.client import GitHub

Activity = Callable[..., Any]

_OPEN_FILES = 16_384
# One that is not kept is replayed from its history when something happens to it.
_CACHED_WORKFLOWS = 100
# Temporal's sandbox loads a workflow's modules anew for each one that it keeps, unless they are passed through: that is
# ten times the memory, and twice the time. What it guards against, `tests/workflows/test_determinism.py` does.
_RUNNER = SandboxedWorkflowRunner(SandboxRestrictions.default.with_passthrough_modules("workflows", "activities"))


@dataclass(frozen=True)
class WorkerActivities:
    """What one worker process registers: `everywhere` on the common queue, `here` on `queue`, which only this host
    serves."""

    everywhere: tuple[Activity, ...]
    here: tuple[Activity, ...]
    queue: str
    workflows: tuple[type, ...]


@contextlib.asynccontextmanager
async def make_worker_activities(
    settings: Settings, environ: Mapping[str, str], known: tuple[type, ...]
) -> AsyncIterator[WorkerActivities]:
    """Builds every client and every activity; `environ` is what an install step may know of registries, `known` the
    workflows.

    Without an App (`app_id` 0: on a laptop) nothing that calls GitHub is registered.
    """
    data = settings.data.resolve()
    make_private(data)
    queue = ids.host_queue(host_name(data), settings.task_queue)
    results = ResultStore(data / "results")
    async with contextlib.AsyncExitStack() as exits:
        await exits.enter_async_context(tidied(data))
        github = None
        if settings.app_id:
            from aiohttp import ClientSession

            from activities.github.client import GitHub

            session = await exits.enter_async_context(ClientSession())
            github = GitHub(settings.github_api_url, settings.app_id, settings.private_key, session)
        egress = egress_proxy(environ, settings.egress_allow)
        runner = await make_runner(settings.sandbox, *install_settings(environ), egress)
        host = Host(_workspaces(settings, data, github), Environments(data, runner), results, runner, data)
        storage = Storage(data, settings.data_limit, settings.data_reserve)
        commands = tuple(name.replace("_", "-") for name in plugin_names("bot.commands"))
        incidents = IncidentStore(data / "incidents")
        ask_trust = find = None
        here: list[Activity] = []
        if github:
            from activities.github.installations import find_repo
            from activities.github.protected_branches import ProtectedBranches
            from activities.github_activities import github_activities

            ask_trust = ProtectedBranches(github).trust
            find = partial(find_repo, github)
            here += github_activities(github, results, host.workspaces, incidents, commands)
        else:
            from activities.github.recent_changes.activities import RecentChangeActivities

            here += activity_methods(RecentChangeActivities(None, incidents, host.workspaces))
        gate = GateEngine(host, queue, ask_trust, commands, storage)
        agents = AgentEngine(host, gate, agent_deployment(settings, environ))
        services = incident_deployment(settings, environ)
        engines = incident_engines(IncidentParts(host, gate, incidents, services, queue, find))
        here += activity_methods(ToolActivities(gate), *_agents_work(host, gate, agents), IncidentActivities(engines))
        caps = BudgetCaps(agents.deployment.budget.issue, agents.deployment.budget.month)
        names = [workflow.__name__ for workflow in known]
        anywhere = (
            WorkflowActivities(settings.task_queue, names), BudgetActivities(settings.task_queue, caps),
            MonitoringActivities(services, RulePoller(services, find)),
        )  # fmt: skip
        everywhere = [*here, *activity_methods(*anywhere)]
        yield WorkerActivities(tuple(everywhere), tuple(here), queue, known)


def _agents_work(host: Host, gate: GateEngine, agents: AgentEngine) -> tuple[object, ...]:
    """The activities of migrations and of what agents do on this host."""
    planning = PlanningActivities(
        PlanningEngine(host, gate, agents), ChangeReviewer(host, agents), TestProver(host, gate),
        RulesReader(host, gate, agents),
    )  # fmt: skip
    work = AgentActivities(agents, GateFixes(host, gate, agents), host.results)
    return MigrationActivities(MigrationEngine(host, gate)), work, planning


def _workspaces(settings: Settings, data: Path, github: "GitHub | None") -> Workspaces:
    """Where repositories are cloned from, and with which credentials: without GitHub, from a folder without any."""

    def clone_url(repo: RepoRef) -> str:
        return f"{settings.github_url}/{github.full_name(repo) if github else repo.full_name}.git"

    async def git_auth(repo: RepoRef) -> tuple[str, str]:
        return await github.git_auth(repo) if github and not repo.path else ("", "")

    def forget(repo: RepoRef) -> None:
        if github:
            github.forget(repo)

    return Workspaces(data, clone_url, git_auth, forget, github.submodule_auth if github else None)


@contextlib.asynccontextmanager
async def run_worker(client: Client, settings: Settings, activities: WorkerActivities) -> AsyncIterator[None]:
    """Works for the block, on the common queue and on the host's own."""
    _allow_open_files()
    common = make_worker(client, settings.task_queue, activities.everywhere, settings, activities.workflows)
    host = make_worker(client, activities.queue, activities.here, settings)
    async with common, host:
        yield


def _allow_open_files() -> None:
    """Raises this process's limit as far as it may: each connection of an install step takes two files of it, and the
    usual limit is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def host_name(data: Path) -> str:
    """This host for a queue's name: the same after a restart, another for another data folder."""
    return f"{socket.gethostname()}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:8]}"


def make_worker(
    client: Client,
    queue: str,
    activities: Sequence[Activity],
    settings: Settings,
    workflows: Sequence[type] = (),
) -> Worker:
    """One Temporal worker on one task queue, with crash reports where SENTRY_DSN is set."""
    interceptors: list[Interceptor] = []
    if settings.sentry_dsn:  # without it, nothing of Sentry is loaded
        from bot.telemetry.sentry_interceptor import FailureReports

        interceptors.append(FailureReports())
    return Worker(
        client,
        task_queue=queue,
        workflows=workflows,
        workflow_runner=_RUNNER,
        max_cached_workflows=max(_CACHED_WORKFLOWS, settings.max_workflow_tasks),
        activities=activities,
        interceptors=interceptors,
        max_concurrent_activities=settings.max_activities,
        max_concurrent_workflow_tasks=settings.max_workflow_tasks if workflows else None,
        max_heartbeat_throttle_interval=ActivityHeartbeats.MAX_THROTTLE,
        default_heartbeat_throttle_interval=ActivityHeartbeats.MAX_THROTTLE,
        sticky_queue_schedule_to_start_timeout=ActivityHeartbeats.STICKY_QUEUE,
        graceful_shutdown_timeout=timedelta(seconds=2),
        max_eager_activity_reservations_per_workflow_task=8,
        # Without a build id the SDK reads and hashes every loaded module: half of a worker's start.
        build_id=version("autobuild"),
    )
