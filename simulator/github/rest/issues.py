"""REST: issues and labels."""

from typing import Any

from simulator.github import serializers
from simulator.github.entities import LEVELS, Json, Repository, SimulatedIssue
from simulator.github.rest import BODY_LIMIT, ApiError, Endpoints, RestRequest, RestResponse, auth, invalid

endpoints = Endpoints()
READ = "issues:read|pull_requests:read"
WRITE = "issues:write|pull_requests:write"
TITLE_LIMIT = 256
ASSIGNEES_LIMIT = 10
REASONS = ("completed", "not_planned", "duplicate", "reopened")


@endpoints.on("GET", "/repos/{owner}/{repo}/issues", READ)
async def list_issues(request: RestRequest) -> RestResponse:
    """Newest first, pull requests too, as on GitHub."""
    query = request.http.query
    found = [issue for issue in request.repo.issues.values() if _matches(issue, query)]
    field = {"updated": "updated_at", "created": "created_at"}.get(query.get("sort", "created"), "created_at")
    found.sort(key=lambda issue: (getattr(issue, field), issue.number), reverse=query.get("direction") != "asc")
    return request.page([serializers.issue(request.store, request.repo, issue) for issue in found])


@endpoints.on("POST", "/repos/{owner}/{repo}/issues", "issues:write")
async def create_issue(request: RestRequest) -> RestResponse:
    if not request.repo.has_issues:
        raise ApiError(410, "Issues has been disabled in this repository.")
    body = request.text("body", limit=BODY_LIMIT, default="") if request.body.get("body") is not None else None
    title, labels, assignees = request.text("title", limit=TITLE_LIMIT), label_names(request), _assignees(request)
    issue = request.github.issues.open_issue(
        request.repo.full_name, title, body, request.user.login, labels=labels or (), assignees=assignees or ()
    )
    return RestResponse(serializers.issue(request.store, request.repo, issue), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}", READ)
async def get_issue(request: RestRequest) -> Json:
    return serializers.issue(request.store, request.repo, issue_of(request, "read"))


@endpoints.on("PATCH", "/repos/{owner}/{repo}/issues/{issue_number}", WRITE)
async def update_issue(request: RestRequest) -> Json:
    issue, name, who = issue_of(request), request.repo.full_name, request.user.login
    sent = {field: _text(request, field) for field in ("title", "body") if request.body.get(field) is not None}
    state, reason = request.body.get("state"), request.body.get("state_reason")
    for field, value, allowed in (("state", state, ("open", "closed")), ("state_reason", reason, REASONS)):
        if value is not None and value not in allowed:
            raise invalid(field, "invalid", resource="Issue")
    labels, assignees = label_names(request), _assignees(request)
    request.github.issues.edit_issue(name, issue.number, **sent, login=who)
    if state:
        await request.github.pulls.set_state(name, issue.number, state, who, reason)
    if labels is not None:
        request.github.issues.set_labels(name, issue.number, labels, who)
    if assignees is not None:
        request.github.issues.assign(name, issue.number, assignees, who)
    return serializers.issue(request.store, request.repo, issue)


@endpoints.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/assignees", "issues:write")
async def add_assignees(request: RestRequest) -> RestResponse:
    """Adds to those already assigned, ten at most. Users who cannot be assigned are left out silently."""
    issue = issue_of(request)
    logins = {each.login.lower(): each.login for each in issue.assignees}
    for login in request.body.get("assignees") or ():
        if isinstance(login, str) and _assignable(request.repo, login):
            logins.setdefault(login.lower(), login)
    request.github.issues.assign(
        request.repo.full_name, issue.number, [*logins.values()][:ASSIGNEES_LIMIT], request.user.login
    )
    return RestResponse(serializers.issue(request.store, request.repo, issue), 201)


# --- labels


@endpoints.on("GET", "/repos/{owner}/{repo}/labels", READ)
async def list_labels(request: RestRequest) -> RestResponse:
    return request.page(
        [serializers.label(request.store, request.repo, label) for label in request.repo.labels.values()]
    )


@endpoints.on("POST", "/repos/{owner}/{repo}/labels", WRITE)
async def create_label(request: RestRequest) -> RestResponse:
    name = request.text("name", limit=50)
    if name.lower() in request.repo.labels:
        raise invalid("name", "already_exists", resource="Label")
    label = request.github.issues.new_label(
        request.repo, name, request.text("color", default="ededed"), request.body.get("description")
    )
    return RestResponse(serializers.label(request.store, request.repo, label), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}/labels", READ)
async def list_issue_labels(request: RestRequest) -> RestResponse:
    return request.page(_labels(request, issue_of(request, "read")))


