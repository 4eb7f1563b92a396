"""Requests of users: GitHub's re-run buttons, ours, and slash commands."""

import pytest

from tests.deadlines import WITHIN_S, until
from tests.end_to_end.repos import configured
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

FINDING = "a.txt:1: warning: this is new\n"


async def failing(stack: Stack) -> tuple[str, str, int]:
    """(repository, sha, pull) of a gated head with one new finding."""
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x = 1\n", "lint.txt": FINDING})
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    await stack.comment(repo, number)
    return repo, sha, number


def named(stack: Stack, repo: str, sha: str, name: str) -> int:
    return sum(run["name"] == f"autobuild / {name}" for run in stack.github.check_runs(repo, sha))


async def test_rerun_of_one_check_creates_its_run_and_the_gates(stack: Stack) -> None:
    repo, sha, _ = await failing(stack)
    stack.github.checks.rerun_check(repo, stack.runs(repo, sha)["linting"]["id"])
    await stack.verdict(repo, sha, gates=2)
    assert named(stack, repo, sha, "linting") == 2
    assert named(stack, repo, sha, "security") == 1


async def test_rerun_of_the_suite_runs_everything_again(stack: Stack) -> None:
    repo, sha, _ = await failing(stack)
    stack.github.checks.rerun_suite(repo, stack.runs(repo, sha)["gate"]["check_suite"]["id"])
    await stack.verdict(repo, sha, gates=2)
    assert named(stack, repo, sha, "security") == 2


async def test_retest_failed_runs_failed_checks_only(stack: Stack) -> None:
    repo, sha, number = await failing(stack)
    comment = stack.github.issues.add_comment(repo, number, "/retest failed")
    await stack.verdict(repo, sha, gates=2)
    assert named(stack, repo, sha, "linting") == 2
    assert named(stack, repo, sha, "security") == 1
    await stack.until(lambda: [reaction.content for reaction in comment.reactions] == ["eyes"])


async def test_help_is_answered_once(stack: Stack) -> None:
    repo, _, number = await failing(stack)
    stack.github.webhooks.faults.duplicate("issue_comment")
    stack.github.issues.add_comment(repo, number, "/help")
    answer = await stack.comment(repo, number, count=2)
    assert "/retest" in answer
    assert len(stack.github.comments(repo, number)) == 3


async def test_user_without_permission_runs_nothing(stack: Stack) -> None:
    repo, sha, number = await failing(stack)
    comment = stack.github.issues.add_comment(repo, number, "/retest", login="stranger")
    await stack.until(lambda: [reaction.content for reaction in comment.reactions] == ["confused"])
    assert named(stack, repo, sha, "gate") == 1


async def test_accept_baseline_makes_the_findings_known(stack: Stack) -> None:
    repo, sha, _ = await failing(stack)
    stack.github.checks.press_button(repo, stack.runs(repo, sha)["linting"]["id"], "accept-baseline")
    runs = await stack.verdict(repo, sha, gates=2)
    assert runs["linting"]["conclusion"] == runs["gate"]["conclusion"] == "success"


async def forked(stack: Stack) -> tuple[str, str, int]:
    """(repository, sha, pull) of a pull request from a fork with one finding."""
    repo = await stack.repository(configured())
    fork = await stack.github.repositories.add_fork(repo, "stranger")
    files = {"a.txt": "x\n", "lint.txt": FINDING}
    sha = await stack.github.pushes.push_commit(fork.full_name, "change", files, login="stranger")
    return repo, sha, await stack.pull(repo, branch="stranger:change", login="stranger")


async def test_fork_is_not_run_and_satisfies_no_required_check(stack: Stack) -> None:
    repo, sha, number = await forked(stack)
    runs = await stack.verdict(repo, sha)
    assert {run["conclusion"] for run in runs.values()} == {"action_required"}
    assert f"`/ok-to-test {sha}`" in runs["gate"]["output"]["summary"]
    assert [run["output"]["summary"] for run in runs.values()] == [runs["gate"]["output"]["summary"]] * len(runs)
    assert {run["output"]["title"] for run in runs.values()} == {"Waiting for maintainer approval (fork)"}
    assert f"/ok-to-test {sha}" in await stack.comment(repo, number)


async def test_ok_to_test_approves_one_head_only(stack: Stack) -> None:
    repo, sha, number = await forked(stack)
    await stack.verdict(repo, sha)
    stack.github.issues.add_comment(repo, number, f"/ok-to-test {sha}", login="stranger")
    assert "`/ok-to-test` needs write access" in await stack.comment(repo, number, count=2)
    stack.github.issues.add_comment(repo, number, f"/ok-to-test {'0' * 40}")
    answer = await stack.comment(repo, number, count=3)
    assert f"the head is `{sha}`" in answer
    assert named(stack, repo, sha, "gate") == 1
    stack.github.issues.add_comment(repo, number, f"/ok-to-test {sha}")
    runs = await stack.verdict(repo, sha, gates=2)
    assert runs["linting"]["conclusion"] == runs["gate"]["conclusion"] == "failure"
    fork = f"stranger/{repo.partition('/')[2]}"
    newer = await stack.github.pushes.push_commit(fork, "change", {"b.txt": ""}, login="stranger")
    runs = await stack.verdict(repo, newer)
    assert runs["gate"]["conclusion"] == "action_required"


@pytest.mark.parametrize("press", ["retest", "rerun"])
async def test_button_of_somebody_who_lost_access_does_nothing(stack: Stack, press: str) -> None:
    """The permission counts at the moment at which the press is carried out."""
    repo, sha, _ = await failing(stack)
    stack.github.repositories.set_permission(repo, "example", "write")
    run = stack.runs(repo, sha)["linting"]["id"]
    held = stack.github.webhooks.faults.hold("check_run")
    if press == "rerun":
        stack.github.checks.rerun_check(repo, run, login="example")
    else:
        stack.github.checks.press_button(repo, run, press, login="example")
    stack.github.repositories.set_permission(repo, "example", "read")
    held.release()
    await stack.github.webhooks.idle()

    async def outcome() -> str:
        found = await stack.workflows.list_workflows(f"WorkflowId STARTS_WITH 'command:{repo}!check-run-{run}-'")
        return next((each.workflow_id for each in found if each.status == "completed"), "")

    assert await stack.workflows.wait_for_result(await until(outcome), WITHIN_S) == {"outcome": "refused"}
    assert named(stack, repo, sha, "gate") == 1


async def test_retest_button_runs_its_check_again(stack: Stack) -> None:
    repo, sha, _ = await failing(stack)
    stack.github.checks.press_button(repo, stack.runs(repo, sha)["linting"]["id"], "retest")
    await stack.verdict(repo, sha, gates=2)
    assert named(stack, repo, sha, "linting") == 2
    assert named(stack, repo, sha, "security") == 1
