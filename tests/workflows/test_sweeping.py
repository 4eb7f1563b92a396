"""What GitHub could not deliver arrives, once, and nothing else is asked for again."""

import time
from dataclasses import replace
from functools import partial

import pytest
from temporalio.client import Schedule, ScheduleActionStartWorkflow, ScheduleSpec

from tests.schedules import workflow_id
from tests.workflows.conftest import Post
from workflows.event_recovery.delivery_sweep import DeliverySweepInput, DeliverySweepResult, DeliverySweepWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

ATTEMPTS = "/attempts"


async def test_sweep_without_failures_is_one_request(post: Post) -> None:
    await post.send(30)
    swept = await post.sweep()
    assert (swept.again, swept.waiting) == (0, 0)
    assert post.asked("GET", "/app/hook/deliveries") == ["/app/hook/deliveries"]
    assert not post.asked("POST", ATTEMPTS)


async def test_only_undelivered_events_are_redelivered(post: Post) -> None:
    arrived = await post.send(3)
    post.door.answers = lambda _: 503
    failed = await post.send(2)
    oldest, newest = (delivery.id for delivery in post.github.webhooks.deliveries[-2:])
    await post.send(1, "ping")
    post.door.answers = lambda _: 202
    post.door.got.clear()
    swept = await post.sweep()
    assert (swept.again, swept.waiting, swept.given_up) == (2, 0, 0)
    assert sorted(post.door.got) == sorted(failed)
    assert not set(post.door.got) & set(arrived)
    assert [int(path.split("/")[4]) for path in post.asked("POST", ATTEMPTS)] == [oldest, newest]
    assert (await post.sweep(swept.since)).again == 0
    assert len(post.door.got) == 2


async def test_delivered_retry_is_not_repeated(post: Post) -> None:
    post.door.answers = lambda _: 500
    [guid] = await post.send()
    assert (await post.sweep()).again == 1
    assert (await post.sweep()).waiting == 1, "a moment ago is too soon"
    post.door.answers = lambda _: 202
    post.github.webhooks.redeliver(post.github.webhooks.deliveries[-1])
    await post.github.webhooks.idle()
    assert post.door.got == [guid] * 3
    swept = await post.sweep()
    assert (swept.again, swept.waiting) == (0, 0)


async def test_unanswered_delivery_is_a_failure(post: Post) -> None:
    post.github.webhooks.faults.drop("push", 2)
    lost = [*(await post.send()), *(await post.send())]
    await post.sweep()
    assert sorted(post.door.got) == sorted(lost)


async def test_malformed_log_entry_hides_no_other(post: Post) -> None:
    post.door.answers = lambda _: 503
    failed = await post.send(3)
    post.door.answers = lambda _: 202
    post.door.got.clear()
    post.github.webhooks.deliveries[1] = replace(post.github.webhooks.deliveries[1], delivered_at="yesterday")
    assert (await post.sweep(since=time.time() - 60)).again == 2
    assert sorted(post.door.got) == sorted([failed[0], failed[2]])
    post.github.requests.clear()  # its answer was not GitHub's


async def test_log_of_many_pages_is_read(post: Post) -> None:
    post.door.answers = lambda _: 503
    failed = await post.send(130)
    post.door.answers = lambda _: 202
    await post.send(130)
    post.door.got.clear()
    swept = await post.sweep()
    assert swept.again == 130
    assert sorted(post.door.got) == sorted(failed)
    assert len(post.asked("GET", "/app/hook/deliveries")) == 3


async def test_log_is_read_no_further_than_needed(post: Post) -> None:
    await post.send(250)
    await post.sweep(since=time.time() + 3600)
    assert len(post.asked("GET", "/app/hook/deliveries")) == 1


async def test_expired_deliveries_are_skipped(post: Post) -> None:
    post.door.answers = lambda _: 503
    await post.send(2)
    post.door.got.clear()
    held = post.github.faults.add("POST", "/app/hook/deliveries/.*", "hold")
    sweep = await post.start()
    await post.github.store.wait_for(lambda: held.seen)
    post.github.webhooks.deliveries.clear()
    held.release()
    swept = await sweep.result()
    assert (swept.again, swept.gone) == (0, 2)
    assert post.door.got == []


async def test_short_github_outage_is_retried(post: Post) -> None:
    post.door.answers = lambda _: 503
    failed = await post.send(3)
    post.door.answers = lambda _: 202
    post.door.got.clear()
    for method, path in (("GET", "/app/hook/deliveries"), ("POST", "/app/hook/deliveries/.*")):
        post.github.faults.add(method, path, status=502)
    assert (await post.sweep()).again == 3
    assert sorted(post.door.got) == sorted(failed)


async def test_long_github_outage_is_left_to_the_next_run(post: Post) -> None:
    post.door.answers = lambda _: 503
    failed = await post.send(2)
    post.door.answers = lambda _: 202
    post.door.got.clear()
    away = post.github.faults.add("POST", "/app/hook/deliveries/.*", status=502, times=100)
    swept = await post.sweep()
    assert swept.again == 0
    away.release()
    assert (await post.sweep(swept.since)).again == 2
    assert sorted(post.door.got) == sorted(failed)


async def test_interrupted_worker_resumes_the_sweep(post: Post) -> None:
    post.door.answers = lambda _: 503
    failed = await post.send(4)
    post.door.answers = lambda _: 202
    post.door.got.clear()
    third = post.github.webhooks.deliveries[2].id
    held = post.github.faults.add("POST", f"/app/hook/deliveries/{third}/attempts", "hold")
    sweep = await post.start()
    await post.github.store.wait_for(lambda: held.seen)
    await post.workers.aclose()
    held.release()
    await post.worker()
    swept = await sweep.result()
    await post.github.webhooks.idle()
    assert swept.again == 4
    assert [post.door.got.count(guid) for guid in failed] == [1, 1, 2, 1], "the one under way may be asked for twice"


async def test_next_run_continues_where_the_last_ended(post: Post) -> None:
    action = ScheduleActionStartWorkflow(
        DeliverySweepWorkflow.run, DeliverySweepInput(), id=post.queue, task_queue=post.queue
    )
    schedule = await post.temporal.create_schedule(post.queue, Schedule(action=action, spec=ScheduleSpec()))
    await post.send(250)
    an_hour_ago = post.github.store.stamp(time.time() - 3600)
    post.github.webhooks.deliveries[:] = [
        replace(each, delivered_at=an_hour_ago) for each in post.github.webhooks.deliveries
    ]
    await post.send()
    for run, pages in enumerate((3, 4), start=1):
        await schedule.trigger()
        await post.github.store.wait_for(partial(asked_pages, post, pages))
        started = [each.action for each in (await schedule.describe()).info.recent_actions]
        assert len(started) == run
        swept = await post.temporal.get_workflow_handle(
            workflow_id(started[-1]), result_type=DeliverySweepResult
        ).result()
        assert swept.since > time.time() - 60
    await schedule.delete()


def asked_pages(post: Post, count: int) -> bool:
    return len(post.asked("GET", "/app/hook/deliveries")) == count