@endpoints.on("GET", "/repos/{owner}/{repo}/issues/{issue_number}/events", READ)
async def list_events(request: RestRequest) -> RestResponse:
    """Oldest first; of all that happened, new titles and the labels that were set and removed."""
    issue = issue_of(request, "read")
    return request.page([serializers.issue_event(request.store, request.repo, event) for event in issue.events])


@endpoints.on("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels", WRITE)
async def add_labels(request: RestRequest) -> list[Json]:
    issue, names = issue_of(request), label_names(request)
    if not names:
        raise invalid("labels", "missing_field", resource="Label")
    for name in names:
        request.github.issues.add_label(request.repo.full_name, issue.number, name, request.user.login)
    return _labels(request, issue)


@endpoints.on("PUT", "/repos/{owner}/{repo}/issues/{issue_number}/labels", WRITE)
async def set_labels(request: RestRequest) -> list[Json]:
    """These and no others."""
    issue = issue_of(request)
    request.github.issues.set_labels(
        request.repo.full_name, issue.number, label_names(request) or [], request.user.login
    )
    return _labels(request, issue)


@endpoints.on("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels", WRITE)
async def remove_all_labels(request: RestRequest) -> RestResponse:
    request.github.issues.set_labels(request.repo.full_name, issue_of(request).number, [], request.user.login)
    return RestResponse(status=204)


@endpoints.on("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", WRITE)
async def remove_label(request: RestRequest) -> list[Json]:
    issue, name = issue_of(request), request.params["name"]
    if name.lower() not in [label.name.lower() for label in issue.labels]:
        raise ApiError(404, "Label does not exist")
    request.github.issues.remove_label(request.repo.full_name, issue.number, name, request.user.login)
    return _labels(request, issue)


def issue_of(request: RestRequest, level: str = "write") -> SimulatedIssue:
    """404, 301 for a transferred one, 410 for a deleted one, 403 for a plain issue where the caller has permission for
    pull requests only."""
    number = request.number("issue_number")
    found = request.repo.issues.get(number)
    if moved := request.repo.transferred.get(number):
        url = f"{request.store.api_url}/repositories/{moved[0].id}/issues/{moved[1].number}"
        raise ApiError(301, "Moved Permanently", location=url)
    if found and not found.pull and not request.repo.has_issues:
        raise ApiError(410, "Issues has been disabled in this repository.")
    if found is None and 0 < number <= request.repo.last_number:
        raise ApiError(410, "This issue was deleted")
    issue = request.store.issue(request.repo.full_name, number)
    check_access(request, issue, level)
    return issue


def check_access(request: RestRequest, issue: SimulatedIssue, level: str = "write") -> None:
    """Either permission is enough for a pull request; a plain issue needs that for issues."""
    if request.caller.token and not issue.pull and not auth.may(request.caller, "issues", level, request.repo):
        raise ApiError(403, "Resource not accessible by integration", x_accepted_github_permissions=f"issues={level}")


def label_names(request: RestRequest) -> list[str] | None:
    """The labels that were sent, None where none were; 422 for what cannot be a label's name."""
    sent = request.body.get("labels")
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


def _assignees(request: RestRequest) -> list[str] | None:
    """422 for a user who cannot be assigned."""
    sent = request.body.get("assignees")
    for login in sent or ():
        if not isinstance(login, str) or not _assignable(request.repo, login):
            raise invalid("assignees", "invalid", resource="Issue")
    return sent


def _assignable(repo: Repository, login: str) -> bool:
    names = {name.lower(): name for name in (*repo.collaborators, repo.owner.login)}
    level = repo.level(names.get(login.lower(), login))
    return LEVELS.index(level) >= LEVELS.index("triage")


def _text(request: RestRequest, field: str) -> str:
    return request.text(field, limit=BODY_LIMIT if field == "body" else TITLE_LIMIT, default="")


def _matches(issue: SimulatedIssue, query: Any) -> bool:
    """Whether the filters of the query match. `since` is a time in GitHub's format, which sorts as text."""
    labels = {name for name in query.get("labels", "").lower().split(",") if name}
    assignee, assigned = query.get("assignee", "").lower(), {each.login.lower() for each in issue.assignees}
    return (
        query.get("state", "open") in (issue.state, "all")
        and labels <= {label.name.lower() for label in issue.labels}
        and query.get("creator", issue.user.login).lower() == issue.user.login.lower()
        and issue.updated_at >= query.get("since", "")
        and (assignee in ("", "*" if assigned else "none") or assignee in assigned)
    )


def _labels(request: RestRequest, issue: SimulatedIssue) -> list[Json]:
    return [serializers.label(request.store, request.repo, label) for label in issue.labels]
