"""Heads whose events were lost, or whose verdict was removed, get one; all others stay unchanged."""

import itertools
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType

from activities.model import Head, RepoRef
from tests.deadlines import WITHIN_S, until
from tests.end_to_end.repos import CHECKS, configured
from tests.stack import Stack
from workflows import ids
from workflows.event_recovery.reconciliation import ReconciliationInput, ReconciliationResult, ReconciliationWorkflow
from workflows.messages import PullChanged, Pushed

pytestmark = pytest.mark.asyncio(loop_scope="session")

_runs = itertools.count()


async def reconcile(stack: Stack, input: ReconciliationInput | None = None, id: str = "") -> ReconciliationResult:
    """One look, as the schedule's."""
    return await stack.temporal.execute_workflow(
        ReconciliationWorkflow.run,
        input or ReconciliationInput(),
        id=id or f"reconciliation-{next(_runs)}",
        task_queue=stack.settings.task_queue,
    )


def only(stack: Stack, repo: str) -> ReconciliationInput:
    """A look at one repository."""
    there = stack.github.store.repository(repo)
    installation = stack.github.store.installation_of(there)
    assert installation
    return ReconciliationInput(
        installation.id, repo=RepoRef(there.owner.login, there.name, installation.id, id=there.id)
    )


def deaf(stack: Stack, times: int = 1) -> None:
    """Nothing of the next pushes is sent, and GitHub's log does not know of it."""
    for event in ("push", "check_suite", "pull_request"):
        stack.github.webhooks.faults.drop(event, times, recorded=False)


async def missed_head(stack: Stack, **options: Any) -> tuple[str, str, int]:
    """(repository, sha, pull) of an open pull that the bot does not know of."""
    repo = await stack.repository(configured(), **options)
    deaf(stack)
    sha = await stack.push(repo, {"a.txt": "x\n"}, login=repo.partition("/")[0])
    number = await stack.pull(repo, login=repo.partition("/")[0])
    await stack.github.webhooks.idle()
    assert not stack.github.check_runs(repo, sha)
    return repo, sha, number


async def gates_ended(stack: Stack, repo: str, count: int) -> None:
    """Returns once the branch knows that so many of its gates have ended."""
    events = stack.temporal.get_workflow_handle(f"quality:{repo}@change").fetch_history_events(wait_new_event=True)
    async for event in events:
        count -= event.event_type == EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED
        if not count:
            return


async def stats(stack: Stack, repo: str) -> dict[str, int]:
    return dict(await stack.temporal.get_workflow_handle(f"quality:{repo}@change").query("get_stats"))


def asked(stack: Stack, repo: str, since: int) -> list[tuple[str, str, int]]:
    """(method, last word of the path, status) of what was asked about a repository."""
    requests = [each for each in stack.github.requests[since:] if f"/{repo}/" in each.path]
    return [(each.method, each.path.rpartition("/")[2], each.status) for each in requests]


async def test_missed_head_gets_its_gate_and_comment(stack: Stack) -> None:
    repo, sha, number = await missed_head(stack)
    counted = await reconcile(stack)
    assert counted.heads >= 1
    runs = await stack.verdict(repo, sha)
    assert set(runs) == {*CHECKS, "gate"}
    await stack.comment(repo, number)
    assert (await reconcile(stack, only(stack, repo))).heads == 0
    assert await stats(stack, repo) == {"gates": 1, "heads": 1}
    assert len(stack.github.check_runs(repo, sha)) == len(CHECKS) + 1
    assert len(stack.github.comments(repo, number)) == 1


