"""Requests that come while another one is still carried out: none is lost, and every check run ends."""

import asyncio

import pytest

from tests.deadlines import WITHIN_S, until
from tests.end_to_end.repos import configured
from tests.end_to_end.test_branch import hanging, slow
from tests.end_to_end.test_commands import pull, said
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

FINDINGS = {"a.txt": "x\n", "lint.txt": "a.txt:1: warning: new\n", "security.sh": "echo 'a.txt:1: error: bad'\n"}


async def two_failures(stack: Stack) -> tuple[str, str, int]:
    """(repository, sha, pull) of a head with two checks that did not pass."""
    repo = await stack.repository(slow())
    sha = await stack.push(repo, FINDINGS)
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    await stack.comment(repo, number)
    return repo, sha, number


async def settled(stack: Stack, repo: str, sha: str) -> dict[str, str]:
    """How the newest run of each check ended, once the branch waits for events."""
    handle = stack.temporal.get_workflow_handle(f"quality:{repo}@change")

    async def sha_of_settled() -> str:
        return str((await handle.query("get_settled"))["sha"])

    await until(sha_of_settled)
    return {name: run["conclusion"] or run["status"] for name, run in stack.runs(repo, sha).items()}


async def test_two_overrides_in_one_comment_both_count(stack: Stack) -> None:
    repo, sha, number = await two_failures(stack)
    body = "/override linting it is wrong\n/override security it is wrong too"
    assert await stack.ask(repo, number, body) == ["eyes"]
    ended = await settled(stack, repo, sha)
    assert (ended["linting"], ended["security"], ended["gate"]) == ("neutral", "neutral", "success")


async def test_retest_and_override_in_one_comment_both_count(stack: Stack) -> None:
    repo, sha, number = await two_failures(stack)
    before = stack.runs(repo, sha)["linting"]["id"]
    await stack.ask(repo, number, "/retest linting\n/override security it is wrong too")
    ended = await settled(stack, repo, sha)
    assert ended["security"] == "neutral"
    assert stack.runs(repo, sha)["linting"]["id"] != before
    assert ended["linting"] == "failure"


async def test_requests_of_two_people_both_count(stack: Stack) -> None:
    repo, sha, number = await two_failures(stack)
    before = stack.runs(repo, sha)
    stack.github.repositories.set_permission(repo, "writer", "write")
    await asyncio.gather(
        stack.ask(repo, number, "/retest linting"), stack.ask(repo, number, "/retest security", "writer")
    )
    ended = await settled(stack, repo, sha)
    assert (ended["linting"], ended["security"], ended["gate"]) == ("failure",) * 3
    after = stack.runs(repo, sha)
    assert all(after[name]["id"] != before[name]["id"] for name in ("linting", "security", "gate"))


async def test_simultaneous_reruns_both_count(stack: Stack) -> None:
    repo, sha, _ = await two_failures(stack)
    handle = stack.temporal.get_workflow_handle(f"quality:{repo}@change")
    await asyncio.gather(*(handle.signal("rerun", {"checks": [check]}) for check in ("linting", "security")))
    ended = await settled(stack, repo, sha)
    assert (ended["linting"], ended["security"], ended["gate"]) == ("failure",) * 3


async def test_simultaneous_override_and_rerun_both_count(stack: Stack) -> None:
    repo, sha, _ = await two_failures(stack)
    before = stack.runs(repo, sha)["linting"]["id"]
    handle = stack.temporal.get_workflow_handle(f"quality:{repo}@change")
    override = {"kind": "override", "checks": ["security"], "reason": "so"}
    said = {"at": int(stack.github.store.time())}
    await asyncio.gather(
        handle.signal("rerun", {"checks": ["linting"]}),
        handle.execute_update("request", {"what": override, "actor": "octocat", "said": said}),
    )
    ended = await settled(stack, repo, sha)
    assert ended["security"] == "neutral"
    assert ended["linting"] == "failure"
    assert stack.runs(repo, sha)["linting"]["id"] != before


async def test_retry_runs_stopped_and_failed_checks(stack: Stack) -> None:
    """A whole run that was stopped after an earlier verdict: its check runs were all cancelled."""
    repo = await stack.repository(slow())
    sha = await stack.push(repo, {"a.txt": "x\n", "lint.txt": "a.txt:1: warning: new\n"})
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    handle = stack.temporal.get_workflow_handle(f"quality:{repo}@change")
    held = stack.add_check_run_fault(repo, "UpdateCheckRuns", "hold")
    await handle.signal("rerun", {})
    await stack.until(lambda: held.seen)
    said = {"at": int(stack.github.store.time())}
    await handle.execute_update("request", {"what": {"kind": "stop"}, "actor": "octocat", "said": said})
    held.release()
    ended = await settled(stack, repo, sha)
    await stack.ask(repo, number, "/retry")
    await stack.verdict(repo, sha, gates=3)
    ended = await settled(stack, repo, sha)
    assert "cancelled" not in ended.values()


