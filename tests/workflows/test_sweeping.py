"""What GitHub could not deliver arrives, once, and nothing else is requested again."""

import time
from dataclasses import replace
from functools import partial

import pytest
from temporalio.client import Schedule, ScheduleActionStartWorkflow, ScheduleSpec

from tests.schedules import workflow_id
from tests.workflows.conftest import Sweeping
from workflows.event_recovery.delivery_sweep import DeliverySweepInput, DeliverySweepResult, DeliverySweepWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

ATTEMPTS = "/attempts"


async def test_sweep_without_failures_is_one_request(sweeping: Sweeping) -> None:
    await sweeping.send(30)
    swept = await sweeping.sweep()
    assert (swept.redelivered, swept.waiting) == (0, 0)
    assert sweeping.requested("GET", "/app/hook/deliveries") == ["/app/hook/deliveries"]
    assert not sweeping.requested("POST", ATTEMPTS)


async def test_only_undelivered_events_are_redelivered(sweeping: Sweeping) -> None:
    arrived = await sweeping.send(3)
    sweeping.webhook_server.answers = lambda _: 503
    failed = await sweeping.send(2)
    oldest, newest = (delivery.id for delivery in sweeping.github.webhooks.deliveries[-2:])
    await sweeping.send(1, "ping")
    sweeping.webhook_server.answers = lambda _: 202
    sweeping.webhook_server.received.clear()
    swept = await sweeping.sweep()
    assert (swept.redelivered, swept.waiting, swept.given_up) == (2, 0, 0)
    assert sorted(sweeping.webhook_server.received) == sorted(failed)
    assert not set(sweeping.webhook_server.received) & set(arrived)
    assert [int(path.split("/")[4]) for path in sweeping.requested("POST", ATTEMPTS)] == [oldest, newest]
    assert (await sweeping.sweep(swept.since)).redelivered == 0
    assert len(sweeping.webhook_server.received) == 2


async def test_delivered_retry_is_not_repeated(sweeping: Sweeping) -> None:
    sweeping.webhook_server.answers = lambda _: 500
    [guid] = await sweeping.send()
    assert (await sweeping.sweep()).redelivered == 1
    assert (await sweeping.sweep()).waiting == 1, "a moment ago is too soon"
    sweeping.webhook_server.answers = lambda _: 202
    sweeping.github.webhooks.redeliver(sweeping.github.webhooks.deliveries[-1])
    await sweeping.github.webhooks.idle()
    assert sweeping.webhook_server.received == [guid] * 3
    swept = await sweeping.sweep()
    assert (swept.redelivered, swept.waiting) == (0, 0)


async def test_unanswered_delivery_is_a_failure(sweeping: Sweeping) -> None:
    sweeping.github.webhooks.faults.drop("push", 2)
    lost = [*(await sweeping.send()), *(await sweeping.send())]
    await sweeping.sweep()
    assert sorted(sweeping.webhook_server.received) == sorted(lost)


async def test_malformed_log_entry_hides_no_other(sweeping: Sweeping) -> None:
    sweeping.webhook_server.answers = lambda _: 503
    failed = await sweeping.send(3)
    sweeping.webhook_server.answers = lambda _: 202
    sweeping.webhook_server.received.clear()
    sweeping.github.webhooks.deliveries[1] = replace(sweeping.github.webhooks.deliveries[1], delivered_at="yesterday")
    assert (await sweeping.sweep(since=time.time() - 60)).redelivered == 2
    assert sorted(sweeping.webhook_server.received) == sorted([failed[0], failed[2]])
    sweeping.github.requests.clear()  # the answer with that entry is none of GitHub's


async def test_log_of_many_pages_is_read(sweeping: Sweeping) -> None:
    sweeping.webhook_server.answers = lambda _: 503
    failed = await sweeping.send(130)
    sweeping.webhook_server.answers = lambda _: 202
    await sweeping.send(130)
    sweeping.webhook_server.received.clear()
    swept = await sweeping.sweep()
    assert swept.redelivered == 130
    assert sorted(sweeping.webhook_server.received) == sorted(failed)
    assert len(sweeping.requested("GET", "/app/hook/deliveries")) == 3


async def test_log_is_read_no_further_than_needed(sweeping: Sweeping) -> None:
    await sweeping.send(250)
    await sweeping.sweep(since=time.time() + 3600)
    assert len(sweeping.requested("GET", "/app/hook/deliveries")) == 1