async def test_missed_pull_of_a_gated_head_gets_its_comment(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    await stack.verdict(repo, sha)
    deaf(stack)
    number = await stack.pull(repo)
    await stack.github.webhooks.idle()
    assert (await reconcile(stack, only(stack, repo))).heads == 0
    await stack.comment(repo, number)
    assert await stats(stack, repo) == {"gates": 1, "heads": 1}
    before = len(stack.github.requests)
    await reconcile(stack, only(stack, repo))
    assert ("GET", "pulls") in [one[:2] for one in asked(stack, repo, before)]
    assert len(stack.github.comments(repo, number)) == 1


async def test_running_gate_is_not_disturbed(stack: Stack) -> None:
    repo = await stack.repository(configured())
    held = stack.add_check_run_fault(repo, "CreateCheckRuns", "hold")
    sha = await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    await stack.until(lambda: held.seen)
    for _ in range(3):
        counted = await reconcile(stack, only(stack, repo))
        assert (counted.heads, counted.rerun) == (1, 0)
    held.release()
    await stack.verdict(repo, sha)
    await stack.comment(repo, number)
    assert await stats(stack, repo) == {"gates": 1, "heads": 1}
    assert len(stack.github.check_runs(repo, sha)) == len(CHECKS) + 1


async def test_unchanged_repository_costs_one_free_request(stack: Stack) -> None:
    repo, sha, _ = await missed_head(stack)
    await reconcile(stack, only(stack, repo))
    await stack.verdict(repo, sha)
    await stack.comment(repo, 1)
    await reconcile(stack, only(stack, repo))
    before = len(stack.github.requests)
    await reconcile(stack, only(stack, repo))
    assert asked(stack, repo, before) == [("GET", "pulls", 304)]


async def test_drafts_closed_and_old_pulls_are_skipped(stack: Stack) -> None:
    draft, draft_sha, number = await missed_head(stack)
    deaf(stack)
    stack.github.pulls.set_draft(draft, number, True)
    closed, closed_sha, number = await missed_head(stack)
    deaf(stack)
    await stack.github.pulls.close_pull(closed, number)
    old, old_sha, number = await missed_head(stack)
    a_month_ago = datetime.fromtimestamp(time.time() - 30 * 24 * 3600, UTC)
    stack.github.store.issue(old, number).updated_at = a_month_ago.strftime("%Y-%m-%dT%H:%M:%SZ")
    await stack.github.webhooks.idle()
    for repo, sha in ((draft, draft_sha), (closed, closed_sha), (old, old_sha)):
        assert (await reconcile(stack, only(stack, repo))).heads == 0
        assert not stack.github.check_runs(repo, sha)


async def test_removed_verdict_is_restored_from_stored_results(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    await stack.comment(repo, number)
    stack.github.store.repository(repo).suites[sha].runs.clear()
    scope = only(stack, repo)
    assert (await reconcile(stack, scope)).rerun == 1
    await gates_ended(stack, repo, 2)
    runs = await stack.verdict(repo, sha)
    assert set(runs) == {*CHECKS, "gate"}
    assert (await reconcile(stack, scope)).rerun == 0
    assert await stats(stack, repo) == {"gates": 2, "heads": 1}
    result = await stack.workflows.wait_for_result(ids.quality_gate(repo, sha))
    assert all(check["cached"] for check in result["result"]["checks"] if check["status"] != "skipped")
    assert len(stack.github.comments(repo, number)) == 1


async def test_lost_verdict_is_restored_once(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    await stack.pull(repo)
    await stack.verdict(repo, sha)
    await stack.comment(repo, 1)
    handle = stack.temporal.get_workflow_handle(f"quality:{repo}@change")
    settled = await handle.query("get_settled")
    assert settled == {"sha": sha, "attempts": 1, "paused": False}
    for _ in range(3):
        await handle.signal("verdict_lost", settled)
    await gates_ended(stack, repo, 2)
    await handle.signal("verdict_lost", settled)
    assert await stats(stack, repo) == {"gates": 2, "heads": 1}


async def test_stopped_head_stays_stopped(stack: Stack) -> None:
    repo = await stack.repository(configured({"security": "tail -f /dev/null"}))
    sha = await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    await stack.until(lambda: stack.runs(repo, sha).get("linting", {}).get("status") == "completed")
    stack.github.issues.add_comment(repo, number, "/stop")
    runs = await stack.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == "cancelled"
    counted = await reconcile(stack, only(stack, repo))
    assert (counted.heads, counted.rerun) == (1, 0)
    assert (await reconcile(stack, only(stack, repo))).heads == 0
    assert len(stack.github.check_runs(repo, sha)) == len(CHECKS) + 1


async def test_missed_ready_for_review_is_recovered(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo, draft=True)
    branch = stack.temporal.get_workflow_handle(f"quality:{repo}@change")

    async def is_draft() -> bool:
        return bool((await branch.query("get_overview"))["draft"])

    await until(is_draft)
    deaf(stack)
    stack.github.pulls.set_draft(repo, number, False)
    await stack.github.webhooks.idle()
    await reconcile(stack, only(stack, repo))
    assert not await is_draft()
    await stack.until(
        lambda: any(
            run["conclusion"] == "success"
            for run in stack.github.check_runs(repo, sha)
            if run["name"] == "autobuild / gate"
        )
    )


async def two_pushes(stack: Stack) -> tuple[str, str, str, int]:
    """(repository, old head, new head, pull): the events of the second push and of the pull were lost, the first one's
    delivery failed."""
    repo = await stack.repository(configured())
    stack.github.webhooks.faults.drop("push")
    stack.github.webhooks.faults.drop("check_suite")
    old = await stack.push(repo, {"a.txt": "1\n"})
    await stack.github.webhooks.idle()
    deaf(stack)
    new = await stack.push(repo, {"a.txt": "2\n"})
    return repo, old, new, await stack.pull(repo)


async def test_late_redelivered_push_changes_nothing(stack: Stack) -> None:
    repo, old, new, number = await two_pushes(stack)
    lost = next(each for each in reversed(stack.github.webhooks.deliveries) if each.event == "push")
    stack.github.store.issue(repo, number).updated_at = stack.github.store.stamp(stack.github.store.time() + 2)
    await reconcile(stack, only(stack, repo))
    await stack.verdict(repo, new)
    stack.github.webhooks.redeliver(lost)
    await stack.github.webhooks.idle()
    branch = stack.temporal.get_workflow_handle(f"quality:{repo}@change")
    assert (await branch.query("get_overview"))["head"] == new
    assert not stack.github.check_runs(repo, old)


async def test_within_one_second_github_is_asked_which_head_is_the_newer(stack: Stack) -> None:
    """GitHub's times do not show it: neither of a push that comes late, nor of a list of pull requests that was read
    just before the push."""
    repo, old, new, number = await two_pushes(stack)
    at = stack.github.store.repository(repo).pushed_at
    stack.github.store.issue(repo, number).updated_at = at
    await reconcile(stack, only(stack, repo))
    await stack.verdict(repo, new)
    await stack.comment(repo, number)
    branch = stack.temporal.get_workflow_handle(f"quality:{repo}@change")
    repo_ref = only(stack, repo).repo
    assert repo_ref
    seconds = datetime.fromisoformat(at).timestamp()
    named = Head(repo_ref, old, "change", "main", pull=number)
    for event in (
        Pushed(Head(repo_ref, old, "change"), sent_at=seconds),
        PullChanged("synchronize", named, sent_at=seconds, from_api=True),
    ):
        await branch.signal(event.SIGNAL, event)

    async def handled() -> bool:
        now = (await branch.describe()).raw_description
        return not now.pending_activities and not now.HasField("pending_workflow_task")

    await until(handled)
    assert (await branch.query("get_overview"))["head"] == new
    assert not stack.github.check_runs(repo, old)


async def test_suspended_installation_does_not_block_others(stack: Stack) -> None:
    asleep, asleep_sha, _ = await missed_head(stack, name="example/asleep")
    awake, awake_sha, _ = await missed_head(stack)
    installation = stack.github.store.installation_of(stack.github.store.repository(asleep))
    assert installation
    stack.github.installations.suspend(installation.id)
    await reconcile(stack)
    await stack.verdict(awake, awake_sha)
    assert (await reconcile(stack, ReconciliationInput(installation.id))).failed == 1
    assert not stack.github.check_runs(asleep, asleep_sha)
    stack.github.installations.unsuspend(installation.id)
    await reconcile(stack, ReconciliationInput(installation.id))
    await stack.verdict(asleep, asleep_sha)


async def test_failing_repository_does_not_block_others(stack: Stack) -> None:
    broken, broken_sha, _ = await missed_head(stack)
    fine, fine_sha, _ = await missed_head(stack)
    fault = stack.github.faults.add("GET", f"/repos/{broken}/pulls", status=500, times=1000)
    counted = await reconcile(stack)
    assert counted.failed == 1
    await stack.verdict(fine, fine_sha)
    fault.release()
    await reconcile(stack)
    await stack.verdict(broken, broken_sha)


async def test_revoked_token_is_renewed_at_once(stack: Stack) -> None:
    repo, sha, _ = await missed_head(stack)
    known = await stack.repository(configured())
    assert (await reconcile(stack, only(stack, known))).failed == 0
    stack.github.store.tokens.clear()
    assert (await reconcile(stack, only(stack, repo))).failed == 0
    await stack.verdict(repo, sha)


async def test_long_reconciliation_continues_as_new(stack: Stack) -> None:
    missed = [await missed_head(stack), await missed_head(stack, name="example/far-away")]
    counted = await reconcile(stack, ReconciliationInput(events_a_run=1), id="long")
    first = stack.temporal.get_workflow_handle("long", first_execution_run_id=None)
    assert counted.repositories == len(stack.github.store.repositories) - len(_forks(stack))
    assert counted.heads >= 2
    for repo, sha, _ in missed:
        await stack.verdict(repo, sha)
    started = (await first.fetch_history()).events[0].workflow_execution_started_event_attributes
    assert started.continued_execution_run_id, "the last run is not the first one"


def _forks(stack: Stack) -> list[str]:
    """Repositories that the app is not installed on."""
    repos = stack.github.store.repositories.values()
    return [repo.full_name for repo in repos if stack.github.store.installation_of(repo) is None]


async def test_fork_pull_is_reconciled_by_its_number(stack: Stack) -> None:
    repo = await stack.repository(configured())
    fork = await stack.github.repositories.add_fork(repo, "stranger")
    sha = await stack.github.pushes.push_commit(fork.full_name, "change", {"a.txt": "x\n"}, login="stranger")
    deaf(stack)
    number = await stack.pull(repo, branch="stranger:change", login="stranger")
    await stack.github.webhooks.idle()
    await reconcile(stack, only(stack, repo))
    runs = await stack.verdict(repo, sha)
    assert runs["gate"]["conclusion"] == "action_required"
    assert await stack.temporal.get_workflow_handle(f"quality:{repo}#{number}").query("get_status")


async def test_renamed_repository_continues_under_its_new_name(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    await stack.verdict(repo, sha)
    deaf(stack)
    new = await stack.push(repo, {"a.txt": "y\n"})
    number = await stack.pull(repo)
    await stack.github.webhooks.idle()
    name = f"{repo.partition('/')[2]}-renamed"
    stack.github.repositories.rename_repository(repo, name)
    scope = only(stack, f"octocat/{name}")
    # Temporal lists a workflow some moments after its start.
    await until(lambda: stack.workflows.list_workflows(f"WorkflowId = 'quality:{repo}@change'"))
    # GitHub's event about the new name starts another one: either may end the branch.
    counted = await reconcile(stack, ReconciliationInput(scope.installation_id, repo=scope.repo, former_name=repo))
    assert counted.failed == 0
    assert await stack.workflows.wait_for_result(f"quality:{repo}@change", WITHIN_S) is None
    await stack.verdict(f"octocat/{name}", new)
    await stack.comment(f"octocat/{name}", number)
    status = await stack.workflows.get_workflow_status(f"quality:octocat/{name}@change")
    assert status.status == "running"
