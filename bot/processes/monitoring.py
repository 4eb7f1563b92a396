"""Starts the monitoring of a deployment that has rules or takes alerts: every worker does so at its start."""

import logging
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from activities.incidents.deployment import IncidentsFile
from bot.client import once_available
from workflows import ids
from workflows.monitoring.monitoring import ContinuousMonitoringWorkflow
from workflows.monitoring.requests import MonitoringInput

_RPC = timedelta(seconds=10)

_log = logging.getLogger("autobuild.monitoring")


async def ensure(client: Client, task_queue: str, file: IncidentsFile) -> bool:
    """Where it runs already, it reads the services and rules anew. False where there is nothing to monitor, or Temporal
    forbids it: the worker works, and rules are not polled until the next start."""
    if not (file.alerts or (file.rules and file.prometheus)):
        return False
    try:
        await client.start_workflow(
            ContinuousMonitoringWorkflow.run,
            MonitoringInput(),
            id=ids.monitoring(),
            task_queue=task_queue,
            start_signal="deployment_changed",
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            rpc_timeout=_RPC,
        )
    except RPCError as error:
        if error.status is RPCStatusCode.UNAVAILABLE:  # it ended since this worker connected
            await once_available(client, always=True)
            return await ensure(client, task_queue, file)
        _log.error("workflow=%s started=no temporal=%s why=%r", ids.monitoring(), error.status.name, str(error))
        return False
    _log.info("workflow=%s rules=%d sources=%d", ids.monitoring(), len(file.rules), len(file.alerts))
    return True