async def test_override_of_a_stopped_gate_runs_it(stack: Stack) -> None:
    repo = await stack.repository(slow())
    sha = await hanging(stack, repo, "stop-override")
    number = await stack.pull(repo)
    await stack.ask(repo, number, "/stop")
    await stack.verdict(repo, sha)
    await stack.ask(repo, number, "/override security it hangs")
    runs = await stack.verdict(repo, sha, gates=2)
    assert (runs["security"]["conclusion"], runs["gate"]["conclusion"]) == ("neutral", "success")


async def test_override_while_the_gate_runs(stack: Stack) -> None:
    repo = await stack.repository(slow())
    sha = await hanging(stack, repo, "run-override")
    number = await stack.pull(repo)
    await stack.ask(repo, number, "/override security it hangs")
    await stack.ask(repo, number, "/override security it hangs still")
    await stack.until(lambda: stack.runs(repo, sha)["gate"]["conclusion"] == "success")
    ended = await settled(stack, repo, sha)
    assert (ended["security"], ended["gate"]) == ("neutral", "success")
    await stack.ask(repo, number, "/retest linting")
    ended = await settled(stack, repo, sha)
    assert (ended["security"], ended["gate"]) == ("neutral", "success")
    assert "cancelled" not in ended.values()


async def test_fix_of_a_stopped_gate_is_answered(stack: Stack) -> None:
    repo = await stack.repository(slow())
    sha = await hanging(stack, repo, "stop-fix")
    number = await stack.pull(repo)
    await stack.ask(repo, number, "/stop")
    await stack.verdict(repo, sha)
    await stack.ask(repo, number, "/fix")
    answers = await stack.until(lambda: said(stack, repo, number))
    assert "has no verdict yet" in answers[0]


async def test_retest_of_a_draft_is_deferred(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    await stack.verdict(repo, sha)
    number = await stack.pull(repo, draft=True)
    await stack.ask(repo, number, "/retest")
    assert "once it is ready for review" in said(stack, repo, number)[0]
    stack.github.pulls.set_draft(repo, number, False)
    runs = await stack.verdict(repo, sha, gates=2)
    assert runs["gate"]["conclusion"] == "success"


async def test_stop_of_a_queued_gate(stack: Stack) -> None:
    """The branch's workflow is busy reporting the last verdict, so the next gate has not begun."""
    repo = await stack.repository(slow())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    held = stack.github.faults.add("POST", f"/repos/{repo}/issues/1/comments", "hold")
    number = await stack.pull(repo)
    assert number == 1
    await stack.verdict(repo, sha)
    await stack.until(lambda: held.seen)
    new = await stack.push(repo, {"b.txt": "y\n"})
    await stack.github.webhooks.idle()
    await stack.ask(repo, number, "/stop")
    overview = await stack.temporal.get_workflow_handle(f"quality:{repo}@change").query("get_overview")
    assert (overview["head"], overview["stopped"], overview["waiting"]) == (new, True, False)
    held.release()
    runs = await stack.verdict(repo, new)  # nobody waits for a required check for ever
    assert {run["conclusion"] for run in runs.values()} == {"cancelled"}
    assert "Stopped by @" in runs["gate"]["output"]["summary"].replace("\u200b", "")
    await stack.until(lambda: new in gate_comment(stack, repo, number))
    assert said(stack, repo, number) == []
    await stack.ask(repo, number, "/retry")
    assert (await stack.verdict(repo, new, gates=2))["gate"]["conclusion"] == "success"
    await stack.until(lambda: "Stopped" not in gate_comment(stack, repo, number))


def gate_comment(stack: Stack, repo: str, number: int) -> str:
    bodies = [comment["body"] for comment in stack.github.comments(repo, number)]
    return next((body for body in bodies if "autobuild:gate" in body), "")


async def test_status_escapes_the_reason_of_an_override(stack: Stack) -> None:
    repo, _, number = await pull(stack)
    reason = "wrong @octocat/team #1 https://evil.example --> <b> \u202e " + "🙂" * 200
    await stack.ask(repo, number, f"/override linting {reason}")
    await stack.until(lambda: "Overridden by" in stack.github.comments(repo, number)[0]["body"])
    await stack.ask(repo, number, "/status")
    answer = said(stack, repo, number)[-1]
    assert "@octocat" not in answer
    assert "#1" not in answer
    assert "\u202e" not in answer


async def test_locked_thread_does_not_repeat_commands(stack: Stack) -> None:
    repo, sha, number = await pull(stack)
    stack.github.issues.lock_issue(repo, number)
    stack.github.webhooks.faults.duplicate("issue_comment")
    comment = stack.github.issues.add_comment(repo, number, "/retest linting\n/status")
    await stack.verdict(repo, sha, gates=2)
    result = await stack.workflows.wait_for_result(f"command:{repo}!comment-{comment.id}", WITHIN_S)
    assert result == {"outcome": "done"}
