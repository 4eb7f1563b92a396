"""Carries an action out in Temporal. The webhook server answers 202 only after this has returned."""

import asyncio
from datetime import timedelta
from typing import assert_never

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from bot.webhook.routes import Action, Signal, SignalWithStart, Start

# GitHub waits ten seconds, and the client's own retries would take them all.
_RPC = timedelta(seconds=3)
# An RPC's limit does not cover the connecting before it.
START_LIMIT_S = 4.0
HEALTH_LIMIT_S = 2.0


class TemporalUnavailable(Exception):
    """Temporal did not take the work. GitHub must hear of it, so that the delivery can be sent again."""


async def carry_out(client: Client, action: Action, task_queue: str) -> None:
    """Starts or signals. Doing it twice is the same as doing it once. Raises TemporalUnavailable within 4 s."""
    try:
        async with asyncio.timeout(START_LIMIT_S):
            await _carry_out(client, action, task_queue)
    except TimeoutError:
        raise TemporalUnavailable("no answer in time") from None
    except RPCError as error:
        raise TemporalUnavailable(error.status.name) from error
    except RuntimeError as error:
        raise TemporalUnavailable("no connection") from error


async def answers(client: Client) -> bool:
    """Whether Temporal answers and is healthy; known within 2 s."""
    try:
        async with asyncio.timeout(HEALTH_LIMIT_S):
            return await client.service_client.check_health()
    except (TimeoutError, RPCError, RuntimeError):
        return False


async def _carry_out(client: Client, action: Action, task_queue: str) -> None:
    match action:
        case Start():
            # A request that was carried out is never repeated; one that failed may be asked for again.
            once = WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
            try:
                await client.start_workflow(
                    action.workflow,
                    action.argument,
                    id=action.id,
                    task_queue=task_queue,
                    id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE if action.again else once,
                    rpc_timeout=_RPC,
                )
            except WorkflowAlreadyStartedError:
                return
        case SignalWithStart():
            await client.start_workflow(
                action.workflow,
                action.argument,
                id=action.id,
                task_queue=task_queue,
                start_signal=action.signal,
                start_signal_args=[action.message],
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                rpc_timeout=_RPC,
            )
        case Signal():
            arguments = [] if action.message is None else [action.message]
            try:
                await client.get_workflow_handle(action.id).signal(action.signal, args=arguments, rpc_timeout=_RPC)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
        case _:
            assert_never(action)
