"""Reviews are requested once, and never of a person who cannot give one."""

from collections.abc import Iterator

import pytest

from activities.github.reviews import RequestReviewInput, RequestReviewResult
from activities.github_activities import ReviewActivities
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
    for login in ("example-one", "example-two"):
        simulated.repositories.set_permission(NAME, login, "write")
    return (await simulated.pulls.open_pull(NAME, "topic/one")).number


async def test_missing_reviewers_are_requested_once(
    simulated: SimulatedGitHub, reviews: ReviewActivities, repo: RepoRef, pull: int
) -> None:
    simulated.repositories.add_team(NAME, "example-team")
    await reviews.request_pr_review(RequestReviewInput(repo, pull, ("example-one",)))
    wanted = RequestReviewInput(repo, pull, ("Example-One", "example-two", "example-two"), ("example-team",))
    first, second = await reviews.request_pr_review(wanted), await reviews.request_pr_review(wanted)
    assert first == RequestReviewResult(("Example-One", "example-two"), ("example-team",), (), changed=True)
    assert second == RequestReviewResult(first.reviewers, first.teams, (), changed=False)
    sent = [each.request for each in simulated.requests if each.path.endswith("/requested_reviewers")]
    assert sent == [
        {"reviewers": ["example-one"]},
        {"reviewers": ["example-two"], "team_reviewers": ["example-team"]},
    ]


async def test_reviewer_of_this_head_is_not_requested_again(
    simulated: SimulatedGitHub, reviews: ReviewActivities, repo: RepoRef, pull: int
) -> None:
    wanted = RequestReviewInput(repo, pull, ("example-one", "example-two"))
    await reviews.request_pr_review(wanted)
    simulated.reviews.review(NAME, pull, "COMMENTED", "example-one")
    again = await reviews.request_pr_review(wanted)
    assert (again.reviewers, again.changed) == (("example-one", "example-two"), False)
    await simulated.pushes.push_commit(NAME, "topic/one", {"a.py": "import re\n"})
    newer = await reviews.request_pr_review(wanted)
    assert (newer.reviewers, newer.changed) == (("example-one", "example-two"), True)
    assert asked(simulated, "POST", "/requested_reviewers") == 2


async def test_refused_reviewer_does_not_stop_the_others(
    simulated: SimulatedGitHub, reviews: ReviewActivities, repo: RepoRef, pull: int
) -> None:
    everybody = ("octocat", "example-one", "nobody-at-all", "example-two")
    wanted = RequestReviewInput(repo, pull, everybody, ("no-such-team",))
    requested = await reviews.request_pr_review(wanted)
    assert requested == RequestReviewResult(
        ("example-one", "example-two"), (), ("octocat", "nobody-at-all", "no-such-team"), changed=True
    )
    issue = simulated.store.issue(NAME, pull)
    assert issue.pull
    assert [user.login for user in issue.pull.reviewers] == ["example-one", "example-two"]
    # The author is never asked: GitHub would refuse.
    sent = [each.request for each in simulated.requests if each.path.endswith("/requested_reviewers")]
    assert not any("octocat" in request.get("reviewers", ()) for request in sent)
    again = await reviews.request_pr_review(wanted)
    assert (again.left_out, again.changed) == (requested.left_out, False)


async def test_no_reviewers_send_no_request(
    simulated: SimulatedGitHub, reviews: ReviewActivities, repo: RepoRef, pull: int
) -> None:
    assert await reviews.request_pr_review(RequestReviewInput(repo, pull)) == RequestReviewResult(
        (), (), (), changed=False
    )
    assert asked(simulated, "POST", "/requested_reviewers") == 0
