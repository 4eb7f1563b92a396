"""REST: issues."""

from typing import Any

from simulator.github import serializers
from simulator.github.rest import BODY_LIMIT, ApiError, Endpoints, RestRequest, RestResponse, auth, invalid
from simulator.github.services.entities import LEVELS, Issue, Json, Repository

endpoints = Endpoints()
READ = "issues:read|pull_requests:read"
WRITE = "issues:write|pull_requests:write"
TITLE_LIMIT = 256
MOST_PEOPLE = 10
REASONS = ("completed", "not_planned", "duplicate", "reopened")


@endpoints.on("GET", "/repos/{owner}/{repo}/issues", READ)
async def list_issues(call: RestRequest) -> RestResponse:
    """Newest first, pull requests too, as on GitHub."""
    query = call.request.query
    found = [issue for issue in call.repo.issues.values() if _wanted(issue, query)]
    field = {"updated": "updated_at", "created": "created_at"}.get(query.get("sort", "created"), "created_at")
    found.sort(key=lambda issue: (getattr(issue, field), issue.number), reverse=query.get("direction") != "asc")
    return call.page([serializers.issue(call.hub, call.repo, issue) for issue in found])


@endpoints.on("POST", "/repos/{owner}/{repo}/issues", "issues:write")
async def create_issue(call: RestRequest) -> RestResponse:
    if not call.repo.has_issues:
        raise ApiError(410, "Issues has been disabled in this repository.")
    body = call.text("body", limit=BODY_LIMIT, default="") if call.body.get("body") is not None else None
    title, labels, people = call.text("title", limit=TITLE_LIMIT), label_names(call), _assignees(call)
    issue = call.hub.open_issue(
        call.repo.full_name, title, body, call.user.login, labels=labels or (), assignees=people or ()
    )
    return RestResponse(serializers.issue(call.hub, call.repo, issue), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}", READ)
async def get_issue(call: RestRequest) -> Json:
    return serializers.issue(call.hub, call.repo, issue_of(call, "read"))


@endpoints.on("PATCH", "/repos/{owner}/{repo}/issues/{issue_number}", WRITE)
async def update_issue(call: RestRequest) -> Json:
    issue, name, who = issue_of(call), call.repo.full_name, call.user.login
    sent = {field: _words(call, field) for field in ("title", "body") if call.body.get(field) is not None}
    state, reason = call.body.get("state"), call.body.get("state_reason")
    for field, value, allowed in (("state", state, ("open", "closed")), ("state_reason", reason, REASONS)):
        if value is not None and value not in allowed:
            raise invalid(field, "invalid", resource="Issue")
    labels, people = label_names(call), _assignees(call)
    call.hub.edit_issue(name, issue.number, **sent, login=who)
    if state:
        await call.hub.set_state(name, issue.number, state, who, reason)
    if labels is not None:
        call.hub.set_labels(name, issue.number, labels, who)
    if people is not None:
        call.hub.assign(name, issue.number, people, who)
    return serializers.issue(call.hub, call.repo, issue)


@endpoints.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/assignees", "issues:write")
async def add_assignees(call: RestRequest) -> RestResponse:
    """Beside those that are there, ten at most. Who may not be assigned is left out without a word."""
    issue = issue_of(call)
    people = {each.login.lower(): each.login for each in issue.assignees}
    for login in call.body.get("assignees") or ():
        if isinstance(login, str) and _assignable(call.repo, login):
            people.setdefault(login.lower(), login)
    call.hub.assign(call.repo.full_name, issue.number, [*people.values()][:MOST_PEOPLE], call.user.login)
    return RestResponse(serializers.issue(call.hub, call.repo, issue), 201)


def issue_of(call: RestRequest, level: str = "write") -> Issue:
    """404, 410 for one that was deleted, 403 for a plain issue where the caller has to do with pull requests only."""
    number = call.number("issue_number")
    found = call.repo.issues.get(number)
    if found and not found.pull and not call.repo.has_issues:
        raise ApiError(410, "Issues has been disabled in this repository.")
    if found is None and 0 < number <= call.repo.numbered:
        raise ApiError(410, "This issue was deleted")
    issue = call.hub.issue(call.repo.full_name, number)
    may_touch(call, issue, level)
    return issue


def may_touch(call: RestRequest, issue: Issue, level: str = "write") -> None:
    """A pull request may be reached by either permission, a plain issue by its own only."""
    if call.caller.token and not issue.pull and not auth.may(call.caller, "issues", level, call.repo):
        raise ApiError(403, "Resource not accessible by integration", x_accepted_github_permissions=f"issues={level}")


def label_names(call: RestRequest) -> list[str] | None:
    """The labels that were sent, None where none were; 422 for what cannot be a label's name."""
    sent = call.body.get("labels")
    if sent is not None and not isinstance(sent, list):
        raise invalid("labels", "invalid", resource="Issue")
    return None if sent is None else [_label_name(label) for label in sent]


def _label_name(label: Any) -> str:
    name = label.get("name") if isinstance(label, dict) else label
    if not isinstance(name, str) or not name.strip():
        raise invalid("name", "missing_field", resource="Label")
    if len(name) > 50:
        raise invalid("name", "custom", "name is too long (maximum is 50 characters)", "Label")
    return name


def _assignees(call: RestRequest) -> list[str] | None:
    """422 for somebody who has nothing to do with the repository."""
    sent = call.body.get("assignees")
    for login in sent or ():
        if not isinstance(login, str) or not _assignable(call.repo, login):
            raise invalid("assignees", "invalid", resource="Issue")
    return sent


def _assignable(repo: Repository, login: str) -> bool:
    names = {name.lower(): name for name in (*repo.collaborators, repo.owner.login)}
    level = repo.level(names.get(login.lower(), login))
    return LEVELS.index(level) >= LEVELS.index("triage")


def _words(call: RestRequest, field: str) -> str:
    return call.text(field, limit=BODY_LIMIT if field == "body" else TITLE_LIMIT, default="")


def _wanted(issue: Issue, query: Any) -> bool:
    """`since` is GitHub's kind of time, which sorts as text."""
    labels = {name for name in query.get("labels", "").lower().split(",") if name}
    assignee, assigned = query.get("assignee", "").lower(), {each.login.lower() for each in issue.assignees}
    return (
        query.get("state", "open") in (issue.state, "all")
        and labels <= {label.name.lower() for label in issue.labels}
        and query.get("creator", issue.user.login).lower() == issue.user.login.lower()
        and issue.updated_at >= query.get("since", "")
        and (assignee in ("", "*" if assigned else "none") or assignee in assigned)
    )
