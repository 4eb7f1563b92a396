"""What happens between the verdict and the merge: a head, a base, a configuration that is another by then."""

import asyncio
from collections.abc import Callable

import pytest

from simulator.github import git
from simulator.github.rest.faults import ApiFault
from tests.end_to_end.repos import configured
from tests.end_to_end.test_merging import merged, merging
from tests.stage import WITHIN_S, Json, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def about_to_merge(stage: Stage) -> tuple[str, int, ApiFault]:
    """(repository, pull) of a green head, and what holds the look at the pull before it is merged."""
    repo = await stage.repository(merging())
    held = stage.github.faults.add("GET", f"/repos/{repo}/pulls/1", "hold")
    sha = await stage.push(repo, {"a.txt": "x\n"})
    number = await stage.pull(repo)
    await stage.verdict(repo, sha)
    await stage.until(lambda: held.seen)
    return repo, number, held


async def passed_on(stage: Stage, repo: str, held: ApiFault) -> None:
    """Lets the merge go on, and waits until it has looked at the pull once more."""
    again = stage.github.faults.add("GET", f"/repos/{repo}/pulls/1", "hold")
    held.release()
    await stage.until(lambda: again.seen)
    again.release()


def told(stage: Stage, repo: str, number: int) -> list[str]:
    return [c["body"] for c in stage.github.comments(repo, number) if "by itself" in c["body"]]


async def overview(stage: Stage, repo: str, wanted: Callable[[Json], bool]) -> None:
    """Returns once the branch tells so of itself."""
    handle = stage.temporal.get_workflow_handle(f"quality:{repo}@change")
    async with asyncio.timeout(WITHIN_S):
        while not wanted(await handle.query("get_overview")):
            await stage.github.hooks.idle()


async def test_a_newer_head_is_merged_when_it_has_passed_itself(stage: Stage) -> None:
    repo, number, held = await about_to_merge(stage)
    news = stage.github.hooks.hold("push", "pull_request", "check_suite")
    new = await stage.push(repo, {"b.txt": "y\n"})
    await passed_on(stage, repo, held)
    assert not merged(stage, repo, number)
    news.release()
    await stage.until(lambda: merged(stage, repo, number))
    assert stage.runs(repo, new)["gate"]["conclusion"] == "success"
    assert told(stage, repo, number) == []


async def test_another_base_wants_a_verdict_of_its_own(stage: Stage) -> None:
    repo, number, held = await about_to_merge(stage)
    path = stage.github.repository(repo).path
    main = (await git.refs(path, "refs/heads"))["refs/heads/main"]
    await stage.push(repo, {".github/autobuild.yml": configured()[".github/autobuild.yml"]}, "release", parent=main)
    before = (await git.refs(path, "refs/heads"))["refs/heads/release"]
    news = stage.github.hooks.hold("pull_request")
    await stage.github.edit_pull(repo, number, base="release")
    await passed_on(stage, repo, held)
    news.release()
    sha = stage.github.issue(repo, number).pull.head_sha  # type: ignore[union-attr]
    await stage.verdict(repo, sha, gates=2)
    await stage.ask(repo, number, "/status")
    assert not merged(stage, repo, number)
    assert (await git.refs(path, "refs/heads"))["refs/heads/release"] == before
    assert told(stage, repo, number) == []


async def test_a_draft_and_its_end_are_not_told(stage: Stage) -> None:
    repo, number, held = await about_to_merge(stage)
    news = stage.github.hooks.hold("pull_request")
    stage.github.set_draft(repo, number, True)
    await passed_on(stage, repo, held)
    news.release()
    await stage.github.hooks.idle()
    await stage.github.close_pull(repo, number)
    assert await stage.workflows.wait_for_result(f"quality:{repo}@change", 30) is None
    assert told(stage, repo, number) == []
    assert not merged(stage, repo, number)


async def test_who_switches_it_off_meanwhile_is_heard(stage: Stage) -> None:
    repo = await stage.repository(merging())
    held = stage.github.faults.add("GET", f"/repos/{repo}/(contents/.*|pulls/1)", "hold")
    await stage.push(repo, {"a.txt": "x\n"})
    number = await stage.pull(repo)
    await stage.until(lambda: held.seen)
    await stage.push(repo, merging("auto_merge: false\n"), branch="main")
    held.release()
    await overview(stage, repo, lambda told: not told["merges"])
    assert not merged(stage, repo, number)


async def test_a_merge_whose_answer_is_lost_is_done_once(stage: Stage) -> None:
    repo = await stage.repository(merging())
    lost = stage.github.faults.add("PUT", f"/repos/{repo}/pulls/1/merge", status=500, after=True)
    sha = await stage.push(repo, {"a.txt": "x\n"})
    number = await stage.pull(repo)
    await stage.verdict(repo, sha)
    assert await stage.workflows.wait_for_result(f"quality:{repo}@change", 30) is None
    assert lost.times == 0
    assert merged(stage, repo, number)
    path = stage.github.repository(repo).path
    assert await git.count(path, "refs/heads/main") == 2
    assert told(stage, repo, number) == []


async def test_a_person_merges_meanwhile(stage: Stage) -> None:
    repo, number, held = await about_to_merge(stage)
    news = stage.github.hooks.hold("pull_request")
    await stage.github.merge_pull(repo, number)
    held.release()
    assert await stage.workflows.wait_for_result(f"quality:{repo}@change", 30) is None
    news.release()
    assert told(stage, repo, number) == []


async def test_what_rules_want_is_waited_for_or_told(stage: Stage) -> None:
    repo = await stage.repository(merging())
    stage.github.protect(repo, "main", checks=["theirs"], reviews=1, ruleset=True)
    sha = await stage.push(repo, {"a.txt": "x\n"})
    number = await stage.pull(repo)
    await stage.verdict(repo, sha)
    await overview(stage, repo, lambda told: bool(told["waits_for"]))
    await stage.ask(repo, number, "/status")
    answer = await stage.until(lambda: told(stage, repo, number))
    assert "once there is: theirs, 1 more approval" in answer[0]
    assert not merged(stage, repo, number)
