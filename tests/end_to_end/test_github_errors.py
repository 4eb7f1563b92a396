"""Errors of GitHub while a gate runs: nothing is lost or created twice, and every gate ends."""

import time
from collections.abc import Sequence

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflow.v1 import PendingActivityInfo

from simulator.github.rest.faults import ApiFault
from tests.deadlines import WITHIN_S, until
from tests.end_to_end.gates import TEXT, all_ended, config, repository, still_works, title
from tests.end_to_end.repos import CHECKS, configured
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

MANY = "".join(f"a.txt:{n}: warning: number {n}\n" for n in range(1, 121))
CHANGE = {"a.txt": "x\n" * 120, "lint.txt": MANY}


CREATE, UPDATE = "CreateCheckRuns", "UpdateCheckRuns"
"""The path, and which mutation is meant."""


def runs_of(repo: str) -> str:
    return f"/repos/{repo}/check-runs"


async def complete(stack: Stack, repo: str) -> None:
    """A gated pull request has nine ended check runs, each annotation once, and one comment."""
    sha = await stack.push(repo, CHANGE)
    number = await stack.pull(repo)
    runs = await all_ended(stack, repo, sha)
    assert runs["gate"]["conclusion"] == "failure"
    lines = [note["start_line"] for note in runs["linting"]["annotations"]]
    assert sorted(lines) == list(range(1, 121))
    assert "linting" in await stack.comment(repo, number)
    await stack.github.webhooks.idle()
    assert await stack.workflows.get_workflow_status(f"quality:{repo}@change")
    assert len(stack.github.comments(repo, number)) == 1
    assert len(stack.github.check_runs(repo, sha)) == len(CHECKS) + 1


async def test_broken_api_answers_are_retried(stack: Stack) -> None:
    repo = await stack.repository(configured())
    comments = f"/repos/{repo}/issues/\\d+/comments"
    add = stack.github.faults.add
    faults = [
        stack.add_check_run_fault(repo, CREATE, "half", after=True),
        stack.add_check_run_fault(repo, UPDATE, status=502),
        stack.add_check_run_fault(repo, UPDATE, "half", after=True),
        stack.add_check_run_fault(repo, UPDATE, "hang_up"),
        add("GET", f"/repos/{repo}/commits/[^/]+/check-runs", "half"),
        add("POST", comments, "half", after=True),
        add("GET", comments, status=503),
    ]
    await complete(stack, repo)
    assert _all_hit(faults)


async def test_without_graphql_each_run_is_written_by_rest(stack: Stack) -> None:
    repo = await stack.repository(configured())
    fault = stack.add_check_run_fault(repo, "", status=404, times=1000)
    run = stack.github.faults.add("PATCH", f"{runs_of(repo)}/\\d+", "half", after=True)
    await complete(stack, repo)
    fault.times = 0
    assert fault.seen
    assert _all_hit([run])


async def test_rate_limits_are_waited_for(stack: Stack) -> None:
    repo = await stack.repository(configured())
    add = stack.github.faults.add
    faults = [
        stack.add_check_run_fault(repo, CREATE, "secondary"),
        stack.add_check_run_fault(repo, UPDATE, "secondary", status=429),
        add("POST", f"/repos/{repo}/issues/\\d+/comments", "primary"),
    ]
    await complete(stack, repo)
    assert _all_hit(faults)