async def test_expired_deliveries_are_skipped(sweeping: Sweeping) -> None:
    sweeping.webhook_server.answers = lambda _: 503
    await sweeping.send(2)
    sweeping.webhook_server.received.clear()
    held = sweeping.github.faults.add("POST", "/app/hook/deliveries/.*", "hold")
    sweep = await sweeping.start()
    await sweeping.github.store.wait_for(lambda: held.seen)
    sweeping.github.webhooks.deliveries.clear()
    held.release()
    swept = await sweep.result()
    assert (swept.redelivered, swept.expired) == (0, 2)
    assert sweeping.webhook_server.received == []


async def test_long_limit_is_left_to_the_next_sweep(sweeping: Sweeping, caplog: pytest.LogCaptureFixture) -> None:
    """It would end when the sweep is over. Two lines of the log say so, and no traceback."""
    sweeping.webhook_server.answers = lambda _: 503
    await sweeping.send(2)
    sweeping.github.faults.add("POST", "/app/hook/deliveries/.*", "secondary", retry_after=3000)
    swept = await sweeping.sweep()
    assert (swept.redelivered, swept.waiting) == (0, 0)
    limited, postponed = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "github=limited activity=redeliver retry_in_s=30" in limited.getMessage()
    assert "deliveries=2 redelivery=postponed" in postponed.getMessage()
    assert not any(record.exc_info for record in caplog.records)


async def test_short_github_outage_is_retried(sweeping: Sweeping) -> None:
    sweeping.webhook_server.answers = lambda _: 503
    failed = await sweeping.send(3)
    sweeping.webhook_server.answers = lambda _: 202
    sweeping.webhook_server.received.clear()
    for method, path in (("GET", "/app/hook/deliveries"), ("POST", "/app/hook/deliveries/.*")):
        sweeping.github.faults.add(method, path, status=502)
    assert (await sweeping.sweep()).redelivered == 3
    assert sorted(sweeping.webhook_server.received) == sorted(failed)


async def test_long_github_outage_is_left_to_the_next_run(sweeping: Sweeping) -> None:
    sweeping.webhook_server.answers = lambda _: 503
    failed = await sweeping.send(2)
    sweeping.webhook_server.answers = lambda _: 202
    sweeping.webhook_server.received.clear()
    unavailable = sweeping.github.faults.add("POST", "/app/hook/deliveries/.*", status=502, times=100)
    swept = await sweeping.sweep()
    assert swept.redelivered == 0
    unavailable.release()
    assert (await sweeping.sweep(swept.since)).redelivered == 2
    assert sorted(sweeping.webhook_server.received) == sorted(failed)


async def test_interrupted_worker_resumes_the_sweep(sweeping: Sweeping) -> None:
    sweeping.webhook_server.answers = lambda _: 503
    failed = await sweeping.send(4)
    sweeping.webhook_server.answers = lambda _: 202
    sweeping.webhook_server.received.clear()
    third = sweeping.github.webhooks.deliveries[2].id
    held = sweeping.github.faults.add("POST", f"/app/hook/deliveries/{third}/attempts", "hold")
    sweep = await sweeping.start()
    await sweeping.github.store.wait_for(lambda: held.seen)
    await sweeping.workers.aclose()
    held.release()
    await sweeping.worker()
    swept = await sweep.result()
    await sweeping.github.webhooks.idle()
    assert swept.redelivered == 4
    assert [sweeping.webhook_server.received.count(guid) for guid in failed] == [1, 1, 2, 1], (
        "the one under way may be requested twice"
    )


async def test_next_run_continues_where_the_last_ended(sweeping: Sweeping) -> None:
    action = ScheduleActionStartWorkflow(
        DeliverySweepWorkflow.run, DeliverySweepInput(), id=sweeping.queue, task_queue=sweeping.queue
    )
    schedule = await sweeping.temporal.create_schedule(sweeping.queue, Schedule(action=action, spec=ScheduleSpec()))
    await sweeping.send(250)
    an_hour_ago = sweeping.github.store.stamp(time.time() - 3600)
    sweeping.github.webhooks.deliveries[:] = [
        replace(each, delivered_at=an_hour_ago) for each in sweeping.github.webhooks.deliveries
    ]
    await sweeping.send()
    for run, pages in enumerate((3, 4), start=1):
        await schedule.trigger()
        await sweeping.github.store.wait_for(partial(asked_pages, sweeping, pages))
        started = [each.action for each in (await schedule.describe()).info.recent_actions]
        assert len(started) == run
        swept = await sweeping.temporal.get_workflow_handle(
            workflow_id(started[-1]), result_type=DeliverySweepResult
        ).result()
        assert swept.since > time.time() - 60
    await schedule.delete()


def asked_pages(sweeping: Sweeping, count: int) -> bool:
    return len(sweeping.requested("GET", "/app/hook/deliveries")) == count
