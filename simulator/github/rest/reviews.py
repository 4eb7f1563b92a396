"""REST: reviews of a pull request, requests for them, and comments in their threads."""

from typing import Any

from simulator.github import serializers
from simulator.github.entities import Json, ReviewComment, ReviewThread, SimulatedIssue
from simulator.github.rest import BODY_LIMIT, ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.rest.pulls import pull_of
from simulator.github.serializers import pull as pull_json
from simulator.github.serializers import review_threads as thread_json

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


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/comments", "pull_requests:read")
async def list_review_comments(request: RestRequest) -> RestResponse:
    """Oldest first."""
    issue, pull = pull_of(request)
    shown = [(thread, comment) for thread in pull.threads for comment in thread.comments]
    shown.sort(key=lambda each: each[1].id)
    return request.page([_comment_json(request, issue, *each) for each in shown])


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/comments/{comment_id}", "pull_requests:read")
async def get_review_comment(request: RestRequest) -> Json:
    return _comment_json(request, *_comment(request))


@endpoints.on("PATCH", "/repos/{owner}/{repo}/pulls/comments/{comment_id}", "pull_requests:write")
async def update_review_comment(request: RestRequest) -> Json:
    issue, thread, comment = _comment(request)
    if request.caller.token and comment.user is not request.user:
        raise ApiError(403, "Resource not accessible by integration")
    body = request.text("body", limit=BODY_LIMIT)
    request.github.review_threads.edit(request.repo.full_name, comment.id, body, request.user.login)
    return _comment_json(request, issue, thread, comment)


@endpoints.on("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies", "pull_requests:write")
async def reply_to_review_comment(request: RestRequest) -> RestResponse:
    """Only to the first comment of a thread."""
    issue, thread, comment = _comment(request)
    if comment is not thread.comments[0] or issue.number != request.number("pull_number"):
        raise ApiError(404, "Not Found")
    if issue.locked and request.caller.kind != "user":
        raise ApiError(403, "Unable to create comment because issue is locked.")
    body, login = request.text("body", limit=BODY_LIMIT), request.user.login
    made = request.github.review_threads.reply(request.repo.full_name, issue.number, thread, body, login)
    return RestResponse(_comment_json(request, issue, thread, made), 201)


@endpoints.on("POST", "/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions", "pull_requests:write")
async def react_to_review_comment(request: RestRequest) -> RestResponse:
    comment, content = _comment(request)[2], request.text("content")
    if content not in serializers.REACTIONS:
        raise invalid("content", "invalid", resource="Reaction")
    before = len(comment.reactions)
    reaction = request.github.issues.react(comment, content, request.user)
    return RestResponse(serializers.reaction(request.store, reaction), 201 if len(comment.reactions) > before else 200)


def _comment(request: RestRequest) -> tuple[SimulatedIssue, ReviewThread, ReviewComment]:
    return request.github.review_threads.comment(request.repo, request.number("comment_id"))


def _comment_json(request: RestRequest, issue: SimulatedIssue, thread: ReviewThread, comment: ReviewComment) -> Json:
    return thread_json.review_comment(request.store, request.repo, issue, thread, comment)


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
