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


async def test_without_a_failure_it_is_one_request(post: Post) -> None:
    await post.send(30)
    swept = await post.sweep()
    assert (swept.again, swept.waiting) == (0, 0)
    assert post.asked("GET", "/app/hook/deliveries") == ["/app/hook/deliveries"]
    assert not post.asked("POST", ATTEMPTS)


async def test_only_what_never_arrived_is_attempted_again(post: Post) -> None:
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


async def test_one_that_failed_twice_and_then_arrived_is_done(post: Post) -> None:
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


async def test_what_nobody_answered_is_no_success_either(post: Post) -> None:
    post.github.webhooks.faults.drop("push", 2)
    lost = [*(await post.send()), *(await post.send())]
    await post.sweep()
    assert sorted(post.door.got) == sorted(lost)


async def test_a_line_of_the_log_that_makes_no_sense_hides_no_other(post: Post) -> None:
    post.door.answers = lambda _: 503
    failed = await post.send(3)
    post.door.answers = lambda _: 202
    post.door.got.clear()
    post.github.webhooks.deliveries[1] = replace(post.github.webhooks.deliveries[1], delivered_at="yesterday")
    assert (await post.sweep(since=time.time() - 60)).again == 2
    assert sorted(post.door.got) == sorted([failed[0], failed[2]])
    post.github.requests.clear()  # its answer was not GitHub's


async def test_a_log_of_many_pages(post: Post) -> None:
    post.door.answers = lambda _: 503
    failed = await post.send(130)
    post.door.answers = lambda _: 202
    await post.send(130)
    post.door.got.clear()
    swept = await post.sweep()
    assert swept.again == 130
    assert sorted(post.door.got) == sorted(failed)
    assert len(post.asked("GET", "/app/hook/deliveries")) == 3


async def test_it_reads_no_further_back_than_it_must(post: Post) -> None:
    await post.send(250)
    await post.sweep(since=time.time() + 3600)
    assert len(post.asked("GET", "/app/hook/deliveries")) == 1


async def test_what_github_has_forgotten_is_passed_over(post: Post) -> None:
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


async def test_a_github_that_is_away_for_a_moment(post: Post) -> None:
    post.door.answers = lambda _: 503
    failed = await post.send(3)
    post.door.answers = lambda _: 202
    post.door.got.clear()
    for method, path in (("GET", "/app/hook/deliveries"), ("POST", "/app/hook/deliveries/.*")):
        post.github.faults.add(method, path, status=502)
    assert (await post.sweep()).again == 3
    assert sorted(post.door.got) == sorted(failed)


async def test_a_github_that_stays_away_is_looked_at_by_the_next_run(post: Post) -> None:
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


async def test_a_worker_that_ends_in_the_middle(post: Post) -> None:
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


async def test_the_next_run_of_the_schedule_goes_on_where_the_last_one_ended(post: Post) -> None:
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
