"""A new configuration judges the pull requests that are open already: each once, and no others."""

import pytest

from activities.errors import UserError
from tests.deadlines import WITHIN_S
from tests.end_to_end.repos import configured
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = ".github/autobuild.yml"
LAX = {PATH: "version: 1\nchecks:\n  linting: {enabled: false}\n"}
FINDING = {"a.txt": "x\n", "lint.txt": "a.txt:1: error: bad\n"}


def gates(stack: Stack, repo: str, sha: str) -> int:
    return sum(run["name"] == "autobuild / gate" for run in stack.github.check_runs(repo, sha))


async def signalled(stack: Stack, repo: str, branch: str, sha: str) -> int:
    """How many branches heard of the configuration that this commit brought."""
    return int(await stack.workflows.wait_for_result(f"config-change:{repo}@{branch}:{sha}", WITHIN_S))


async def pull(stack: Stack, repo: str, branch: str, base: str = "main") -> tuple[str, int]:
    """An open pull whose finding the gate does not look at: (sha, number)."""
    sha = await stack.push(repo, FINDING | {"name": branch}, branch=branch)
    await stack.verdict(repo, sha)
    number = await stack.pull(repo, branch=branch, base=base)
    runs = await stack.verdict(repo, sha, gates=1 if base == "main" else 2)
    await stack.comment(repo, number)
    assert runs["gate"]["conclusion"] == "neutral"
    return sha, number


async def test_a_change_on_the_default_branch_gates_the_open_pulls_again(stack: Stack) -> None:
    repo = await stack.repository(LAX)
    for branch in ("release", "mine"):
        await stack.push(repo, {"b.txt": branch}, branch=branch)
    stack.github.protection.protect(repo, "release", pulls_only=True, ruleset=True)
    into_main, number = await pull(stack, repo, "one")
    into_mine, _ = await pull(stack, repo, "two", base="mine")
    into_release, _ = await pull(stack, repo, "three", base="release")
    before = {sha: gates(stack, repo, sha) for sha in (into_main, into_mine, into_release)}
    stack.github.webhooks.faults.duplicate("push")
    changed = await stack.push(repo, configured(), branch="main")
    for sha in (into_main, into_mine):
        runs = await stack.verdict(repo, sha, gates=before[sha] + 1)
        assert (runs["gate"]["conclusion"], runs["linting"]["conclusion"]) == ("failure", "failure")
    assert await signalled(stack, repo, "main", changed) == 2
    await stack.until(lambda: "Cannot merge" in _comment(stack, repo, number))
    assert gates(stack, repo, into_release) == before[into_release]
    # The file stays as it is: nobody is gated again.
    same = await stack.push(repo, {"c.txt": "x\n"}, branch="main")
    await stack.verdict(repo, same)
    with pytest.raises(UserError, match="There is no workflow"):
        await signalled(stack, repo, "main", same)
    assert [gates(stack, repo, sha) - before[sha] for sha in (into_main, into_mine, into_release)] == [1, 1, 0]


def _comment(stack: Stack, repo: str, number: int) -> str:
    return str(next(each["body"] for each in stack.github.comments(repo, number) if each["user"]["type"] == "Bot"))


async def test_a_change_on_a_protected_branch_gates_its_own_pulls_again(stack: Stack) -> None:
    repo = await stack.repository(LAX)
    stack.github.protection.protect(repo, "release")
    await stack.push(repo, {"b.txt": "x\n"}, branch="release")
    into_main, _ = await pull(stack, repo, "one")
    into_release, _ = await pull(stack, repo, "two", base="release")
    before = gates(stack, repo, into_release)
    changed = await stack.push(repo, configured(), branch="release")
    runs = await stack.verdict(repo, into_release, gates=before + 1)
    assert runs["linting"]["conclusion"] == "failure"
    assert await signalled(stack, repo, "release", changed) == 1
    assert (gates(stack, repo, into_release), gates(stack, repo, into_main)) == (before + 1, 1)


async def test_a_change_on_another_branch_gates_nothing_again(stack: Stack) -> None:
    repo = await stack.repository(configured())
    await stack.push(repo, {"b.txt": "x\n"}, branch="mine")
    sha = await stack.push(repo, {"a.txt": "x\n"})
    await stack.verdict(repo, sha)
    await stack.pull(repo, base="mine")
    await stack.verdict(repo, sha, gates=2)
    changed = await stack.push(repo, LAX, branch="mine")
    await stack.verdict(repo, changed)
    with pytest.raises(UserError, match="There is no workflow"):
        await signalled(stack, repo, "mine", changed)
    assert gates(stack, repo, sha) == 2


async def test_pulls_hear_of_it_although_the_default_branch_is_a_drafts_head(stack: Stack) -> None:
    """No gate is run for a branch whose only pull request is a draft."""
    repo = await stack.repository(LAX)
    await stack.push(repo, {"b.txt": "x\n"}, branch="old")
    await stack.push(repo, {"c.txt": "x\n"}, branch="main")
    await stack.pull(repo, branch="main", base="old", draft=True)
    sha, _ = await pull(stack, repo, "one")
    changed = await stack.push(repo, configured(), branch="main")
    assert (await stack.verdict(repo, sha, gates=2))["linting"]["conclusion"] == "failure"
    assert await signalled(stack, repo, "main", changed) >= 1


async def test_a_branch_without_a_workflow_is_gated_by_the_new_configuration(stack: Stack) -> None:
    repo = await stack.repository(LAX)
    sha, _ = await pull(stack, repo, "one")
    await stack.temporal.get_workflow_handle(f"quality:{repo}@one").terminate()
    changed = await stack.push(repo, configured(), branch="main")
    assert (await stack.verdict(repo, sha, gates=2))["linting"]["conclusion"] == "failure"
    assert await signalled(stack, repo, "main", changed) == 1
