"""What people ask for: GitHub's re-run buttons, ours, and slash commands."""

import pytest

from tests.end_to_end.repos import configured
from tests.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

FINDING = "a.txt:1: warning: this is new\n"


async def failing(stage: Stage) -> tuple[str, str, int]:
    """(repository, sha, pull) of a gated head with one new finding."""
    repo = await stage.repository(configured())
    sha = await stage.push(repo, {"a.txt": "x = 1\n", "lint.txt": FINDING})
    number = await stage.pull(repo)
    await stage.verdict(repo, sha)
    await stage.comment(repo, number)
    return repo, sha, number


def named(stage: Stage, repo: str, sha: str, name: str) -> int:
    return sum(run["name"] == f"autobuild / {name}" for run in stage.github.check_runs(repo, sha))


async def test_rerun_of_one_check_makes_a_new_run_of_it_and_of_the_gate(stage: Stage) -> None:
    repo, sha, _ = await failing(stage)
    stage.github.rerun_check(repo, stage.runs(repo, sha)["linting"]["id"])
    await stage.verdict(repo, sha, gates=2)
    assert named(stage, repo, sha, "linting") == 2
    assert named(stage, repo, sha, "security") == 1


async def test_rerun_of_the_suite_runs_everything_again(stage: Stage) -> None:
    repo, sha, _ = await failing(stage)
    stage.github.rerun_suite(repo, stage.runs(repo, sha)["gate"]["check_suite"]["id"])
    await stage.verdict(repo, sha, gates=2)
    assert named(stage, repo, sha, "security") == 2


async def test_retest_of_what_failed(stage: Stage) -> None:
    repo, sha, number = await failing(stage)
    comment = stage.github.add_comment(repo, number, "/retest failed")
    await stage.verdict(repo, sha, gates=2)
    assert named(stage, repo, sha, "linting") == 2
    assert named(stage, repo, sha, "security") == 1
    await stage.until(lambda: [reaction.content for reaction in comment.reactions] == ["eyes"])


async def test_help_is_answered_once(stage: Stage) -> None:
    repo, _, number = await failing(stage)
    stage.github.hooks.duplicate("issue_comment")
    stage.github.add_comment(repo, number, "/help")
    answer = await stage.comment(repo, number, count=2)
    assert "/retest" in answer
    assert len(stage.github.comments(repo, number)) == 3


async def test_a_stranger_cannot_run_anything(stage: Stage) -> None:
    repo, sha, number = await failing(stage)
    comment = stage.github.add_comment(repo, number, "/retest", login="stranger")
    await stage.until(lambda: [reaction.content for reaction in comment.reactions] == ["confused"])
    assert named(stage, repo, sha, "gate") == 1


async def test_accept_baseline_makes_the_findings_known(stage: Stage) -> None:
    repo, sha, _ = await failing(stage)
    stage.github.press_button(repo, stage.runs(repo, sha)["linting"]["id"], "accept-baseline")
    runs = await stage.verdict(repo, sha, gates=2)
    assert runs["linting"]["conclusion"] == runs["gate"]["conclusion"] == "success"


async def forked(stage: Stage) -> tuple[str, str, int]:
    """(repository, sha, pull) of a stranger's pull request with one finding."""
    repo = await stage.repository(configured())
    fork = await stage.github.add_fork(repo, "stranger")
    files = {"a.txt": "x\n", "lint.txt": FINDING}
    sha = await stage.github.push_commit(fork.full_name, "change", files, login="stranger")
    return repo, sha, await stage.pull(repo, branch="stranger:change", login="stranger")


async def test_a_fork_gets_a_neutral_gate_and_nothing_of_it_runs(stage: Stage) -> None:
    repo, sha, number = await forked(stage)
    runs = await stage.verdict(repo, sha)
    assert {run["conclusion"] for run in runs.values()} == {"neutral"}
    assert f"/ok-to-test {sha}" in runs["gate"]["output"]["summary"]
    assert f"/ok-to-test {sha}" in await stage.comment(repo, number)


async def test_ok_to_test_runs_that_head_and_no_other(stage: Stage) -> None:
    repo, sha, number = await forked(stage)
    await stage.verdict(repo, sha)
    stage.github.add_comment(repo, number, f"/ok-to-test {sha}", login="stranger")
    stage.github.add_comment(repo, number, "/ok-to-test 0000000")
    answer = await stage.comment(repo, number, count=2)
    assert sha in answer
    assert named(stage, repo, sha, "gate") == 1
    stage.github.add_comment(repo, number, f"/ok-to-test {sha}")
    runs = await stage.verdict(repo, sha, gates=2)
    assert runs["linting"]["conclusion"] == runs["gate"]["conclusion"] == "failure"
    fork = f"stranger/{repo.partition('/')[2]}"
    newer = await stage.github.push_commit(fork, "change", {"b.txt": ""}, login="stranger")
    runs = await stage.verdict(repo, newer)
    assert runs["gate"]["conclusion"] == "neutral"


async def test_the_retest_button_runs_its_check_again(stage: Stage) -> None:
    repo, sha, _ = await failing(stage)
    stage.github.press_button(repo, stage.runs(repo, sha)["linting"]["id"], "retest")
    await stage.verdict(repo, sha, gates=2)
    assert named(stage, repo, sha, "linting") == 2
    assert named(stage, repo, sha, "security") == 1
