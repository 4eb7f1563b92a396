"""`/ok-to-test`: one whole commit, of one pull request, that was its head when somebody said so."""

import pytest

from simulator.github import git
from tests.deadlines import WITHIN_S
from tests.end_to_end.repos import configured
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

FINDING = {"a.txt": "x\n", "lint.txt": "a.txt:1: warning: this is new\n"}


async def forked(stack: Stack) -> tuple[str, str, str, int]:
    """(repository, fork, head, pull) of a fork's pull request that waits for approval."""
    repo = await stack.repository(configured())
    fork = (await stack.github.repositories.add_fork(repo, "example")).full_name
    sha = await stack.github.pushes.push_commit(fork, "change", FINDING, login="example")
    number = await stack.pull(repo, branch="example:change", login="example")
    await stack.verdict(repo, sha)
    return repo, fork, sha, number


async def answer(stack: Stack, repo: str, number: int, body: str) -> str:
    """What the bot answers to a comment."""
    known = len(stack.github.comments(repo, number))
    await stack.ask(repo, number, body)
    return "\n".join(comment["body"] for comment in stack.github.comments(repo, number)[known + 1 :])


def gates(stack: Stack, repo: str, sha: str) -> int:
    return sum(run["name"] == "autobuild / gate" for run in stack.github.check_runs(repo, sha))


@pytest.mark.parametrize("digits", [0, 7, 39])
async def test_part_of_a_commit_approves_nothing(stack: Stack, digits: int) -> None:
    """Two commits with the same first seven digits are made in a fifth of a second."""
    repo, _, sha, number = await forked(stack)
    assert f"`/ok-to-test {sha}`" in await answer(stack, repo, number, f"/ok-to-test {sha[:digits]}")
    assert gates(stack, repo, sha) == 1


async def test_commit_of_another_pull_approves_nothing(stack: Stack) -> None:
    repo, fork, sha, number = await forked(stack)
    other = await stack.github.pushes.push_commit(fork, "other", {"b.txt": "x\n"}, login="example")
    await stack.pull(repo, branch="example:other", login="example")
    await stack.verdict(repo, other)
    assert f"the head is `{sha}`" in await answer(stack, repo, number, f"/ok-to-test {other}")
    assert (gates(stack, repo, sha), gates(stack, repo, other)) == (1, 1)


async def test_approval_before_the_commit_was_the_head_is_refused(stack: Stack) -> None:
    """Its event is late: when it arrives, the commit is the head."""
    repo, fork, sha, number = await forked(stack)
    coming = await stack.github.pushes.push_commit(fork, "coming", {"b.txt": "x\n"}, login="example", parent=sha)
    held = stack.github.webhooks.faults.hold("issue_comment")
    comment = stack.github.issues.add_comment(repo, number, f"/ok-to-test {coming}")
    stack.github.store.advance(1)
    url = stack.github.pushes.push_url(fork, "example")
    await git.git(stack.github.store.repository(fork).path, "push", "--quiet", url, f"{coming}:refs/heads/change")
    await stack.verdict(repo, coming)
    held.release()
    await stack.until(lambda: comment.reactions)
    await stack.workflows.wait_for_result(f"command:{repo}!comment-{comment.id}", WITHIN_S)
    assert f"`{coming}` became the head after that comment." in stack.github.comments(repo, number)[-1]["body"]
    assert gates(stack, repo, coming) == 1
    await stack.ask(repo, number, f"/ok-to-test {coming}")
    await stack.verdict(repo, coming, gates=2)


async def test_late_and_repeated_approval_of_the_head_runs_it_once(stack: Stack) -> None:
    repo, _, sha, number = await forked(stack)
    stack.github.store.advance(1)
    held = stack.github.webhooks.faults.hold("issue_comment.created")
    comment = stack.github.issues.add_comment(repo, number, f"/ok-to-test {sha}")
    stack.github.store.advance(60)
    stack.github.issues.add_comment(repo, number, "Something else.", login="example")
    stack.github.webhooks.faults.duplicate("issue_comment")
    held.release()
    runs = await stack.verdict(repo, sha, gates=2)
    assert runs["linting"]["conclusion"] == "failure"
    await stack.workflows.wait_for_result(f"command:{repo}!comment-{comment.id}", WITHIN_S)
    await stack.github.webhooks.idle()
    assert gates(stack, repo, sha) == 2
