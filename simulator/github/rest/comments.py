"""REST: comments and reactions."""

from simulator.github import serializers
from simulator.github.rest import BODY_LIMIT, ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.rest.issues import READ, WRITE, issue_of, may_touch
from simulator.github.services.entities import Comment, Issue, Json

endpoints = Endpoints()


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", READ)
async def list_comments(call: RestRequest) -> RestResponse:
    issue = issue_of(call, "read")
    return call.page([serializers.comment(call.hub, call.repo, issue, comment) for comment in issue.comments])


@endpoints.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", WRITE)
async def create_comment(call: RestRequest) -> RestResponse:
    issue = issue_of(call)
    if issue.locked and not _may_speak(call):
        raise ApiError(403, "Unable to create comment because issue is locked.")
    comment = call.hub.add_comment(call.repo.full_name, issue.number, _body(call), call.user.login)
    return RestResponse(serializers.comment(call.hub, call.repo, issue, comment), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}", READ)
async def get_comment(call: RestRequest) -> Json:
    return serializers.comment(call.hub, call.repo, *_comment(call, "read"))


@endpoints.on("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", WRITE)
async def update_comment(call: RestRequest) -> Json:
    issue, comment = _comment(call)
    if call.caller.token and comment.user is not call.user:
        raise ApiError(403, "Resource not accessible by integration")
    call.hub.edit_comment(call.repo.full_name, comment.id, _body(call), call.user.login)
    return serializers.comment(call.hub, call.repo, issue, comment)


@endpoints.on("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}", WRITE)
async def delete_comment(call: RestRequest) -> RestResponse:
    _, comment = _comment(call)
    call.hub.delete_comment(call.repo.full_name, comment.id, call.user.login)
    return RestResponse(status=204)


@endpoints.on("POST", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", WRITE)
async def react_to_comment(call: RestRequest) -> RestResponse:
    return _react(call, _comment(call)[1])


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", READ)
async def list_comment_reactions(call: RestRequest) -> RestResponse:
    return call.page([serializers.reaction(call.hub, reaction) for reaction in _comment(call, "read")[1].reactions])


@endpoints.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/reactions", WRITE)
async def react_to_issue(call: RestRequest) -> RestResponse:
    return _react(call, issue_of(call))


def _comment(call: RestRequest, level: str = "write") -> tuple[Issue, Comment]:
    issue, comment = call.hub.comment(call.repo, call.number("comment_id"))
    may_touch(call, issue, level)
    return issue, comment


def _may_speak(call: RestRequest) -> bool:
    """In a locked conversation."""
    return call.caller.kind == "user" and call.repo.level(call.caller.login) in ("write", "maintain", "admin")


def _body(call: RestRequest) -> str:
    return call.text("body", limit=BODY_LIMIT)


def _react(call: RestRequest, to: Issue | Comment) -> RestResponse:
    content = call.text("content")
    if content not in serializers.REACTIONS:
        raise invalid("content", "invalid", resource="Reaction")
    before = len(to.reactions)
    reaction = call.hub.react(to, content, call.user)
    return RestResponse(serializers.reaction(call.hub, reaction), 201 if len(to.reactions) > before else 200)
