"""What happens between the verdict and the merge: a head, a base, a configuration that is another by then."""

from collections.abc import Callable

import pytest

from simulator.github import git
from simulator.github.rest.faults import ApiFault
from tests.deadlines import WITHIN_S, until
from tests.end_to_end.repos import configured
from tests.end_to_end.test_merging import merged, merging
from tests.stack import Json, Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def about_to_merge(stack: Stack) -> tuple[str, int, ApiFault]:
    """(repository, pull) of a green head, and what holds the look at the pull before it is merged."""
    repo = await stack.repository(merging())
    opened = stack.github.faults.add("GET", f"/repos/{repo}/pulls/1", "hold")
    sha = await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    await stack.until(lambda: opened.seen)  # a pull request that is not known yet is looked up
    held = stack.github.faults.add("GET", f"/repos/{repo}/pulls/1", "hold")
    opened.release()
    await stack.verdict(repo, sha)
    await stack.until(lambda: held.seen)
    return repo, number, held


async def passed_on(stack: Stack, repo: str, held: ApiFault) -> None:
    """Lets the merge go on, and waits until it has looked at the pull once more."""
    again = stack.github.faults.add("GET", f"/repos/{repo}/pulls/1", "hold")
    held.release()
    await stack.until(lambda: again.seen)
    again.release()


def merge_comments(stack: Stack, repo: str, number: int) -> list[str]:
    return [c["body"] for c in stack.github.comments(repo, number) if "Auto-merge" in c["body"]]


async def overview(stack: Stack, repo: str, wanted: Callable[[Json], bool]) -> None:
    """Returns once the branch's overview is like this."""
    handle = stack.temporal.get_workflow_handle(f"quality:{repo}@change")

    async def as_wanted() -> bool:
        return wanted(await handle.query("get_overview"))

    await until(as_wanted)


async def test_newer_head_is_merged_after_its_own_gate(stack: Stack) -> None:
    repo, number, held = await about_to_merge(stack)
    news = stack.github.webhooks.faults.hold("push", "pull_request", "check_suite")
    new = await stack.push(repo, {"b.txt": "y\n"})
    await passed_on(stack, repo, held)
    assert not merged(stack, repo, number)
    news.release()
    await stack.until(lambda: merged(stack, repo, number))
    assert stack.runs(repo, new)["gate"]["conclusion"] == "success"
    assert merge_comments(stack, repo, number) == []


async def test_changed_base_needs_its_own_verdict_to_merge(stack: Stack) -> None:
    repo, number, held = await about_to_merge(stack)
    path = stack.github.store.repository(repo).path
    main = (await git.refs(path, "refs/heads"))["refs/heads/main"]
    await stack.push(repo, {".github/autobuild.yml": configured()[".github/autobuild.yml"]}, "release", parent=main)
    stack.github.protection.protect(repo, "release", checks=["autobuild / gate"])  # so its own file decides
    before = (await git.refs(path, "refs/heads"))["refs/heads/release"]
    news = stack.github.webhooks.faults.hold("pull_request")
    await stack.github.pulls.edit_pull(repo, number, base="release")
    await passed_on(stack, repo, held)
    news.release()
    sha = stack.github.store.issue(repo, number).pull.head_sha  # type: ignore[union-attr]
    await stack.verdict(repo, sha, gates=2)
    await stack.ask(repo, number, "/status")
    assert not merged(stack, repo, number)
    assert (await git.refs(path, "refs/heads"))["refs/heads/release"] == before
    assert merge_comments(stack, repo, number) == []


async def test_conversion_to_draft_is_not_reported_as_refusal(stack: Stack) -> None:
    repo, number, held = await about_to_merge(stack)
    news = stack.github.webhooks.faults.hold("pull_request")
    stack.github.pulls.set_draft(repo, number, True)
    await passed_on(stack, repo, held)
    news.release()
    await stack.github.webhooks.idle()
    await stack.github.pulls.close_pull(repo, number)
    assert await stack.workflows.wait_for_result(f"quality:{repo}@change", WITHIN_S) is None
    assert merge_comments(stack, repo, number) == []
    assert not merged(stack, repo, number)


async def test_auto_merge_disabled_meanwhile_is_respected(stack: Stack) -> None:
    repo = await stack.repository(merging())
    held = stack.github.faults.add("GET", f"/repos/{repo}/(contents/.*|pulls/1)", "hold")
    await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    await stack.until(lambda: held.seen)
    await stack.push(repo, merging("auto_merge: false\n"), branch="main")
    held.release()
    await overview(stack, repo, lambda told: not told["merges"])
    assert not merged(stack, repo, number)


async def test_merge_with_a_lost_answer_happens_once(stack: Stack) -> None:
    repo = await stack.repository(merging())
    lost = stack.github.faults.add("PUT", f"/repos/{repo}/pulls/1/merge", status=500, after=True)
    sha = await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    assert await stack.workflows.wait_for_result(f"quality:{repo}@change", WITHIN_S) is None
    assert lost.times == 0
    assert merged(stack, repo, number)
    path = stack.github.store.repository(repo).path
    assert await git.count(path, "refs/heads/main") == 2
    assert merge_comments(stack, repo, number) == []


async def test_merge_by_a_person_ends_the_workflow(stack: Stack) -> None:
    repo, number, held = await about_to_merge(stack)
    news = stack.github.webhooks.faults.hold("pull_request")
    await stack.github.merging.merge_pull(repo, number)
    held.release()
    assert await stack.workflows.wait_for_result(f"quality:{repo}@change", WITHIN_S) is None
    news.release()
    assert merge_comments(stack, repo, number) == []


async def test_branch_rules_are_waited_for_or_reported(stack: Stack) -> None:
    repo = await stack.repository(merging())
    stack.github.protection.protect(repo, "main", checks=["theirs"], reviews=1, ruleset=True)
    sha = await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    await overview(stack, repo, lambda told: bool(told["waits_for"]))
    await stack.ask(repo, number, "/status")
    answer = await stack.until(lambda: merge_comments(stack, repo, number))
    assert "It waits for: theirs, 1 more approval" in answer[0]
    assert not merged(stack, repo, number)
