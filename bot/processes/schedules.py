"""The schedules that recover lost events: every worker makes them at its start, once for all of them."""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from bot.client import once_available
from workflows import ids
from workflows.config import Sweeps
from workflows.event_recovery.delivery_sweep import DeliverySweepInput, DeliverySweepWorkflow
from workflows.event_recovery.reconciliation import ReconciliationInput, ReconciliationWorkflow

_RPC = timedelta(seconds=10)
# A server that was down does not run everything that it missed: one run sees all.
_CATCH_UP = timedelta(minutes=1)

_log = logging.getLogger("autobuild.schedules")


@dataclass(frozen=True)
class ScheduleIntervals:
    """How often each schedule runs."""

    deliveries: timedelta = Sweeps.DELIVERIES
    reconciliation: timedelta = Sweeps.RECONCILIATION


async def ensure(client: Client, task_queue: str, every: ScheduleIntervals | None = None) -> bool:
    """Makes both schedules as this build needs them, and runs them at once.

    False where this Temporal has no schedules, or forbids them: the worker works, and missed events are not recovered
    until the next push.
    """
    every = every or ScheduleIntervals()
    sweep_id, reconciliation_id = schedule_ids(task_queue)
    sweep = _schedule(DeliverySweepWorkflow.run, DeliverySweepInput(), sweep_id, task_queue, every.deliveries)
    reconcile = _schedule(
        ReconciliationWorkflow.run, ReconciliationInput(), reconciliation_id, task_queue, every.reconciliation
    )
    try:
        await _create_or_update(client, sweep_id, sweep)
        await _create_or_update(client, reconciliation_id, reconcile)
        _log.info("schedules=%s,%s every=%s,%s", sweep_id, reconciliation_id, every.deliveries, every.reconciliation)
    except RPCError as error:
        if error.status is RPCStatusCode.UNAVAILABLE:  # it ended since this worker connected
            await once_available(client, always=True)
            return await ensure(client, task_queue, every)
        effect = "missed events are not recovered"
        _log.error("schedules=none effect='%s' temporal=%s why=%r", effect, error.status.name, str(error))
        return False
    return True


def schedule_ids(task_queue: str) -> tuple[str, str]:
    """The ids of the sweep's and the reconciliation's schedules. A namespace may hold several deployments, each with
    its own task queue."""
    prefix = "" if task_queue == ids.TASK_QUEUE else f"{task_queue}:"
    return f"{prefix}autobuild-delivery-sweep", f"{prefix}autobuild-reconciliation"


async def trigger(client: Client, task_queue: str) -> None:
    """Runs both now, unless they are running."""
    for name in schedule_ids(task_queue):
        await client.get_schedule_handle(name).trigger(overlap=ScheduleOverlapPolicy.SKIP, rpc_timeout=_RPC)


def _schedule(run: Any, argument: Any, name: str, task_queue: str, every: timedelta) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            run, argument, id=name, task_queue=task_queue, execution_timeout=Sweeps.LONGEST
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP),
    )


async def _create_or_update(client: Client, name: str, schedule: Schedule) -> None:
    """Several workers start at once: whoever comes second updates what the first one made. A pause stays."""
    try:
        await client.create_schedule(name, schedule, trigger_immediately=True, rpc_timeout=_RPC)
        return
    except ScheduleAlreadyRunningError:
        handle = client.get_schedule_handle(name)
    states = []

    def update(there: ScheduleUpdateInput) -> ScheduleUpdate:
        states.append(there.description.schedule.state)
        return ScheduleUpdate(replace(schedule, state=states[-1]))

    await handle.update(update, rpc_timeout=_RPC)
    if not states[-1].paused:
        await handle.trigger(overlap=ScheduleOverlapPolicy.SKIP, rpc_timeout=_RPC)
