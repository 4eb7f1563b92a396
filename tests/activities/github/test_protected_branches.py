"""Whose configuration judges a head: GitHub says which branches are protected, and nothing else does."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from activities.github.client import GitHub
from activities.github.errors import GitHubError
from activities.github.protected_branches import ProtectedBranches
from activities.model import BranchTrust, Head, RepoRef
from simulator.github.rest.faults import Kind
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME
from tests.openapi import assert_valid

HEAD_SHA = "a" * 40


@pytest.fixture
async def protected(simulated: SimulatedGitHub, github: GitHub) -> AsyncIterator[ProtectedBranches]:
    for branch in ("mine", "release", "gh-readonly-queue/main/pr-1"):
        await simulated.pushes.push_commit(NAME, branch, {"x": branch})
    yield ProtectedBranches(github)
    assert_valid(simulated.requests)


# Head (of this pull request: base) → whose configuration judges; whether head and base are trusted.
CASES = {
    "a push to the default branch": ("main", "main", "", BranchTrust("main", True, True)),
    "a push to a branch of one's own": ("mine", "main", "", BranchTrust("main", False, True)),
    "a push to a protected branch": ("release", "main", "", BranchTrust("release", True, True)),
    "a push to a branch that is gone": ("gone", "main", "", BranchTrust("main", False, True)),
    "a pull into the default branch": ("mine", "main", "pull", BranchTrust("main", False, True)),
    "a pull into a branch of one's own": ("topic", "mine", "pull", BranchTrust("main", False, False)),
    "a pull into a protected branch": ("mine", "release", "pull", BranchTrust("release", False, True)),
    "a pull of a protected branch into one's own": ("release", "mine", "pull", BranchTrust("main", True, False)),
    "a pull of the default branch": ("main", "release", "pull", BranchTrust("release", True, True)),
    "a pull into a branch that is gone": ("mine", "gone", "pull", BranchTrust("main", False, False)),
    "a fork's branch of a protected name": ("release", "main", "fork", BranchTrust("main", False, True)),
    "a fork's branch of the default's name": ("main", "mine", "fork", BranchTrust("main", False, False)),
    "a merge group": ("gh-readonly-queue/main/pr-1", "main", "", BranchTrust("main", False, True)),
    "a merge group of a protected branch": (
        "gh-readonly-queue/release/pr-1", "release", "", BranchTrust("release", False, True),
    ),
    "a name in another case": ("topic", "Main", "pull", BranchTrust("main", False, False)),
    "no base known": ("mine", "", "", BranchTrust("main", False, True)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("ruleset", [False, True], ids=["classic", "ruleset"])
async def test_only_the_default_and_protected_branches_decide(
    simulated: SimulatedGitHub, protected: ProtectedBranches, repo: RepoRef, case: str, ruleset: bool
) -> None:
    branch, base, kind, expected = CASES[case]
    simulated.protection.protect(NAME, "main", protected=False)
    simulated.protection.protect(NAME, "release", ruleset=ruleset, pulls_only=ruleset)
    simulated.protection.protect(NAME, "gh-readonly-queue/main/pr-1", ruleset=ruleset, checks=["ci"])
    head = Head(repo, HEAD_SHA, branch, base, pull=7 if kind else 0, fork=kind == "fork")
    assert await protected.trust(head) == expected


@pytest.mark.parametrize(
    ("rules", "counts"),
    [
        ({}, False),
        ({"linear": True}, False),
        ({"allow_force": True}, False),
        ({"reviews": 1}, True),
        ({"pulls_only": True}, True),
        ({"checks": ["ci"]}, True),
        ({"pushers": ["octocat"]}, True),
    ],
    ids=lambda value: "/".join(value) or "no force push" if isinstance(value, dict) else "",
)
async def test_a_ruleset_counts_where_it_restricts_what_is_pushed(
    simulated: SimulatedGitHub, protected: ProtectedBranches, repo: RepoRef, rules: dict[str, object], counts: bool
) -> None:
    """A ruleset for all branches that forbids force pushes makes GitHub call each branch protected."""
    simulated.protection.protect(NAME, "mine", ruleset=True, **rules)  # type: ignore[arg-type]
    assert simulated.store.repository(NAME).protected >= {"mine"}
    trust = await protected.trust(Head(repo, HEAD_SHA, "topic", "mine", pull=7))
    assert trust == BranchTrust("mine" if counts else "main", False, counts)


async def test_a_branch_that_is_made_anew_is_asked_about_again(
    simulated: SimulatedGitHub, protected: ProtectedBranches, repo: RepoRef
) -> None:
    head = Head(repo, HEAD_SHA, "topic", "release", pull=7)
    simulated.protection.protect(NAME, "release", allow_deletion=True)
    assert (await protected.trust(head)).config_branch == "release"
    await simulated.pushes.delete_branch(NAME, "release")
    assert (await protected.trust(head)).config_branch == "main"
    simulated.protection.protect(NAME, "release", protected=False)
    await simulated.pushes.push_commit(NAME, "release", {"x": "mine now"})
    assert (await protected.trust(head)).config_branch == "main"


async def test_another_default_branch_counts_at_once(
    simulated: SimulatedGitHub, protected: ProtectedBranches, repo: RepoRef
) -> None:
    head = Head(repo, HEAD_SHA, "topic", "main", pull=7)
    simulated.protection.protect(NAME, "main", protected=False)
    assert (await protected.trust(head)).config_branch == "main"
    simulated.store.repository(NAME).default_branch = "release"
    assert await protected.trust(head) == BranchTrust("release", False, False)
    assert (await protected.trust(replace(head, base_ref="release"))).protected_base


@pytest.mark.parametrize("path", [f"/repos/{NAME}", ".*/hello/branches/mine", ".*/rules/branches/mine"])
@pytest.mark.parametrize("kind", ["status", "half", "hang_up", "secondary"])
async def test_without_an_answer_nothing_is_guessed(
    simulated: SimulatedGitHub, protected: ProtectedBranches, repo: RepoRef, path: str, kind: Kind
) -> None:
    simulated.faults.add("GET", path, kind, times=3)  # a connection that hung up is tried once more
    with pytest.raises(GitHubError):
        await protected.trust(Head(repo, HEAD_SHA, "topic", "mine", pull=7))


async def test_without_rulesets_a_branch_is_not_protected(
    simulated: SimulatedGitHub, protected: ProtectedBranches, repo: RepoRef
) -> None:
    simulated.faults.add("GET", ".*/rules/branches/mine", status=404)
    assert (await protected.trust(Head(repo, HEAD_SHA, "topic", "mine", pull=7))).config_branch == "main"
