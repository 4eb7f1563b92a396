"""REST: reviews of a pull request, and requests for them."""

from typing import Any

from simulator.github import serializers
from simulator.github.entities import Json
from simulator.github.rest import BODY_LIMIT, ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.rest.pulls import pull_of
from simulator.github.serializers import pull as pull_json

endpoints = Endpoints()
_EVENTS = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", "pull_requests:read")
async def list_requested(request: RestRequest) -> Json:
    _, pull = pull_of(request)
    return {
        "users": [serializers.user(request.store, person) for person in pull.reviewers],
        "teams": [pull_json.team(request.store, request.repo, slug) for slug in pull.teams],
    }


@endpoints.on("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", "pull_requests:write")
async def request_review(request: RestRequest) -> RestResponse:
    issue, _ = pull_of(request)
    reviewers, teams = _names(request, "reviewers"), _names(request, "team_reviewers")
    request.github.reviews.request_review(request.repo.full_name, issue.number, reviewers, teams, request.user.login)
    return RestResponse(pull_json.simple_pull(request.store, request.repo, issue), 201)


@endpoints.on("DELETE", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", "pull_requests:write")
async def unrequest_review(request: RestRequest) -> Json:
    issue, _ = pull_of(request)
    reviewers, teams = _names(request, "reviewers"), _names(request, "team_reviewers")
    request.github.reviews.unrequest_review(request.repo.full_name, issue.number, reviewers, teams, request.user.login)
    return pull_json.simple_pull(request.store, request.repo, issue)


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", "pull_requests:read")
async def list_reviews(request: RestRequest) -> RestResponse:
    """Oldest first."""
    issue, pull = pull_of(request)
    return request.page([pull_json.review(request.store, request.repo, issue, review) for review in pull.reviews])


@endpoints.on("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", "pull_requests:write")
async def create_review(request: RestRequest) -> Json:
    """Submitted at once: there are no pending reviews here, and no comments on lines."""
    issue, _ = pull_of(request)
    event, body, sha = request.text("event", default=""), _body(request), request.text("commit_id", default="")
    if event not in _EVENTS:
        raise _unprocessable(f"Event {event!r} is none of {', '.join(_EVENTS)}")
    if not body and event != "APPROVE":
        raise _unprocessable("Body can't be blank")
    review = request.github.reviews.review(
        request.repo.full_name, issue.number, _EVENTS[event], request.user.login, body, sha
    )
    return pull_json.review(request.store, request.repo, issue, review)


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", "pull_requests:read")
async def get_review(request: RestRequest) -> Json:
    issue, pull = pull_of(request)
    review = next((each for each in pull.reviews if each.id == request.number("review_id")), None)
    if review is None:
        raise ApiError(404, "Not Found")
    return pull_json.review(request.store, request.repo, issue, review)


def _body(request: RestRequest) -> str:
    body = request.body.get("body") or ""
    if not isinstance(body, str) or len(body) > BODY_LIMIT:
        raise _unprocessable(f"Body is too long (maximum is {BODY_LIMIT} characters)")
    return body


def _unprocessable(message: str) -> ApiError:
    """Here GitHub's `errors` are plain sentences."""
    return ApiError(422, "Unprocessable Entity", [message])


def _names(request: RestRequest, field: str) -> list[str]:
    names: Any = request.body.get(field) or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise invalid(field, "invalid", resource="PullRequest")
    return names
