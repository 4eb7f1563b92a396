"""Whose `.github/autobuild.yml` judges: never one that the author of a change can write."""

import pytest

from tests.end_to_end.repos import configured
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = ".github/autobuild.yml"
LAX = {PATH: "version: 1\nchecks:\n  linting: {enabled: false}\n"}
FINDING = {"a.txt": "x\n", "lint.txt": "a.txt:1: error: bad\n"}


async def test_a_branch_of_ones_own_does_not_judge(stack: Stack) -> None:
    """The same head in a second pull, into a branch whose configuration switches the failing check off."""
    repo = await stack.repository(configured())
    await stack.push(repo, LAX, branch="mine")
    sha = await stack.push(repo, FINDING)
    await stack.verdict(repo, sha)
    number = await stack.pull(repo, base="mine")
    runs = await stack.verdict(repo, sha, gates=2)
    assert runs["linting"]["conclusion"] == "failure"
    assert runs["gate"]["conclusion"] == "failure"
    assert "Cannot merge" in await stack.comment(repo, number)


async def test_retargeting_to_a_branch_of_ones_own_changes_no_verdict(stack: Stack) -> None:
    repo = await stack.repository(configured())
    await stack.push(repo, LAX, branch="mine")
    sha = await stack.push(repo, FINDING)
    number = await stack.pull(repo)
    assert (await stack.verdict(repo, sha))["gate"]["conclusion"] == "failure"
    for gates, base in ((2, "mine"), (3, "main")):
        await stack.github.pulls.edit_pull(repo, number, base=base)
        runs = await stack.verdict(repo, sha, gates=gates)
        assert (runs["gate"]["conclusion"], runs["linting"]["conclusion"]) == ("failure", "failure")


async def test_a_pushed_branch_is_judged_by_the_default_branch(stack: Stack) -> None:
    repo = await stack.repository(configured())
    sha = await stack.push(repo, LAX | FINDING, branch="mine")
    assert (await stack.verdict(repo, sha))["linting"]["conclusion"] == "failure"


@pytest.mark.parametrize("ruleset", [False, True], ids=["classic", "ruleset"])
async def test_a_protected_branch_judges(stack: Stack, ruleset: bool) -> None:
    repo = await stack.repository(configured())
    stack.github.protection.protect(repo, "release", ruleset=ruleset, checks=["ci"])
    pushed = await stack.push(repo, LAX | FINDING, branch="release")
    assert (await stack.verdict(repo, pushed))["linting"]["conclusion"] == "skipped"
    sha = await stack.push(repo, {"b.txt": "y\n"}, parent=pushed)
    await stack.verdict(repo, sha)
    number = await stack.pull(repo, base="release")
    runs = await stack.verdict(repo, sha, gates=2)
    assert (runs["gate"]["conclusion"], runs["linting"]["conclusion"]) == ("success", "skipped")
    assert "Can merge" in await stack.comment(repo, number)


async def test_a_merge_group_is_judged_by_its_base(stack: Stack) -> None:
    """Its branch holds the change, with the configuration that the change brings."""
    repo = await stack.repository(configured())
    await stack.push(repo, LAX | FINDING)
    sha = await stack.github.merging.queue_merge(repo, await stack.pull(repo))
    assert (await stack.verdict(repo, sha))["linting"]["conclusion"] == "failure"
