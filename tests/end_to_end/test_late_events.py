"""Events that come again after what they say has ended; and branches whose workflow ended and begins anew."""

from functools import partial

import pytest
from temporalio.api.enums.v1 import EventType

from activities.model import Head
from simulator.github.webhooks.delivery_log import WebhookDelivery
from tests.chaos.invariants import waits_for_a_timer
from tests.deadlines import WITHIN_S, until
from tests.end_to_end.repos import configured
from tests.end_to_end.test_reconciliation import only
from tests.stack import Stack
from workflows.quality.branch import ContinuousQualityWorkflow
from workflows.quality.branch_state import ContinuousQualityInput

pytestmark = pytest.mark.asyncio(loop_scope="session")


def sent(stack: Stack, repo: str, *events: str) -> list[WebhookDelivery]:
    """What GitHub has sent of a repository, oldest first, but for endings."""
    return [
        each
        for each in stack.github.webhooks.deliveries
        if each.event in events
        and each.payload.get("repository", {}).get("full_name") == repo
        and each.payload.get("action") in (None, "opened", "requested", "synchronize")
        and not each.payload.get("deleted")
        and "main"
        not in (each.payload.get("ref", "").rpartition("/")[2], each.payload.get("check_suite", {}).get("head_branch"))
        and not each.redelivery
    ]


async def runs_of(stack: Stack, workflow_id: str) -> list[tuple[str, str]]:
    """(run, status) of all lives of a branch's workflow."""
    found = stack.temporal.list_workflows(f'WorkflowId = "{workflow_id}"')
    return [(each.run_id, each.status.name if each.status else "") async for each in found]


async def end(stack: Stack, repo: str, branch: str = "change") -> None:
    assert await stack.workflows.wait_for_result(f"quality:{repo}@{branch}", WITHIN_S) is None


async def redelivered_each_starts_nothing(stack: Stack, repo: str, shas: list[str]) -> None:
    """Each event again, on its own: its workflow ends without a gate and without a comment."""
    workflow_id = f"quality:{repo}@change"
    before = [len(stack.github.check_runs(repo, sha)) for sha in shas]
    comments = len(stack.github.comments(repo, 1))
    for delivery in sent(stack, repo, "push", "check_suite", "pull_request"):
        lives = len(await runs_of(stack, workflow_id))
        stack.github.webhooks.redeliver(delivery)
        await stack.github.webhooks.idle()

        async def ended(lives: int = lives) -> bool:
            found = await runs_of(stack, workflow_id)
            return len(found) > lives and all(status == "COMPLETED" for _, status in found)

        await until(ended)
    assert [len(stack.github.check_runs(repo, sha)) for sha in shas] == before
    assert len(stack.github.comments(repo, 1)) == comments


async def test_event_that_comes_again_after_the_pull_was_closed_starts_nothing(stack: Stack) -> None:
    stack.github.store.advance(60)  # its clock is not Temporal's
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    await stack.comment(repo, number)
    await stack.github.pulls.close_pull(repo, number)
    await end(stack, repo)
    await redelivered_each_starts_nothing(stack, repo, [sha])


