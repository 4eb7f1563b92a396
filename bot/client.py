"""Starting, watching and controlling workflows from Python, as the command line does."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Generic, NoReturn, TypeVar

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode

from activities.errors import UserError
from activities.incidents.types import IncidentInput
from activities.migration.types import MigrationInput
from activities.patching.types import IncrementalPatchInput
from activities.planned_changes.types import PlanPatchPRInput
from activities.quality_gate.types import GateInput, GateOutcome
from bot.settings.temporal import connection_settings
from workflows import ids
from workflows.config import WorkflowTimeouts
from workflows.incident_swarm import IncidentSwarmWorkflow
from workflows.issues.label_routes import LABEL_ROUTES, PLANNED
from workflows.migration import CodeMigrationWorkflow
from workflows.plan_patch_pr import IncrementalPatchWorkflow
from workflows.quality.gate import QualityGateWorkflow

WORKER_HEARTBEAT = timedelta(seconds=3)
"""How often a worker tells Temporal that it lives; `autobuild doctor` looks at that."""

_CONNECTS_WITHIN_S = 10.0
_RPC = timedelta(seconds=5)
_ASK_EVERY_S = 1.0
_LOG_EVERY_S = 60.0
_LOOK_EVERY_S = 15.0
# Another answer would not come by waiting.
_FINAL = (RPCStatusCode.NOT_FOUND, RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED)

# As its default, without a line for every attempt of each call while Temporal is unavailable: `log_outages` tells that.
_LIBRARY_LOG = "ERROR,temporalio_common=WARN,temporalio_sdk_core=WARN,temporalio_sdk=WARN,temporal_sdk_bridge=WARN"

_AT_ONCE = 10

T = TypeVar("T")

_log = logging.getLogger("autobuild")


@dataclass(frozen=True)
class WorkflowStatus:
    """One workflow. `detail` is its own answer to `get_status`, "" where it gave none."""

    workflow_id: str
    run_id: str
    type: str
    status: str
    started: str
    closed: str = ""
    detail: str = ""


@dataclass(frozen=True)
class EndedWorkflow(Generic[T]):
    """A workflow that has completed, and its result."""

    workflow_id: str
    result: T


@dataclass(frozen=True)
class EndedWorkflows(Generic[T]):
    """`unreadable` counts those whose result has another shape, of another version."""

    found: list[EndedWorkflow[T]]
    unreadable: int


class TemporalUnreachable(UserError):
    """There is no connection to Temporal, or it does not answer: it may do so later."""


async def connect(address: str = "", environ: Mapping[str, str] | None = None, *, lazy: bool = False) -> Client:
    """The Temporal that `address` names, else `TEMPORAL_*` or the TOML profile. Raises UserError where the settings are
    wrong, and TemporalUnreachable; `lazy` connects at the first call instead."""
    config = connection_settings(environ or {}, address)
    try:
        # Not `wait_for`, which loses a signal's cancellation where what it waits for is done at that moment.
        async with asyncio.timeout(_CONNECTS_WITHIN_S):
            return await Client.connect(**config, lazy=lazy, runtime=_runtime())
    except (RuntimeError, ValueError, TimeoutError) as error:
        what = f"Temporal at {config['target_host']} is unavailable."
        raise TemporalUnreachable(f"{what} Start it or `autobuild up`, or set TEMPORAL_ADDRESS.") from error


async def connect_once_available(environ: Mapping[str, str]) -> Client:
    """Waits for Temporal and its namespace, with a log line a minute. Raises UserError where waiting is no use."""
    while True:
        await once_available(await connect(environ=environ, lazy=True))
        with contextlib.suppress(TemporalUnreachable):  # it has gone again
            return await connect(environ=environ)  # the SDK wants a connected client for a worker


async def once_available(client: Client, *, always: bool = False) -> None:
    """Returns when Temporal answers. Raises UserError where it answers that it will not serve us, unless `always` is
    set: then that is waited for too."""
    now, logged = asyncio.get_running_loop().time, float("-inf")
    where, request = client.service_client.config.target_host, DescribeNamespaceRequest(namespace=client.namespace)
    while True:
        try:
            async with asyncio.timeout(_CONNECTS_WITHIN_S):
                await client.workflow_service.describe_namespace(request, timeout=_RPC)
            break
        except (RuntimeError, TimeoutError):
            why = "no connection"
        except RPCError as error:
            if error.status in _FINAL and not always:
                raise UserError(f"Temporal at {where} answers {error.status.name}: {error.message}.") from None
            why = error.status.name
        if now() - logged >= _LOG_EVERY_S:
            logged = now()
            _log.warning("temporal=unavailable address=%s why=%r action=waiting", where, why)
        await asyncio.sleep(_ASK_EVERY_S)
    if logged > 0:
        _log.info("temporal=available address=%s", where)


async def log_outages(client: Client) -> NoReturn:
    """A log line when Temporal is unavailable, and one a minute while it stays so."""
    while True:
        await once_available(client, always=True)
        await asyncio.sleep(_LOOK_EVERY_S)


@cache
def _runtime() -> Runtime:
    """Its workers tell Temporal every few seconds that they live, so that a dead one is noticed as soon."""
    telemetry = TelemetryConfig(logging=LoggingConfig(filter=_LIBRARY_LOG))
    return Runtime(telemetry=telemetry, worker_heartbeat_interval=WORKER_HEARTBEAT)


class WorkflowClient:
    """Starts, watches and controls workflows; `client` is a connected Temporal client."""

    def __init__(self, client: Client, task_queue: str = ids.TASK_QUEUE) -> None:
        self._client = client
        self._queue = task_queue

    async def start_quality_gate(self, input: GateInput) -> str:
        """Starts the gate of a head, or finds the running one. The workflow's id."""
        handle = await self._client.start_workflow(
            QualityGateWorkflow.run,
            input,
            id=ids.quality_gate(input.head.repo.full_name, input.head.sha),
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            execution_timeout=WorkflowTimeouts.QUALITY_GATE,
        )
        return handle.id

    async def start_code_migration(self, input: MigrationInput) -> str:
        """Starts a migration, or finds the running one of the same issue and recipe. The workflow's id."""
        handle = await self._client.start_workflow(
            CodeMigrationWorkflow.run,
            input,
            id=ids.migration(input.repo.full_name, input.number, input.recipe),
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            execution_timeout=WorkflowTimeouts.MIGRATION,
        )
        return handle.id

    async def start_incremental_patch(self, input: IncrementalPatchInput) -> str:
        """Starts a patch, or puts it behind the one that runs in the same pull request. The workflow's id."""
        handle = await self._client.start_workflow(
            IncrementalPatchWorkflow.run,
            input,
            id=ids.incremental_patch(input.repo.full_name, input.number),
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="asked",
            start_signal_args=[input],
        )
        return handle.id

    async def start_plan_patch_pr(self, input: PlanPatchPRInput) -> str:
        """Starts the planned change of an issue, or finds the running one. The workflow's id."""
        handle = await self._client.start_workflow(
            LABEL_ROUTES[PLANNED].workflow,
            input,
            id=ids.plan_patch_pr(input.repo.full_name, input.issue),
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        return handle.id

    async def start_incident_response(self, input: IncidentInput) -> str:
        """Starts the incident of an alert, or finds the running one of the same source and group. The workflow's id."""
        handle = await self._client.start_workflow(
            IncidentSwarmWorkflow.run,
            input,
            id=ids.incident(input.alert.source, input.alert.group),
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        return handle.id

    async def get_workflow_status(self, workflow_id: str) -> WorkflowStatus:
        """The status of a workflow. Raises UserError where there is none."""
        handle = self._client.get_workflow_handle(workflow_id)
        description = await _found(handle.describe(), workflow_id)
        detail = ""
        if description.status == WorkflowExecutionStatus.RUNNING:
            with contextlib.suppress(Exception):  # a worker must be there to answer; this does not wait for one
                detail = str(await handle.query("get_status", rpc_timeout=timedelta(seconds=3)))
        return WorkflowStatus(
            workflow_id=description.id,
            run_id=description.run_id,
            type=description.workflow_type,
            status=description.status.name.lower() if description.status else "unknown",
            started=description.start_time.isoformat(),
            closed=description.close_time.isoformat() if description.close_time else "",
            detail=detail,
        )

    async def list_workflows(self, query: str = "", limit: int = 50) -> list[WorkflowStatus]:
        """The newest workflows that match Temporal's list filter `query`."""
        found = []
        async for one in self._client.list_workflows(query or None, limit=limit):
            status = one.status.name.lower() if one.status else "unknown"
            closed = one.close_time.isoformat() if one.close_time else ""
            found.append(
                WorkflowStatus(one.id, one.run_id, one.workflow_type, status, one.start_time.isoformat(), closed)
            )
        return found

    async def wait_for_result(self, workflow_id: str, timeout_s: float | None = None) -> Any:
        """The workflow's result as plain data. Raises UserError where it failed, was cancelled or takes longer."""
        handle = self._client.get_workflow_handle(workflow_id)
        try:
            return await asyncio.wait_for(_found(handle.result(), workflow_id), timeout_s)
        except WorkflowFailureError as error:
            raise UserError(f"The workflow {workflow_id} failed: {error.cause}") from error
        except TimeoutError as error:
            raise UserError(f"The workflow {workflow_id} is still running after {timeout_s:g} s.") from error

    async def list_ended(self, workflow_type: str, result: type[T], limit: int = 1000) -> EndedWorkflows[T]:
        """The newest completed workflows of one type that Temporal still has, with their results."""
        query = f"WorkflowType = '{workflow_type}' AND ExecutionStatus = 'Completed'"
        turn = asyncio.Semaphore(_AT_ONCE)

        async def read(id: str, run_id: str) -> EndedWorkflow[T] | None:
            handle = self._client.get_workflow_handle(id, run_id=run_id, result_type=result)
            try:
                async with turn:
                    return EndedWorkflow(id, await handle.result(follow_runs=False))
            except (TypeError, ValueError, RuntimeError):
                return None

        listed = [(one.id, one.run_id) async for one in self._client.list_workflows(query, limit=limit)]
        read_ones = await asyncio.gather(*(read(*each) for each in listed))
        found = [one for one in read_ones if one]
        return EndedWorkflows(found, len(listed) - len(found))

    async def wait_for_gate(self, workflow_id: str) -> GateOutcome:
        """A gate's outcome."""
        handle = self._client.get_workflow_handle_for(QualityGateWorkflow.run, workflow_id)
        return await handle.result()

    async def signal_workflow(self, workflow_id: str, signal: str, argument: Any = None) -> None:
        """Sends a signal; `argument` is the signal's dataclass or its plain fields."""
        args = [] if argument is None else [argument]
        await _found(self._client.get_workflow_handle(workflow_id).signal(signal, args=args), workflow_id)

    async def cancel_workflow(self, workflow_id: str) -> None:
        """Cancels a workflow, which still publishes its result."""
        await _found(self._client.get_workflow_handle(workflow_id).cancel(), workflow_id)


async def _found(call: Any, workflow_id: str) -> Any:
    try:
        return await call
    except RPCError as error:
        if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
            raise UserError(f"There is no workflow {workflow_id!r}. `autobuild list` shows the workflows.") from error
        raise
