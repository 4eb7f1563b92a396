"""The schedules that keep events from being lost: made by every worker that starts, once for all of them."""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleHandle,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError

from workflows import ids
from workflows.config import Sweeps
from workflows.event_recovery.delivery_sweep import DeliverySweepInput, DeliverySweepWorkflow
from workflows.event_recovery.reconciliation import ReconciliationInput, ReconciliationWorkflow

_RPC = timedelta(seconds=10)
# A schedule that slept with its server does not make up for what it missed: one run sees everything.
_CATCH_UP = timedelta(minutes=1)

_log = logging.getLogger("autobuild.schedules")


@dataclass(frozen=True)
class ScheduleIntervals:
    """How often each of them runs."""

    deliveries: timedelta = Sweeps.DELIVERIES
    reconciliation: timedelta = Sweeps.RECONCILIATION


async def ensure(client: Client, task_queue: str, every: ScheduleIntervals | None = None) -> bool:
    """Both schedules are there, as this build wants them, and run at once.

    False where this Temporal has no schedules, or allows us none: the worker works, and events that were lost stay
    so until somebody pushes again.
    """
    every = every or ScheduleIntervals()
    sweep_id, reconciliation_id = names(task_queue)
    sweep = _schedule(DeliverySweepWorkflow.run, DeliverySweepInput(), sweep_id, task_queue, every.deliveries)
    reconcile = _schedule(
        ReconciliationWorkflow.run, ReconciliationInput(), reconciliation_id, task_queue, every.reconciliation
    )
    try:
        await _ensure(client, sweep_id, sweep)
        await _ensure(client, reconciliation_id, reconcile)
        _log.info("schedules=%s,%s every=%s,%s", sweep_id, reconciliation_id, every.deliveries, every.reconciliation)
    except RPCError as error:
        _log.error("no schedules: lost events are not looked for; Temporal says %s: %s", error.status.name, error)
        return False
    return True


def names(task_queue: str) -> tuple[str, str]:
    """The ids of the sweep's and of the reconciliation's schedule. A namespace may hold more than one deployment, and
    each has a queue of its own."""
    prefix = "" if task_queue == ids.TASK_QUEUE else f"{task_queue}:"
    return f"{prefix}autobuild-delivery-sweep", f"{prefix}autobuild-reconciliation"


async def trigger(client: Client, task_queue: str) -> None:
    """Both run now, unless they do already."""
    for name in names(task_queue):
        await client.get_schedule_handle(name).trigger(overlap=ScheduleOverlapPolicy.SKIP, rpc_timeout=_RPC)


def _schedule(run: Any, argument: Any, name: str, task_queue: str, every: timedelta) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            run, argument, id=name, task_queue=task_queue, execution_timeout=Sweeps.LONGEST
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP),
    )


async def _ensure(client: Client, name: str, schedule: Schedule) -> None:
    """Several workers start at once: whoever comes second changes what the first one made."""
    try:
        await client.create_schedule(name, schedule, trigger_immediately=True, rpc_timeout=_RPC)
    except ScheduleAlreadyRunningError:
        handle = client.get_schedule_handle(name)
        if not await _paused_after_update(handle, schedule):
            await handle.trigger(overlap=ScheduleOverlapPolicy.SKIP, rpc_timeout=_RPC)


async def _paused_after_update(handle: ScheduleHandle, schedule: Schedule) -> bool:
    """As this build wants it; a pause that somebody made stays."""
    states = []

    def wanted(there: ScheduleUpdateInput) -> ScheduleUpdate:
        states.append(there.description.schedule.state)
        return ScheduleUpdate(replace(schedule, state=states[-1]))

    await handle.update(wanted, rpc_timeout=_RPC)
    return states[-1].paused
