"""REST: pull requests."""

from simulator.github import git
from simulator.github.git import diff
from simulator.github.rest import BODY_LIMIT, ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.rest.issues import TITLE_LIMIT
from simulator.github.serializers import git as shapes_git
from simulator.github.serializers import pull as shapes_pull
from simulator.github.services.entities import Issue, Json, PullDetails
from simulator.github.services.pulls import BranchNotFound, Unprocessable

endpoints = Endpoints()
_FILES = 3000


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls", "pull_requests:read")
async def list_pulls(call: RestRequest) -> RestResponse:
    """Newest first, or by `sort=updated` (then the one that was touched last comes last, unless `direction=desc`);
    `state`, `base`, and `head` as `owner:branch`."""
    query, repo = call.request.query, call.repo
    state = query.get("state", "open")
    issues = [issue for issue in repo.issues.values() if issue.pull and state in (issue.state, "all")]
    updated = query.get("sort") == "updated"
    descending = query.get("direction", "asc" if updated else "desc") != "asc"
    issues.sort(key=_updated if updated else _number, reverse=descending)
    shapes = [shapes_pull.simple_pull(call.hub, repo, issue) for issue in issues]
    if ":" in (head := query.get("head", "")):
        shapes = [shape for shape in shapes if shape["head"]["label"].lower() == head.lower()]
    if base := query.get("base"):
        shapes = [shape for shape in shapes if shape["base"]["ref"] == base]
    return call.page(shapes)


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", "pull_requests:read")
async def get_pull(call: RestRequest) -> Json:
    """Whoever looks, has it found out whether it can be merged."""
    issue, pull = pull_of(call)
    await call.hub.weigh(call.repo, issue, pull)
    return shapes_pull.pull(call.hub, call.repo, issue)


@endpoints.on("POST", "/repos/{owner}/{repo}/pulls", "pull_requests:write")
async def create_pull(call: RestRequest) -> RestResponse:
    title, head, base = call.text("title", limit=TITLE_LIMIT), call.text("head"), call.text("base")
    body = call.text("body", limit=BODY_LIMIT, default="") if call.body.get("body") is not None else None
    draft = call.body.get("draft") is True
    try:
        issue = await call.hub.open_pull(
            call.repo.full_name, head, base, title, body, login=call.user.login, draft=draft
        )
    except BranchNotFound as error:
        raise invalid(error.field, "invalid", resource="PullRequest") from error
    except Unprocessable as error:
        problem = {"resource": "PullRequest", "code": "custom", "message": str(error)}
        raise ApiError(422, "Validation Failed", [problem]) from error
    return RestResponse(shapes_pull.pull(call.hub, call.repo, issue), 201)


@endpoints.on("PATCH", "/repos/{owner}/{repo}/pulls/{pull_number}", "pull_requests:write")
async def update_pull(call: RestRequest) -> Json:
    issue, _ = pull_of(call)
    limits = {"title": TITLE_LIMIT, "body": BODY_LIMIT, "base": 0}
    sent = {
        name: call.text(name, limit=limit, default="")
        for name, limit in limits.items()
        if call.body.get(name) or (name == "body" and call.body.get(name) == "")
    }
    state = call.body.get("state")
    if state not in (None, "open", "closed"):
        raise invalid("state", "invalid", resource="PullRequest")
    name, who = call.repo.full_name, call.user.login
    try:
        await call.hub.edit_pull(name, issue.number, **sent, login=who)
        if state:
            await call.hub.set_state(name, issue.number, state, who)
    except Unprocessable as error:
        raise invalid("base" if "base" in sent else "state", "invalid", str(error), "PullRequest") from error
    return shapes_pull.pull(call.hub, call.repo, issue)


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/files", "pull_requests:read")
async def list_files(call: RestRequest) -> RestResponse:
    """Against the merge base; 3,000 at most, as on GitHub."""
    (_, pull), repo = pull_of(call), call.repo
    base = await git.merge_base(repo.path, pull.base_sha, pull.head_sha) or await call.hub.empty_tree(repo)
    files = await diff.between(repo.path, base, pull.head_sha)
    return call.page([shapes_git.changed_file(call.hub, repo, pull.head_sha, file) for file in files[:_FILES]])


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/commits", "pull_requests:read")
async def list_commits(call: RestRequest) -> RestResponse:
    """Oldest first, 250 at most."""
    (_, pull), repo = pull_of(call), call.repo
    commits = await git.log(repo.path, pull.head_sha, f"^{pull.base_sha}")
    return call.page([shapes_git.commit(call.hub, repo, commit) for commit in reversed(commits)])


def pull_of(call: RestRequest) -> tuple[Issue, PullDetails]:
    """404 where that number is no pull request."""
    _, issue, pull = call.hub.pull(call.repo.full_name, call.number("pull_number"))
    return issue, pull


def _updated(issue: Issue) -> tuple[str, int]:
    return issue.updated_at, issue.number


def _number(issue: Issue) -> int:
    return issue.number
