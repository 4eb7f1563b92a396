"""Signals and queries to the workflows of branches."""

import logging
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.service import RPCError, RPCStatusCode

from activities.workflow_ids import quality_prefixes

_log = logging.getLogger("autobuild.events")
_RPC = timedelta(seconds=10)
_FULL_NAME = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")

Branch = WorkflowHandle[Any, Any]


async def send(branch: Branch, signal: str, message: Mapping[str, Any] | None = None) -> bool:
    """Sends a signal; False where no workflow runs under that id."""
    try:
        await branch.signal(signal, args=[] if message is None else [message], rpc_timeout=_RPC)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def settled_state(branch: Branch) -> Mapping[str, Any] | None:
    """The head that the branch is done with, as plain fields; None where it does not answer, which is no reason to do
    anything."""
    try:
        answer: Mapping[str, Any] = await branch.query("get_settled", rpc_timeout=_RPC)
    except (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError) as error:
        _log.info("workflow=%s answer=none why=%r", branch.id, str(error))
        return None
    return answer


async def running_under(client: Client, full_name: str) -> AsyncIterator[Branch]:
    """The branches of a repository that run under this name; none for an invalid name."""
    if not _FULL_NAME.fullmatch(full_name):
        return
    for prefix in quality_prefixes(full_name):
        query = (
            'WorkflowType = "ContinuousQualityWorkflow" AND ExecutionStatus = "Running"'
            f' AND WorkflowId STARTS_WITH "{prefix}"'
        )
        async for found in client.list_workflows(query):
            yield client.get_workflow_handle(found.id)


async def all_running(client: Client, began_before: float) -> AsyncIterator[str]:
    """The ids of all branches that run and began before that time, in seconds since 1970."""
    moment = datetime.fromtimestamp(began_before, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    query = f'WorkflowType = "ContinuousQualityWorkflow" AND ExecutionStatus = "Running" AND StartTime <= "{moment}"'
    async for found in client.list_workflows(query):
        yield found.id
