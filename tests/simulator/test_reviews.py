"""Reviews: who can be requested, who may approve, and the events."""

from typing import Any

import pytest

from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver
from tests.simulator.test_payloads import errors

R = f"/repos/{REPO}"
WHO = f"{R}/pulls/1/requested_reviewers"


@pytest.fixture(autouse=True)
async def pull(github: SimulatedGitHub) -> None:
    """Number 1, by `friend`; `reader` may read and the team `core` may write."""
    github.repositories.set_permission(REPO, "friend", "write")
    github.repositories.set_permission(REPO, "reader", "read")
    github.store.add_user("stranger")
    github.repositories.add_team(REPO, "core")
    await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    await github.pulls.open_pull(REPO, "feature", login="friend")


async def test_users_and_teams_can_be_requested(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    reply = await ask("POST", WHO, {"reviewers": ["Octocat", "reader"], "team_reviewers": ["core"]})
    assert reply.status == 201
    assert [each["login"] for each in reply.body["requested_reviewers"]] == ["octocat", "reader"]
    assert [each["slug"] for each in reply.body["requested_teams"]] == ["core"]
    await ask("POST", WHO, {"reviewers": ["octocat"]})
    await github.webhooks.idle()
    requested = receiver.payloads("pull_request.review_requested")
    assert sorted("team" if "requested_team" in each else "person" for each in requested) == [
        "person",
        "person",
        "team",
    ]
    people = [
        each for each in requested if not each["pull_request"]["requested_teams"]
    ]  # the schemas know no team's type
    assert [error for each in people for error in errors("pull_request.review_requested", each)] == []
    listed = (await ask("GET", WHO)).body
    assert (len(listed["users"]), len(listed["teams"])) == (2, 1)
    left = (await ask("DELETE", WHO, {"reviewers": ["octocat", "stranger"], "team_reviewers": ["core"]})).body
    assert ([each["login"] for each in left["requested_reviewers"]], left["requested_teams"]) == (["reader"], [])
    openapi.assert_valid(github.requests)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"reviewers": ["friend"]}, "Review cannot be requested from pull request author."),
        ({"reviewers": ["octocat", "FRIEND"]}, "Review cannot be requested from pull request author."),
        ({"reviewers": ["octocat", "stranger"]}, "Reviews may only be requested from collaborators."),
        ({"reviewers": ["nobody-at-all"]}, "Reviews may only be requested from collaborators."),
        ({"team_reviewers": ["none"]}, "Reviews may only be requested from collaborators."),
        ({"reviewers": "octocat"}, "Validation Failed"),
    ],
)
async def test_invalid_reviewer_requests_no_one(ask: ApiClient, body: dict[str, Any], words: str) -> None:
    reply = await ask("POST", WHO, body)
    assert (reply.status, reply.body["message"].startswith(words)) == (422, True)
    assert (await ask("GET", WHO)).body == {"users": [], "teams": []}
    openapi.assert_valid(ask.github.requests)


async def test_review_ends_the_request(github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver) -> None:
    github.store.app.events = (*github.store.app.events, "pull_request_review")
    await ask("POST", WHO, {"reviewers": ["octocat"]})
    github.reviews.approve(REPO, 1, "octocat")
    assert (await ask("GET", WHO)).body["users"] == []
    [review] = (await ask("GET", f"{R}/pulls/1/reviews")).body
    assert (review["state"], review["user"]["login"]) == ("APPROVED", "octocat")
    await github.webhooks.idle()
    [payload] = receiver.payloads("pull_request_review.submitted")
    assert errors("pull_request_review.submitted", payload) == []
    openapi.assert_valid(github.requests)


async def test_the_app_reviews(ask: ApiClient) -> None:
    path = f"{R}/pulls/1/reviews"
    assert (await ask("POST", path, {"event": "COMMENT"})).status == 422
    assert (await ask("POST", path, {"event": "LGTM", "body": "x"})).status == 422
    reply = await ask("POST", path, {"event": "REQUEST_CHANGES", "body": "no"})
    assert (reply.status, reply.body["state"], reply.body["user"]["login"]) == (
        200,
        "CHANGES_REQUESTED",
        "autobuild[bot]",
    )
    own = await ask("POST", path, {"event": "APPROVE"}, who="friend")
    assert (own.status, own.body["message"]) == (422, "Can not approve your own pull request")
    openapi.assert_valid(ask.github.requests)