async def test_reserve_of_requests_is_left_to_check_runs(stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    """The comment waits for the next hour, and is tried without end. Each limit is one line of the log."""
    repo = await stack.repository(configured(), name="organization/reserve")
    store = stack.github.store
    installation = store.installation_of(store.repository(repo))
    assert installation
    for resource in ("", ":graphql"):
        used = store.rate_limit * 91 // 100
        store.spend(f"installation:{installation.id}{resource}", used)
    sha = await stack.push(repo, CHANGE, login="organization")
    number = await stack.pull(repo, login="organization")
    runs = await all_ended(stack, repo, sha)
    assert runs["gate"]["conclusion"] == "failure"
    assert len(runs) == len(CHECKS) + 1

    branch = stack.temporal.get_workflow_handle(f"quality:{repo}@change")

    async def waiting() -> Sequence[PendingActivityInfo]:
        pending = (await branch.describe()).raw_description.pending_activities
        return [each for each in pending if each.HasField("last_failure")]

    [comment] = await until(waiting)
    assert comment.activity_type.name == "update_gate_comment"
    assert comment.maximum_attempts == 0
    assert comment.next_attempt_schedule_time.ToSeconds() > time.time() + 3000
    assert stack.github.comments(repo, number) == []
    lines = [record.getMessage() for record in caplog.records if record.name == "autobuild.github"]
    assert len([line for line in lines if "github=budget" in line and "resource=core" in line]) == 1
    assert len([line for line in lines if "github=limited activity=update_gate_comment" in line]) == 1
    assert [record for record in caplog.records if record.exc_info and repo in record.getMessage()] == []
    stack.github.installations.remove_installation(installation.id)  # it has no requests left for what other tests ask


def _all_hit(faults: list[ApiFault]) -> bool:
    return all(fault.times == 0 for fault in faults)


async def test_removed_check_runs_are_created_again(stack: Stack) -> None:
    repo = await stack.repository(configured())
    held = stack.add_check_run_fault(repo, UPDATE, "hold")
    sha = await stack.push(repo, CHANGE)
    await stack.until(lambda: held.seen)
    stack.github.store.repository(repo).suites[sha].runs.clear()
    held.release()
    runs = await all_ended(stack, repo, sha)
    assert title(runs, "linting") == "120 new warnings; 0 known."


async def test_superseded_while_check_runs_are_created(stack: Stack) -> None:
    repo = await stack.repository(configured())
    held = stack.add_check_run_fault(repo, CREATE, "hold")
    old = await stack.push(repo, {"a.txt": "1\n"})
    await stack.until(lambda: held.seen)
    new = await stack.push(repo, {"a.txt": "2\n"})
    await _superseded(stack, f"quality-gate:{repo}@{old}")
    held.release()
    assert (await all_ended(stack, repo, new))["gate"]["conclusion"] == "success"
    runs = await all_ended(stack, repo, old)
    assert {run["conclusion"] for run in runs.values()} == {"cancelled"}
    assert new[:7] in runs["gate"]["output"]["summary"]


async def _superseded(stack: Stack, gate: str) -> None:
    """Returns once the gate knows it."""
    handle = stack.temporal.get_workflow_handle(gate)
    async for event in handle.fetch_history_events(wait_new_event=True):
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
            break
    await handle.query("get_status")


async def test_installation_suspended_during_a_gate(stack: Stack) -> None:
    repo = await stack.repository(configured(), name="example/suspended")
    installation = stack.github.store.installation_of(stack.github.store.repository(repo))
    assert installation
    held = stack.add_check_run_fault(repo, UPDATE, "hold")
    sha = await stack.push(repo, CHANGE, login="example")
    await stack.pull(repo, login="example")
    await stack.until(lambda: held.seen)
    stack.github.installations.suspend(installation.id)
    held.release()
    outcome = await stack.workflows.wait_for_result(f"quality-gate:{repo}@{sha}", WITHIN_S)
    assert outcome["result"]["state"] == "failed"
    refused = [one for one in stack.github.requests if f"/{repo}/" in one.path and one.status == 403]
    assert len(refused) < 20  # each report is tried once
    stack.github.installations.unsuspend(installation.id)
    new = await stack.push(repo, {"lint.txt": ""}, login="example")
    # The reconciliation after that may have the head gated again, which ends the first gate's runs.
    await stack.until(lambda: stack.runs(repo, new).get("gate", {}).get("conclusion") == "success")


async def test_installation_without_checks_permission(stack: Stack) -> None:
    repo = await stack.repository(configured(), name="example/forbidden")
    installation = stack.github.store.installation_of(stack.github.store.repository(repo))
    assert installation
    installation.permissions["checks"] = "read"
    sha = await stack.push(repo, CHANGE, login="example")

    async def began() -> bool:
        return bool(await stack.workflows.list_workflows(f'WorkflowId = "quality-gate:{repo}@{sha}"'))

    await until(began)
    outcome = await stack.workflows.wait_for_result(f"quality-gate:{repo}@{sha}", WITHIN_S)
    assert outcome["result"]["state"] == "error"
    assert "does not grant `checks: write`" in outcome["result"]["reason"]
    installation.permissions["checks"] = "write"
    new = await stack.push(repo, {"lint.txt": ""}, login="example")
    assert (await all_ended(stack, repo, new))["gate"]["conclusion"] == "success"


async def test_redelivered_events_change_nothing(stack: Stack) -> None:
    repo = await repository(stack, config(linting={"command": "true", **TEXT}))
    sha = await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    await all_ended(stack, repo, sha)
    await stack.comment(repo, number)
    before, requests = stack.github.check_runs(repo, sha), len(_written(stack, repo))
    for delivery in [one for one in stack.github.webhooks.deliveries if f'"{repo}"' in one.body.decode()]:
        stack.github.webhooks.redeliver(delivery)
    await stack.github.webhooks.idle()
    branch = stack.temporal.get_workflow_handle(f"quality:{repo}@change")
    assert await branch.query("get_status") == "passed"
    assert await branch.query("get_stats") == {"gates": 1, "heads": 1}
    assert stack.github.check_runs(repo, sha) == before
    assert len(_written(stack, repo)) == requests
    await still_works(stack)


def _written(stack: Stack, repo: str) -> list[str]:
    return [one.path for one in stack.github.requests if f"/{repo}/" in one.path and one.method != "GET"]
