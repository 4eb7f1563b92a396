"""Redelivered, deleted and refused comments, and commands that outlast continue-as-new."""

from dataclasses import replace

import pytest

from activities.model import Head, RepoRef
from activities.quality_gate.types import GateOverride
from tests.deadlines import WITHIN_S
from tests.end_to_end.repos import configured
from tests.end_to_end.test_branch import hanging, slow
from tests.end_to_end.test_commands import pull, said
from tests.end_to_end.test_requests import forked, named
from tests.stack import Stack
from workflows import ids
from workflows.quality.branch_state import BranchState, ContinuousQualityInput, GateTarget

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_redelivered_comment_runs_once(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    stack.github.webhooks.faults.duplicate("issue_comment", times=1)
    held = stack.github.webhooks.faults.hold("issue_comment")
    comment = stack.github.issues.add_comment(repo, number, "/retest linting\n/help\n/status\n/retest linting")
    delivery = held.waiting[0]
    stack.github.issues.edit_comment(repo, comment.id, "/stop")
    stack.github.issues.delete_comment(repo, comment.id)
    held.release()
    for _ in range(5):
        stack.github.webhooks.redeliver(delivery)
    await stack.github.webhooks.idle()
    await stack.verdict(repo, sha, gates=2)
    assert await stack.workflows.wait_for_result(f"command:{repo}!comment-{comment.id}", WITHIN_S) == {
        "outcome": "done"
    }
    stack.github.webhooks.redeliver(delivery)
    await stack.github.webhooks.idle()
    await stack.ask(repo, number, "/status")
    assert named(stack, repo, sha, "gate") == 2
    assert len(said(stack, repo, number)) == 2


async def test_override_on_a_fork_waits_for_approval(stack: Stack) -> None:
    repo, sha, number = await forked(stack)
    await stack.verdict(repo, sha)
    assert await stack.ask(repo, number, "/override linting I read it myself") == ["eyes"]
    runs = await stack.verdict(repo, sha, gates=2)
    assert runs["gate"]["conclusion"] == "action_required"
    assert await stack.ask(repo, number, f"/ok-to-test {sha}") == ["eyes"]
    runs = await stack.verdict(repo, sha, gates=3)
    assert (runs["linting"]["conclusion"], runs["gate"]["conclusion"]) == ("neutral", "success")


async def test_permission_lost_meanwhile_is_refused(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    stack.github.repositories.set_permission(repo, "maintainer", "maintain")
    held = stack.github.faults.add("GET", f"/repos/{repo}/collaborators/maintainer/permission", "hold")
    comment = stack.github.issues.add_comment(repo, number, "/override linting it is wrong", login="maintainer")
    await stack.until(lambda: held.seen)
    stack.github.repositories.set_permission(repo, "maintainer", "write")
    held.release()
    await stack.until(lambda: comment.reactions)
    assert [reaction.content for reaction in comment.reactions] == ["confused"]
    assert named(stack, repo, sha, "gate") == 1


async def test_unavailable_permission_is_refused(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    stack.github.faults.add("GET", f"/repos/{repo}/collaborators/octocat/permission", status=403)
    assert await stack.ask(repo, number, "/retest") == ["confused"]
    stack.github.faults.add("GET", f"/repos/{repo}/collaborators/octocat/permission", "hang_up")
    stack.github.faults.add("GET", f"/repos/{repo}/collaborators/octocat/permission", "half")
    assert await stack.ask(repo, number, "/status") == ["eyes"]
    assert named(stack, repo, sha, "gate") == 1


async def test_comments_of_bots_are_ignored(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    stack.github.store.add_user("helper[bot]", "Bot")
    silent = [
        stack.github.issues.add_comment(repo, number, "/retest", login=name)
        for name in ("helper[bot]", "autobuild[bot]")
    ]
    await stack.github.webhooks.idle()
    await stack.ask(repo, number, "/status")
    assert [one.reactions for one in silent] == [[], []]
    assert named(stack, repo, sha, "gate") == 1


async def test_issue_deleted_before_the_answer(stack: Stack) -> None:
    repo = await stack.repository(configured())
    number = stack.github.issues.open_issue(repo, "A wish").number
    held = stack.github.faults.add("GET", f"/repos/{repo}/collaborators/octocat/permission", "hold")
    comment = stack.github.issues.add_comment(repo, number, "/status")
    await stack.until(lambda: held.seen)
    stack.github.issues.delete_issue(repo, number)
    held.release()
    result = await stack.workflows.wait_for_result(f"command:{repo}!comment-{comment.id}", WITHIN_S)
    assert result == {"outcome": "done"}


async def test_pull_closed_before_its_commands_run(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    held = stack.github.faults.add("GET", f"/repos/{repo}/collaborators/octocat/permission", "hold")
    comment = stack.github.issues.add_comment(repo, number, "/retest\n/stop\n/override linting so it is\n/fix\n/retry")
    await stack.until(lambda: held.seen)
    await stack.github.pulls.close_pull(repo, number)
    held.release()
    await stack.workflows.wait_for_result(f"command:{repo}!comment-{comment.id}", WITHIN_S)
    (answer,) = said(stack, repo, number)
    assert answer.count("This pull request is closed, so nothing was run.") == 1
    assert named(stack, repo, sha, "gate") == 1


async def test_stop_and_override_survive_continue_as_new(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    handle = stack.temporal.get_workflow_handle(f"quality:{repo}@change")
    await handle.terminate("to begin anew")
    overridden_by = "Overridden by @octocat for this commit: it is wrong"
    owner, name = repo.split("/")
    installation = stack.github.store.installation_of(stack.github.store.repository(repo))
    assert installation
    branch = Head(RepoRef(owner, name, installation.id), branch="change")
    target = GateTarget(replace(branch, sha=sha, pull=number))
    state = BranchState(
        target,
        "main",
        attempts={sha: 1},
        stopped="Stopped by @octocat.",
        overrides={"linting": GateOverride("octocat", overridden_by, ("main",))},
    )
    argument = ContinuousQualityInput(branch, "main", state)
    await stack.temporal.start_workflow("ContinuousQualityWorkflow", argument, id=handle.id, task_queue=ids.TASK_QUEUE)
    await stack.ask(repo, number, "/status")
    assert "was stopped" in said(stack, repo, number)[-1]
    assert "it is wrong" in said(stack, repo, number)[-1]
    assert named(stack, repo, sha, "gate") == 1
    await stack.ask(repo, number, "/retry")
    runs = await stack.verdict(repo, sha, gates=2)
    assert (runs["linting"]["conclusion"], runs["gate"]["conclusion"]) == ("neutral", "success")


async def test_status_of_a_terminated_workflow(stack: Stack) -> None:
    repo = await stack.repository(slow())
    sha = await hanging(stack, repo, "terminated")
    number = await stack.pull(repo)
    await stack.github.webhooks.idle()
    await stack.temporal.get_workflow_handle(f"quality:{repo}@change").terminate("by hand")
    await stack.ask(repo, number, "/status\n/stop")
    answer = said(stack, repo, number)[-1]
    assert f"The gate of `{sha[:12]}` did not finish." in answer
    await stack.until(lambda: "Stopped by" in (stack.runs(repo, sha)["gate"]["output"]["summary"] or ""))
    await stack.github.pulls.close_pull(
        repo, number
    )  # Or the next reconciliation of all repositories takes it up again.


async def test_at_most_ten_commands_run(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    many = "\n".join(
        f"/help {name}" for name in ("fix", "help", "ok-to-test", "override", "retest", "retry", "status", "stop")
    )
    await stack.ask(repo, number, many + "\n/status\n/retset\n/status again\n/stop")
    (answer,) = said(stack, repo, number)
    assert answer.count("You have admin access here:") == 8
    assert f"\n\nThe gate of `{sha[:12]}` failed" in answer  # below a list, and no part of it
    assert "Did you mean `/retest [check …]`?" in answer
    assert "takes no words" not in answer  # the eleventh


@pytest.mark.parametrize(
    "text", ["\ufeffversion: 1\n".encode("utf-16"), b"\xff\xfe\x00", b"version: 1\n#" + b"x" * 1_100_000]
)
async def test_binary_configuration_leaves_the_last_valid_ones_permissions(stack: Stack, text: bytes) -> None:
    repo, sha, number = await pull(stack)
    await stack.push(repo, {".github/autobuild.yml": text}, branch="main")
    assert await stack.ask(repo, number, "/retest", login="stranger") == ["confused"]
    gates = named(stack, repo, sha, "gate")
    assert await stack.ask(repo, number, "/retest") == ["eyes"]
    runs = await stack.verdict(repo, sha, gates=gates + 1)
    assert ".github/autobuild.yml" in runs["gate"]["output"]["summary"]