async def test_event_that_comes_again_after_the_branch_was_deleted_starts_nothing(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    await stack.pull(repo)
    await stack.verdict(repo, sha)
    await stack.comment(repo, 1)
    await stack.github.pushes.delete_branch(repo, "change")
    await end(stack, repo)
    await redelivered_each_starts_nothing(stack, repo, [sha])


async def test_push_that_comes_again_after_the_branch_moved_on_starts_nothing(stack: Stack) -> None:
    """Its delivery had failed, so nobody knows that the head which got its verdict is newer."""
    repo = await stack.repository(configured())
    stack.github.webhooks.faults.drop("push")
    stack.github.webhooks.faults.drop("check_suite")
    old = await stack.push(repo, {"a.txt": "1\n"})
    await stack.github.webhooks.idle()
    new = await stack.push(repo, {"a.txt": "2\n"})
    number = await stack.pull(repo)
    await stack.verdict(repo, new)
    await stack.comment(repo, number)
    await stack.github.pulls.close_pull(repo, number)
    await end(stack, repo)
    await redelivered_each_starts_nothing(stack, repo, [old, new])
    assert not stack.github.check_runs(repo, old)


async def test_pull_that_was_closed_since_it_was_looked_up_starts_nothing(stack: Stack) -> None:
    """A command, or the reconciliation, found it open; when the branch's workflow begins, it is not any more."""
    repo = await stack.repository(configured())
    for event in ("push", "check_suite", "pull_request"):
        stack.github.webhooks.faults.drop(event, times=2, recorded=False)
    sha = await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    await stack.github.pulls.close_pull(repo, number)
    where = only(stack, repo).repo
    assert where
    await stack.temporal.start_workflow(
        ContinuousQualityWorkflow.run,
        ContinuousQualityInput(Head(where, branch="change"), "main"),
        id=f"quality:{repo}@change",
        task_queue=stack.settings.task_queue,
        start_signal="pull_changed",
        start_signal_args=[{"action": "synchronize", "head": Head(where, sha, "change", "main", pull=number)}],
    )
    await end(stack, repo)
    assert not stack.github.check_runs(repo, sha)


async def test_branch_that_is_pushed_to_right_after_its_pull_was_closed_ends_some_day(stack: Stack) -> None:
    repo = await stack.repository(configured())
    held = stack.add_check_run_fault(repo, "UpdateCheckRuns", "hold")
    await stack.push(repo, {"a.txt": "1\n"})
    number = await stack.pull(repo)
    await stack.until(lambda: held.seen)
    await stack.github.webhooks.idle()
    await stack.github.pulls.close_pull(repo, number)
    await stack.github.webhooks.idle()
    new = await stack.push(repo, {"a.txt": "2\n"})
    await stack.github.webhooks.idle()
    held.release()
    assert (await stack.verdict(repo, new))["gate"]["conclusion"] == "success"
    await until(partial(waits_for_a_timer, stack.temporal, f"quality:{repo}@change"))


async def test_branch_without_a_pull_ends_and_begins_anew(stack: Stack) -> None:
    """Pushes, GitHub's own button and a pull request find it again."""
    repo = await stack.repository(configured())
    workflow_id = f"quality:{repo}@change"
    first = await started(stack, repo, "change", {"a.txt": "x\n"})
    await stack.verdict(repo, first)
    await end(stack, repo)
    stack.github.checks.rerun_check(repo, stack.runs(repo, first)["linting"]["id"])
    runs = await stack.verdict(repo, first, gates=2)
    assert runs["gate"]["conclusion"] == "success"
    assert len(stack.github.check_runs(repo, first)) == 9 + 2, "that check alone is run again"
    handle = stack.temporal.get_workflow_handle(workflow_id)
    await stack.temporal.get_workflow_handle(workflow_id).terminate()
    second = await stack.push(repo, {"a.txt": "y\n"})
    await stack.verdict(repo, second)
    await handle.terminate()
    number = await stack.pull(repo)
    await stack.comment(repo, number)
    assert (await handle.query("get_overview"))["head"] == second


async def started(stack: Stack, repo: str, branch: str, files: dict[str, str]) -> str:
    """Pushes to a branch whose workflow ends as soon as it has nothing to do; its sha."""
    for event in ("push", "check_suite"):
        stack.github.webhooks.faults.drop(event, recorded=False)
    sha = await stack.push(repo, files, branch=branch)
    await stack.github.webhooks.idle()
    where = only(stack, repo).repo
    assert where
    head = Head(where, sha, branch)
    await stack.temporal.start_workflow(
        ContinuousQualityWorkflow.run,
        ContinuousQualityInput(Head(where, branch=branch), "main", idle_s=0.1),
        id=f"quality:{repo}@{branch}",
        task_queue=stack.settings.task_queue,
        start_signal="pushed",
        start_signal_args=[{"head": head, "sent_at": stack.github.store.time()}],
    )
    return sha


async def test_branch_that_judges_pulls_is_kept(stack: Stack) -> None:
    """It knows which configuration it announced last. A branch that is kept needs no timer."""
    repo = await stack.repository(configured())
    sha = await started(stack, repo, "main", {"a.txt": "x\n"})
    await stack.verdict(repo, sha)
    handle = stack.temporal.get_workflow_handle(f"quality:{repo}@main")

    async def settled() -> bool:
        return bool((await handle.query("get_settled"))["sha"])

    await until(settled)
    events = (await handle.fetch_history()).events
    assert not [each for each in events if each.event_type == EventType.EVENT_TYPE_TIMER_STARTED]
    assert (await handle.describe()).close_time is None
