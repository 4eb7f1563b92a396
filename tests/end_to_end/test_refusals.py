"""What GitHub refuses to take, and installations that are taken away: every workflow comes to a clear state."""

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus

from tests.end_to_end.repos import configured
from tests.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def pending(stage: Stage, workflow_id: str) -> list[str]:
    """Activities of a workflow that are on their way or are tried again."""
    there = await stage.temporal.get_workflow_handle(workflow_id).describe()
    return [one.activity_type.name for one in there.raw_description.pending_activities]


async def gate_ended(stage: Stage, workflow_id: str) -> None:
    """Returns once the branch's first gate has ended in one way or the other."""
    events = stage.temporal.get_workflow_handle(workflow_id).fetch_history_events(wait_new_event=True)
    ends = (
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED,
    )
    async for event in events:
        if event.event_type in ends:
            return


async def test_a_comment_that_github_does_not_take_ends_no_branch(stage: Stage) -> None:
    repo = await stage.repository(configured())
    refused = stage.github.faults.add("POST", f"/repos/{repo}/issues/\\d+/comments", status=422)
    sha = await stage.push(repo, {"a.txt": "x\n"})
    number = await stage.pull(repo)
    await stage.verdict(repo, sha)
    await stage.until(lambda: refused.seen)
    new = await stage.push(repo, {"a.txt": "y\n"})
    await stage.verdict(repo, new)
    await stage.comment(repo, number)
    branch = stage.temporal.get_workflow_handle(f"quality:{repo}@change")
    assert await branch.query("get_stats") == {"gates": 2, "heads": 2}


async def test_a_gates_last_word_that_github_does_not_take_ends_no_branch(stage: Stage) -> None:
    repo = await stage.repository(configured({"linting": "exit 1"}))
    held = stage.github.faults.add("POST", f"/repos/{repo}/check-runs", "hold")
    sha = await stage.push(repo, {"a.txt": "x\n"})
    await stage.until(lambda: held.seen)
    held.release()
    await stage.until(lambda: len(stage.runs(repo, sha)) == 9)
    gate = stage.runs(repo, sha)["gate"]["id"]
    stage.github.faults.add("PATCH", f"/repos/{repo}/check-runs/{gate}", status=422, times=4)
    branch = stage.temporal.get_workflow_handle(f"quality:{repo}@change")
    await gate_ended(stage, branch.id)
    before = await branch.describe()
    new = await stage.push(repo, {"a.txt": "y\n"})
    await stage.verdict(repo, new)
    after = await branch.describe()
    assert (after.run_id, after.status) == (before.run_id, WorkflowExecutionStatus.RUNNING)


async def test_an_installation_that_is_removed_in_the_middle(stage: Stage) -> None:
    repo = await stage.repository(configured(), name="example-3/removed")
    installation = stage.github.installation_of(stage.github.repository(repo))
    assert installation
    held = stage.github.faults.add("GET", f"/repos/{repo}/check-runs/\\d+", "hold")
    sha = await stage.push(repo, {"a.txt": "x\n"}, login="example-3")
    await stage.pull(repo, login="example-3")
    await stage.until(lambda: held.seen)
    stage.github.remove_installation(installation.id)
    held.release()
    outcome = await stage.workflows.wait_for_result(f"quality-gate:{repo}@{sha}", 30)
    assert outcome["result"]["state"] in ("passed", "error")
    await stage.github.hooks.idle()
    assert not await pending(stage, f"quality:{repo}@change")
    again = stage.github.add_installation("example-3")
    assert again.id != installation.id
    await stage.until(lambda: stage.runs(repo, sha).get("gate", {}).get("conclusion") == "success")
    assert {run["status"] for run in stage.github.check_runs(repo, sha)} == {"completed"}
