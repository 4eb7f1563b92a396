"""REST: issues, comments, labels and reactions."""

from typing import Any

from bot.simulator import shapes
from bot.simulator.rest import BODY_LIMIT, Answer, ApiError, Call, Endpoints, invalid
from bot.simulator.state import Comment, Issue, Json

endpoints = Endpoints()
_READ = "issues:read|pull_requests:read"
_WRITE = "issues:write|pull_requests:write"


@endpoints.on("GET", "/repos/{owner}/{repo}/issues", _READ)
async def list_issues(call: Call) -> Answer:
    """Newest first, pull requests too, as on GitHub."""
    state = call.request.query.get("state", "open")
    issues = [issue for issue in call.repo.issues.values() if state in (issue.state, "all")]
    labels = {name for name in call.request.query.get("labels", "").lower().split(",") if name}
    issues = [issue for issue in issues if labels <= {label.name.lower() for label in issue.labels}]
    return call.page([shapes.issue(call.hub, call.repo, issue) for issue in reversed(issues)])


@endpoints.on("POST", "/repos/{owner}/{repo}/issues", "issues:write")
async def create_issue(call: Call) -> Answer:
    body = call.text("body", limit=BODY_LIMIT, default="") if call.body.get("body") is not None else None
    name, who = call.repo.full_name, call.user.login
    issue = call.hub.open_issue(name, call.text("title", limit=256), body, who)
    for label in call.body.get("labels") or []:
        call.hub.add_label(name, issue.number, _label_name(label), who)
    return Answer(shapes.issue(call.hub, call.repo, issue), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}", _READ)
async def get_issue(call: Call) -> Json:
    return shapes.issue(call.hub, call.repo, _issue(call))


@endpoints.on("PATCH", "/repos/{owner}/{repo}/issues/{issue_number}", _WRITE)
async def update_issue(call: Call) -> Json:
    issue = _issue(call)
    state = call.body.get("state")
    if state not in (None, "open", "closed"):
        raise invalid("state", "invalid", resource="Issue")
    for field in ("title", "body"):
        if call.body.get(field) is not None:
            setattr(issue, field, call.text(field, limit=BODY_LIMIT, default=""))
    if state:
        await call.hub.set_state(call.repo.full_name, issue.number, state, call.user.login)
    return shapes.issue(call.hub, call.repo, issue)


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", _READ)
async def list_comments(call: Call) -> Answer:
    issue = _issue(call)
    return call.page([shapes.comment(call.hub, call.repo, issue, comment) for comment in issue.comments])


@endpoints.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", _WRITE)
async def create_comment(call: Call) -> Answer:
    issue = _issue(call)
    comment = call.hub.add_comment(call.repo.full_name, issue.number, _body(call), call.user.login)
    return Answer(shapes.comment(call.hub, call.repo, issue, comment), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}", _READ)
async def get_comment(call: Call) -> Json:
    return shapes.comment(call.hub, call.repo, *_comment(call))


@endpoints.on("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", _WRITE)
async def update_comment(call: Call) -> Json:
    issue, comment = _comment(call)
    if call.caller.token and comment.user is not call.user:
        raise ApiError(403, "Resource not accessible by integration")
    call.hub.edit_comment(call.repo.full_name, comment.id, _body(call), call.user.login)
    return shapes.comment(call.hub, call.repo, issue, comment)


@endpoints.on("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}", _WRITE)
async def delete_comment(call: Call) -> Answer:
    _, comment = _comment(call)
    call.hub.delete_comment(call.repo.full_name, comment.id, call.user.login)
    return Answer(status=204)


@endpoints.on("POST", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", _WRITE)
async def react_to_comment(call: Call) -> Answer:
    return _react(call, _comment(call)[1])


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", _READ)
async def list_comment_reactions(call: Call) -> Answer:
    return call.page([shapes.reaction(call.hub, reaction) for reaction in _comment(call)[1].reactions])


@endpoints.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/reactions", _WRITE)
async def react_to_issue(call: Call) -> Answer:
    return _react(call, _issue(call))


@endpoints.on("GET", "/repos/{owner}/{repo}/labels", _READ)
async def list_labels(call: Call) -> Answer:
    return call.page([shapes.label(call.hub, call.repo, label) for label in call.repo.labels.values()])


@endpoints.on("POST", "/repos/{owner}/{repo}/labels", _WRITE)
async def create_label(call: Call) -> Answer:
    name = call.text("name", limit=50)
    if name.lower() in call.repo.labels:
        raise invalid("name", "already_exists", resource="Label")
    label = call.hub.new_label(call.repo, name, call.text("color", default="ededed"), call.body.get("description"))
    return Answer(shapes.label(call.hub, call.repo, label), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}/labels", _READ)
async def list_issue_labels(call: Call) -> Answer:
    return call.page([shapes.label(call.hub, call.repo, label) for label in _issue(call).labels])


@endpoints.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels", _WRITE)
async def add_labels(call: Call) -> list[Json]:
    issue = _issue(call)
    wanted = call.body.get("labels")
    if not isinstance(wanted, list) or not wanted:
        raise invalid("labels", "missing_field", resource="Label")
    for label in wanted:
        call.hub.add_label(call.repo.full_name, issue.number, _label_name(label), call.user.login)
    return [shapes.label(call.hub, call.repo, label) for label in issue.labels]


@endpoints.on("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", _WRITE)
async def remove_label(call: Call) -> list[Json]:
    issue, name = _issue(call), call.params["name"]
    if name.lower() not in [label.name.lower() for label in issue.labels]:
        raise ApiError(404, "Label does not exist")
    call.hub.remove_label(call.repo.full_name, issue.number, name, call.user.login)
    return [shapes.label(call.hub, call.repo, label) for label in issue.labels]


def _issue(call: Call) -> Issue:
    return call.hub.issue(call.repo.full_name, call.number("issue_number"))


def _comment(call: Call) -> tuple[Issue, Comment]:
    return call.hub.comment(call.repo, call.number("comment_id"))


def _body(call: Call) -> str:
    return call.text("body", limit=BODY_LIMIT)


def _react(call: Call, to: Issue | Comment) -> Answer:
    content = call.text("content")
    if content not in shapes.REACTIONS:
        raise invalid("content", "invalid", resource="Reaction")
    before = len(to.reactions)
    reaction = call.hub.react(to, content, call.user)
    return Answer(shapes.reaction(call.hub, reaction), 201 if len(to.reactions) > before else 200)


def _label_name(label: Any) -> str:
    name = label.get("name") if isinstance(label, dict) else label
    if not isinstance(name, str) or not name:
        raise invalid("labels", "invalid", resource="Label")
    return name
