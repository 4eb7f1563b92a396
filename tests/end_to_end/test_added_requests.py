"""Requests that come while another one is still under way: none is lost, and no check run is left behind."""

import asyncio

import pytest

from tests.end_to_end.repos import configured
from tests.end_to_end.test_branch import hanging, slow
from tests.end_to_end.test_commands import pull, said
from tests.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

FINDINGS = {"a.txt": "x\n", "lint.txt": "a.txt:1: warning: new\n", "security.sh": "echo 'a.txt:1: error: bad'\n"}


async def two_failures(stage: Stage) -> tuple[str, str, int]:
    """(repository, sha, pull) of a head with two checks that did not pass."""
    repo = await stage.repository(slow())
    sha = await stage.push(repo, FINDINGS)
    number = await stage.pull(repo)
    await stage.verdict(repo, sha)
    await stage.comment(repo, number)
    return repo, sha, number


async def settled(stage: Stage, repo: str, sha: str) -> dict[str, str]:
    """How the newest run of each check ended, once the branch has come to rest."""
    handle = stage.temporal.get_workflow_handle(f"quality:{repo}@change")
    async with asyncio.timeout(30):
        while not (await handle.query("get_settled"))["sha"]:
            await asyncio.sleep(0)
    return {name: run["conclusion"] or run["status"] for name, run in stage.runs(repo, sha).items()}


async def test_two_overrides_in_one_comment_both_count(stage: Stage) -> None:
    repo, sha, number = await two_failures(stage)
    body = "/override linting it is wrong\n/override security it is wrong too"
    assert await stage.ask(repo, number, body) == ["eyes"]
    ended = await settled(stage, repo, sha)
    assert (ended["linting"], ended["security"], ended["gate"]) == ("neutral", "neutral", "success")


async def test_a_retest_and_an_override_in_one_comment(stage: Stage) -> None:
    repo, sha, number = await two_failures(stage)
    before = stage.runs(repo, sha)["linting"]["id"]
    await stage.ask(repo, number, "/retest linting\n/override security it is wrong too")
    ended = await settled(stage, repo, sha)
    assert ended["security"] == "neutral"
    assert stage.runs(repo, sha)["linting"]["id"] != before
    assert ended["linting"] == "failure"


async def test_two_people_at_once(stage: Stage) -> None:
    repo, sha, number = await two_failures(stage)
    before = stage.runs(repo, sha)
    stage.github.set_permission(repo, "writer", "write")
    await asyncio.gather(
        stage.ask(repo, number, "/retest linting"), stage.ask(repo, number, "/retest security", "writer")
    )
    ended = await settled(stage, repo, sha)
    assert (ended["linting"], ended["security"], ended["gate"]) == ("failure",) * 3
    after = stage.runs(repo, sha)
    assert all(after[name]["id"] != before[name]["id"] for name in ("linting", "security", "gate"))


async def test_two_at_the_very_same_moment(stage: Stage) -> None:
    repo, sha, _ = await two_failures(stage)
    handle = stage.temporal.get_workflow_handle(f"quality:{repo}@change")
    one = {"sha": sha, "checks": ["linting"], "actor": "octocat"}
    await asyncio.gather(handle.signal("rerun", one), handle.signal("rerun", one | {"checks": ["security"]}))
    ended = await settled(stage, repo, sha)
    assert (ended["linting"], ended["security"], ended["gate"]) == ("failure",) * 3


async def test_an_override_and_a_retest_at_the_very_same_moment(stage: Stage) -> None:
    repo, sha, _ = await two_failures(stage)
    before = stage.runs(repo, sha)["linting"]["id"]
    handle = stage.temporal.get_workflow_handle(f"quality:{repo}@change")
    await asyncio.gather(
        handle.signal("rerun", {"sha": sha, "checks": ["linting"], "actor": "octocat"}),
        handle.signal("override", {"sha": sha, "check": "security", "reason": "so", "actor": "octocat"}),
    )
    ended = await settled(stage, repo, sha)
    assert ended["security"] == "neutral"
    assert ended["linting"] == "failure"
    assert stage.runs(repo, sha)["linting"]["id"] != before


async def test_what_was_stopped_is_tried_again_with_what_failed(stage: Stage) -> None:
    """A whole run that was stopped after an earlier verdict: its check runs were all cancelled."""
    repo = await stage.repository(slow())
    sha = await stage.push(repo, {"a.txt": "x\n", "lint.txt": "a.txt:1: warning: new\n"})
    number = await stage.pull(repo)
    await stage.verdict(repo, sha)
    handle = stage.temporal.get_workflow_handle(f"quality:{repo}@change")
    held = stage.github.faults.add("PATCH", f"/repos/{repo}/check-runs/\\d+", "hold")
    await handle.signal("rerun", {"sha": sha, "actor": "octocat"})
    await stage.until(lambda: held.seen)
    await handle.signal("halt", {"sha": sha, "actor": "octocat"})
    held.release()
    ended = await settled(stage, repo, sha)
    await stage.ask(repo, number, "/retry")
    await stage.verdict(repo, sha, gates=3)
    ended = await settled(stage, repo, sha)
    assert "cancelled" not in ended.values()


