"""Reports that GitHub refuses, and removed installations: every workflow ends in a clear state."""

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus

from tests.deadlines import WITHIN_S
from tests.end_to_end.repos import CHECKS, configured
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def pending(stack: Stack, workflow_id: str) -> list[str]:
    """Activities of a workflow that are on their way or are tried again."""
    there = await stack.temporal.get_workflow_handle(workflow_id).describe()
    return [one.activity_type.name for one in there.raw_description.pending_activities]


async def gate_ended(stack: Stack, workflow_id: str) -> None:
    """Returns once the branch's first gate has ended in one way or the other."""
    events = stack.temporal.get_workflow_handle(workflow_id).fetch_history_events(wait_new_event=True)
    ends = (
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED,
    )
    async for event in events:
        if event.event_type in ends:
            return


async def test_refused_comment_does_not_end_the_branch(stack: Stack) -> None:
    repo = await stack.repository(configured())
    refused = stack.github.faults.add("POST", f"/repos/{repo}/issues/\\d+/comments", status=422)
    sha = await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    await stack.until(lambda: refused.seen)
    new = await stack.push(repo, {"a.txt": "y\n"})
    await stack.verdict(repo, new)
    await stack.comment(repo, number)
    branch = stack.temporal.get_workflow_handle(f"quality:{repo}@change")
    assert await branch.query("get_stats") == {"gates": 2, "heads": 2}


async def test_refused_verdict_does_not_end_the_branch(stack: Stack) -> None:
    repo = await stack.repository(configured({"linting": "exit 1"}))
    held = stack.add_check_run_fault(repo, "CreateCheckRuns", "hold")
    sha = await stack.push(repo, {"a.txt": "x\n"})
    await stack.until(lambda: held.seen)
    held.release()
    await stack.until(lambda: len(stack.runs(repo, sha)) == len(CHECKS) + 1)
    gate = stack.runs(repo, sha)["gate"]["id"]
    stack.add_check_run_fault(repo, "UpdateCheckRuns", status=422, times=4)
    stack.github.faults.add("PATCH", f"/repos/{repo}/check-runs/{gate}", status=422, times=4)
    branch = stack.temporal.get_workflow_handle(f"quality:{repo}@change")
    await gate_ended(stack, branch.id)
    before = await branch.describe()
    new = await stack.push(repo, {"a.txt": "y\n"})
    await stack.verdict(repo, new)
    after = await branch.describe()
    assert (after.run_id, after.status) == (before.run_id, WorkflowExecutionStatus.RUNNING)


async def test_installation_removed_during_a_gate(stack: Stack) -> None:
    repo = await stack.repository(configured(), name="example-3/removed")
    installation = stack.github.store.installation_of(stack.github.store.repository(repo))
    assert installation
    held = stack.add_check_run_fault(repo, "UpdateCheckRuns", "hold")
    sha = await stack.push(repo, {"a.txt": "x\n"}, login="example-3")
    await stack.pull(repo, login="example-3")
    await stack.until(lambda: held.seen)
    stack.github.installations.remove_installation(installation.id)
    held.release()
    outcome = await stack.workflows.wait_for_result(f"quality-gate:{repo}@{sha}", WITHIN_S)
    assert outcome["result"]["state"] in ("passed", "error")
    await stack.github.webhooks.idle()
    assert not await pending(stack, f"quality:{repo}@change")
    again = stack.github.installations.add_installation("example-3")
    assert again.id != installation.id
    await stack.until(lambda: stack.runs(repo, sha).get("gate", {}).get("conclusion") == "success")
    assert {run["status"] for run in stack.github.check_runs(repo, sha)} == {"completed"}
