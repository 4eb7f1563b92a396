"""A commit status is posted when it says something new, and at no other time."""

from collections.abc import Iterator

import pytest
from temporalio.exceptions import ApplicationError

from activities.github.statuses import PullStatusInput, StatusState
from activities.github_activities import StatusActivities
from activities.model import RepoRef
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked
from tests.openapi import assert_valid


@pytest.fixture(autouse=True)
def held(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


@pytest.fixture
async def pull(simulated: SimulatedGitHub, head: str) -> int:
    return (await simulated.pulls.open_pull(NAME, "topic/one")).number


def shown(simulated: SimulatedGitHub, sha: str) -> list[tuple[str, str, str]]:
    """State, context and description, oldest first."""
    statuses = simulated.store.repository(NAME).statuses.get(sha, [])
    return [(status.state, status.context, status.description or "") for status in statuses]


async def test_status_is_posted_once(
    simulated: SimulatedGitHub, status: StatusActivities, repo: RepoRef, pull: int, head: str
) -> None:
    said: list[tuple[StatusState, str]] = [("pending", "Running"), ("pending", "Running"), ("success", "All is well")]
    posted = [await status.update_pr_status(PullStatusInput(repo, pull, state, text)) for state, text in said]
    assert [each.changed for each in posted] == [True, False, True]
    assert {each.sha for each in posted} == {head}
    assert shown(simulated, head) == [("pending", "autobuild", "Running"), ("success", "autobuild", "All is well")]


async def test_older_status_is_posted_again(
    simulated: SimulatedGitHub, status: StatusActivities, repo: RepoRef, pull: int, head: str
) -> None:
    states: list[StatusState] = ["pending", "failure", "pending"]
    for state in states:
        assert (await status.update_pr_status(PullStatusInput(repo, pull, state, ""))).changed
    assert [state for state, _, _ in shown(simulated, head)] == states


async def test_other_address_or_context_is_posted(
    simulated: SimulatedGitHub, status: StatusActivities, repo: RepoRef, pull: int, head: str
) -> None:
    for _ in range(2):
        await status.update_pr_status(PullStatusInput(repo, pull, "success", "", target_url="https://example.com/1"))
        await status.update_pr_status(PullStatusInput(repo, pull, "success", "", "other"))
    assert (await status.update_pr_status(PullStatusInput(repo, pull, "success", "", "OTHER"))).changed is False
    assert shown(simulated, head) == [("success", "autobuild", ""), ("success", "other", "")]


async def test_given_head_reads_no_pull(
    simulated: SimulatedGitHub, status: StatusActivities, repo: RepoRef, pull: int
) -> None:
    old = await simulated.pushes.push_commit(NAME, "elsewhere", {"x.py": ""})
    posted = await status.update_pr_status(PullStatusInput(repo, pull, "error", "Broken", head_sha=old))
    assert (posted.sha, asked(simulated, "GET", f"/pulls/{pull}")) == (old, 0)
    with pytest.raises(ApplicationError) as caught:
        await status.update_pr_status(PullStatusInput(repo, pull, "error", "Broken", head_sha="1" * 40))
    assert (caught.value.type, caught.value.non_retryable) == ("NotFound", False)


async def test_long_description_is_cut_before_it_is_compared(
    simulated: SimulatedGitHub, status: StatusActivities, repo: RepoRef, pull: int, head: str
) -> None:
    long = PullStatusInput(repo, pull, "failure", "x\n" * 200)
    assert [(await status.update_pr_status(long)).changed for _ in range(2)] == [True, False]
    ((_, _, description),) = shown(simulated, head)
    assert len(description) <= 140
    assert description.endswith("x…")
