"""Starting, watching and controlling workflows from Python, as the command line does."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.service import RPCError, RPCStatusCode

from activities.errors import UserError
from activities.quality_gate.types import GateInput, GateOutcome
from workflows import ids
from workflows.config import WorkflowTimeouts
from workflows.quality_gate import QualityGateWorkflow


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


async def connect(address: str = "", environ: Mapping[str, str] | None = None, *, lazy: bool = False) -> Client:
    """The Temporal that `address` names, else `TEMPORAL_*` or the TOML profile. Raises UserError where it is
    unavailable; `lazy` connects at the first call instead."""
    config = connection_settings(environ or {}, address)
    where = config["target_host"]
    try:
        return await asyncio.wait_for(Client.connect(**config, lazy=lazy), 10)
    except (RuntimeError, TimeoutError) as error:
        raise UserError(f"Temporal at {where} is unavailable. Start it, or set TEMPORAL_ADDRESS.") from error


def connection_settings(environ: Mapping[str, str], address: str = "") -> ClientConnectConfig:
    """Where and how Temporal is connected to, with `target_host` always set."""
    variables = dict(environ)
    if host := variables.get("TEMPORAL_HOST"):
        variables.setdefault("TEMPORAL_ADDRESS", host if ":" in host else f"{host}:7233")
    config = ClientConfig.load_client_connect_config(override_env_vars=variables)
    if address:
        config["target_host"] = address
    config.setdefault("target_host", "localhost:7233")
    return config


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
