"""The schedules are there once, however many workers start, and a Temporal without any stops no worker."""

import asyncio
import logging
from datetime import timedelta

import pytest
from temporalio.client import Client, ScheduleOverlapPolicy

from bot.processes import schedules
from bot.processes.schedules import ScheduleIntervals
from tests.deadlines import until
from tests.schedules import start_action, workflow_id
from workflows import ids


@pytest.fixture
def queue(request: pytest.FixtureRequest) -> str:
    """A deployment of its own for each test."""
    return f"queue-{request.node.name}"


async def started(temporal: Client, name: str) -> int:
    """How often a schedule has started its workflow, which no worker works on here."""
    return (await temporal.get_schedule_handle(name).describe()).info.num_actions


async def end(temporal: Client, name: str) -> None:
    """Ends the run that is waiting for a worker, and returns once the schedule would start another."""
    schedule = temporal.get_schedule_handle(name)
    for running in (await schedule.describe()).info.running_actions:
        await temporal.get_workflow_handle(workflow_id(running)).terminate()

    async def ended() -> bool:
        return not (await schedule.describe()).info.running_actions

    await until(ended)


async def test_both_schedules_are_created_and_run(temporal: Client, queue: str) -> None:
    assert await schedules.ensure(temporal, queue)
    for name, workflow in zip(
        schedules.schedule_ids(queue), ("DeliverySweepWorkflow", "ReconciliationWorkflow"), strict=True
    ):
        there = await temporal.get_schedule_handle(name).describe()
        assert (start_action(there).workflow, start_action(there).task_queue) == (workflow, queue)
        assert there.schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
        [running] = there.info.running_actions
        assert workflow_id(running).startswith(name)


async def test_workers_that_start_together_create_schedules_once(temporal: Client, queue: str) -> None:
    assert await asyncio.gather(*(schedules.ensure(temporal, queue) for _ in range(5))) == [True] * 5
    assert [await started(temporal, name) for name in schedules.schedule_ids(queue)] == [1, 1]


async def test_later_worker_triggers_existing_schedules(temporal: Client, queue: str) -> None:
    await schedules.ensure(temporal, queue)
    for name in schedules.schedule_ids(queue):
        await end(temporal, name)
    await schedules.ensure(temporal, queue)
    assert [await started(temporal, name) for name in schedules.schedule_ids(queue)] == [2, 2]


async def test_newer_build_updates_schedules_and_keeps_a_pause(temporal: Client, queue: str) -> None:
    await schedules.ensure(temporal, queue)
    sweep, _ = schedules.schedule_ids(queue)
    await end(temporal, sweep)
    await temporal.get_schedule_handle(sweep).pause(note="not now")
    await schedules.ensure(temporal, queue, ScheduleIntervals(deliveries=timedelta(minutes=7)))
    there = (await temporal.get_schedule_handle(sweep).describe()).schedule
    assert there.spec.intervals[0].every == timedelta(minutes=7)
    assert (there.state.paused, there.state.note) == (True, "not now")
    assert await started(temporal, sweep) == 1


async def test_temporal_without_schedules_is_logged(
    temporal_address: str, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = await Client.connect(temporal_address, namespace="nowhere")
    with caplog.at_level(logging.ERROR):
        assert not await schedules.ensure(nowhere, queue)
    assert "schedules=none effect='missed events are not recovered'" in caplog.text


def test_each_task_queue_has_its_own_schedules() -> None:
    assert schedules.schedule_ids(ids.TASK_QUEUE) == ("autobuild-delivery-sweep", "autobuild-reconciliation")
    assert not set(schedules.schedule_ids("other")) & set(schedules.schedule_ids(ids.TASK_QUEUE))
