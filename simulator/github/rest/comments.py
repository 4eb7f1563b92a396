"""REST: comments and reactions."""

from simulator.github import serializers
from simulator.github.entities import Comment, Json, SimulatedIssue
from simulator.github.rest import BODY_LIMIT, ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.rest.issues import READ, WRITE, check_access, issue_of

endpoints = Endpoints()


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", READ)
async def list_comments(request: RestRequest) -> RestResponse:
    issue = issue_of(request, "read")
    return request.page(
        [serializers.comment(request.store, request.repo, issue, comment) for comment in issue.comments]
    )


@endpoints.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", WRITE)
async def create_comment(request: RestRequest) -> RestResponse:
    issue = issue_of(request)
    if issue.locked and not _may_comment(request):
        raise ApiError(403, "Unable to create comment because issue is locked.")
    comment = request.github.issues.add_comment(
        request.repo.full_name, issue.number, _body(request), request.user.login
    )
    return RestResponse(serializers.comment(request.store, request.repo, issue, comment), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}", READ)
async def get_comment(request: RestRequest) -> Json:
    return serializers.comment(request.store, request.repo, *_comment(request, "read"))


@endpoints.on("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", WRITE)
async def update_comment(request: RestRequest) -> Json:
    issue, comment = _comment(request)
    if request.caller.token and comment.user is not request.user:
        raise ApiError(403, "Resource not accessible by integration")
    request.github.issues.edit_comment(request.repo.full_name, comment.id, _body(request), request.user.login)
    return serializers.comment(request.store, request.repo, issue, comment)


@endpoints.on("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}", WRITE)
async def delete_comment(request: RestRequest) -> RestResponse:
    _, comment = _comment(request)
    request.github.issues.delete_comment(request.repo.full_name, comment.id, request.user.login)
    return RestResponse(status=204)


@endpoints.on("POST", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", WRITE)
async def react_to_comment(request: RestRequest) -> RestResponse:
    return _react(request, _comment(request)[1])


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", READ)
async def list_comment_reactions(request: RestRequest) -> RestResponse:
    return request.page(
        [serializers.reaction(request.store, reaction) for reaction in _comment(request, "read")[1].reactions]
    )


@endpoints.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/reactions", WRITE)
async def react_to_issue(request: RestRequest) -> RestResponse:
    return _react(request, issue_of(request))


def _comment(request: RestRequest, level: str = "write") -> tuple[SimulatedIssue, Comment]:
    issue, comment = request.github.issues.comment(request.repo, request.number("comment_id"))
    check_access(request, issue, level)
    return issue, comment


def _may_comment(request: RestRequest) -> bool:
    """On a locked issue."""
    return request.caller.kind == "user" and request.repo.level(request.caller.login) in ("write", "maintain", "admin")


def _body(request: RestRequest) -> str:
    return request.text("body", limit=BODY_LIMIT)


def _react(request: RestRequest, to: SimulatedIssue | Comment) -> RestResponse:
    content = request.text("content")
    if content not in serializers.REACTIONS:
        raise invalid("content", "invalid", resource="Reaction")
    before = len(to.reactions)
    reaction = request.github.issues.react(to, content, request.user)
    return RestResponse(serializers.reaction(request.store, reaction), 201 if len(to.reactions) > before else 200)
