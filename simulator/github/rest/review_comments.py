"""REST: comments in threads of reviews."""

from simulator.github import serializers
from simulator.github.entities import Issue, Json, ReviewComment, ReviewThread
from simulator.github.rest import BODY_LIMIT, ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.rest.pulls import pull_of
from simulator.github.serializers import review_threads as thread_json

endpoints = Endpoints()


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/comments", "pull_requests:read")
async def list_review_comments(request: RestRequest) -> RestResponse:
    """Oldest first."""
    issue, pull = pull_of(request)
    shown = [(thread, comment) for thread in pull.threads for comment in thread.comments]
    shown.sort(key=lambda each: each[1].id)
    return request.page([_json(request, issue, *each) for each in shown])


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/comments/{comment_id}", "pull_requests:read")
async def get_review_comment(request: RestRequest) -> Json:
    return _json(request, *_comment(request))


@endpoints.on("PATCH", "/repos/{owner}/{repo}/pulls/comments/{comment_id}", "pull_requests:write")
async def update_review_comment(request: RestRequest) -> Json:
    issue, thread, comment = _comment(request)
    if request.caller.token and comment.user is not request.user:
        raise ApiError(403, "Resource not accessible by integration")
    body = request.text("body", limit=BODY_LIMIT)
    request.github.review_threads.edit(request.repo.full_name, comment.id, body, request.user.login)
    return _json(request, issue, thread, comment)


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
    return RestResponse(_json(request, issue, thread, made), 201)


@endpoints.on("POST", "/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions", "pull_requests:write")
async def react_to_review_comment(request: RestRequest) -> RestResponse:
    comment, content = _comment(request)[2], request.text("content")
    if content not in serializers.REACTIONS:
        raise invalid("content", "invalid", resource="Reaction")
    before = len(comment.reactions)
    reaction = request.github.issues.react(comment, content, request.user)
    return RestResponse(serializers.reaction(request.store, reaction), 201 if len(comment.reactions) > before else 200)


def _comment(request: RestRequest) -> tuple[Issue, ReviewThread, ReviewComment]:
    return request.github.review_threads.comment(request.repo, request.number("comment_id"))


def _json(request: RestRequest, issue: Issue, thread: ReviewThread, comment: ReviewComment) -> Json:
    return thread_json.review_comment(request.store, request.repo, issue, thread, comment)
