"""REST: reviews of a pull request, and who is asked for one."""

from typing import Any

from simulator.github import serializers
from simulator.github.rest import BODY_LIMIT, ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.rest.pulls import pull_of
from simulator.github.serializers import pull as shapes_pull
from simulator.github.services.entities import Json

endpoints = Endpoints()
_EVENTS = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", "pull_requests:read")
async def list_requested(call: RestRequest) -> Json:
    _, pull = pull_of(call)
    return {
        "users": [serializers.user(call.hub, person) for person in pull.reviewers],
        "teams": [shapes_pull.team(call.hub, call.repo, slug) for slug in pull.teams],
    }


@endpoints.on("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", "pull_requests:write")
async def request_review(call: RestRequest) -> RestResponse:
    issue, _ = pull_of(call)
    people, teams = _names(call, "reviewers"), _names(call, "team_reviewers")
    call.hub.request_review(call.repo.full_name, issue.number, people, teams, call.user.login)
    return RestResponse(shapes_pull.simple_pull(call.hub, call.repo, issue), 201)


@endpoints.on("DELETE", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", "pull_requests:write")
async def unrequest_review(call: RestRequest) -> Json:
    issue, _ = pull_of(call)
    people, teams = _names(call, "reviewers"), _names(call, "team_reviewers")
    call.hub.unrequest_review(call.repo.full_name, issue.number, people, teams, call.user.login)
    return shapes_pull.simple_pull(call.hub, call.repo, issue)


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", "pull_requests:read")
async def list_reviews(call: RestRequest) -> RestResponse:
    """Oldest first."""
    issue, pull = pull_of(call)
    return call.page([shapes_pull.review(call.hub, call.repo, issue, review) for review in pull.reviews])


@endpoints.on("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", "pull_requests:write")
async def create_review(call: RestRequest) -> Json:
    """Submitted at once: there are no pending reviews here, and no comments on lines."""
    issue, _ = pull_of(call)
    event, body, sha = call.text("event", default=""), _body(call), call.text("commit_id", default="")
    if event not in _EVENTS:
        raise _unprocessable(f"Event {event!r} is none of {', '.join(_EVENTS)}")
    if not body and event != "APPROVE":
        raise _unprocessable("Body can't be blank")
    made = call.hub.review(call.repo.full_name, issue.number, _EVENTS[event], call.user.login, body, sha)
    return shapes_pull.review(call.hub, call.repo, issue, made)


def _body(call: RestRequest) -> str:
    body = call.body.get("body") or ""
    if not isinstance(body, str) or len(body) > BODY_LIMIT:
        raise _unprocessable(f"Body is too long (maximum is {BODY_LIMIT} characters)")
    return body


def _unprocessable(message: str) -> ApiError:
    """Here GitHub's `errors` are plain sentences."""
    return ApiError(422, "Unprocessable Entity", [message])


def _names(call: RestRequest, field: str) -> list[str]:
    names: Any = call.body.get(field) or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise invalid(field, "invalid", resource="PullRequest")
    return names