async def test_override_of_a_stopped_gate_runs_it(stage: Stage) -> None:
    repo = await stage.repository(slow())
    sha = await hanging(stage, repo, "stop-override")
    number = await stage.pull(repo)
    await stage.ask(repo, number, "/stop")
    await stage.verdict(repo, sha)
    await stage.ask(repo, number, "/override security it hangs")
    runs = await stage.verdict(repo, sha, gates=2)
    assert (runs["security"]["conclusion"], runs["gate"]["conclusion"]) == ("neutral", "success")


async def test_override_while_the_gate_runs(stage: Stage) -> None:
    repo = await stage.repository(slow())
    sha = await hanging(stage, repo, "run-override")
    number = await stage.pull(repo)
    await stage.ask(repo, number, "/override security it hangs")
    await stage.ask(repo, number, "/override security it hangs still")
    await stage.until(lambda: stage.runs(repo, sha)["gate"]["conclusion"] == "success")
    ended = await settled(stage, repo, sha)
    assert (ended["security"], ended["gate"]) == ("neutral", "success")
    await stage.ask(repo, number, "/retest linting")
    ended = await settled(stage, repo, sha)
    assert (ended["security"], ended["gate"]) == ("neutral", "success")
    assert "cancelled" not in ended.values()


async def test_fix_of_a_stopped_gate_is_answered(stage: Stage) -> None:
    repo = await stage.repository(slow())
    sha = await hanging(stage, repo, "stop-fix")
    number = await stage.pull(repo)
    await stage.ask(repo, number, "/stop")
    await stage.verdict(repo, sha)
    await stage.ask(repo, number, "/fix")
    answers = await stage.until(lambda: said(stage, repo, number))
    assert "has no verdict yet" in answers[0]


async def test_a_draft_says_when(stage: Stage) -> None:
    repo = await stage.repository(configured())
    sha = await stage.push(repo, {"a.txt": "x\n"})
    await stage.verdict(repo, sha)
    number = await stage.pull(repo, draft=True)
    await stage.ask(repo, number, "/retest")
    assert "once it is ready for review" in said(stage, repo, number)[0]
    stage.github.set_draft(repo, number, False)
    runs = await stage.verdict(repo, sha, gates=2)
    assert runs["gate"]["conclusion"] == "success"


async def test_stop_while_it_waits_for_its_turn(stage: Stage) -> None:
    """The branch's workflow is busy telling the last verdict, so the next gate has not begun."""
    repo = await stage.repository(slow())
    sha = await stage.push(repo, {"a.txt": "x\n"})
    held = stage.github.faults.add("POST", f"/repos/{repo}/issues/1/comments", "hold")
    number = await stage.pull(repo)
    assert number == 1
    await stage.verdict(repo, sha)
    await stage.until(lambda: held.seen)
    new = await stage.push(repo, {"b.txt": "y\n"})
    await stage.github.hooks.idle()
    await stage.ask(repo, number, "/stop")
    overview = await stage.temporal.get_workflow_handle(f"quality:{repo}@change").query("get_overview")
    assert (overview["head"], overview["halted"], overview["waiting"]) == (new, True, False)
    held.release()
    await stage.comment(repo, number)
    assert stage.github.check_runs(repo, new) == []
    assert said(stage, repo, number) == []


async def test_status_after_an_override_calls_nobody(stage: Stage) -> None:
    repo, _, number = await pull(stage)
    reason = "wrong @octocat/team #1 https://evil.example --> <b> \u202e " + "🙂" * 200
    await stage.ask(repo, number, f"/override linting {reason}")
    await stage.until(lambda: "Overridden by" in stage.github.comments(repo, number)[0]["body"])
    await stage.ask(repo, number, "/status")
    answer = said(stage, repo, number)[-1]
    assert "@octocat" not in answer
    assert "#1" not in answer
    assert "\u202e" not in answer


async def test_a_locked_thread_repeats_nothing(stage: Stage) -> None:
    repo, sha, number = await pull(stage)
    stage.github.lock_issue(repo, number)
    stage.github.hooks.duplicate("issue_comment")
    comment = stage.github.add_comment(repo, number, "/retest linting\n/status")
    await stage.verdict(repo, sha, gates=2)
    result = await stage.workflows.wait_for_result(f"command:{repo}!comment-{comment.id}", 30)
    assert result == {"outcome": "done"}
