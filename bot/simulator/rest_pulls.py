"""REST: pull requests."""

from bot.simulator import changes, git, shapes_git, shapes_pull
from bot.simulator.pulls import Refused
from bot.simulator.rest import BODY_LIMIT, Answer, ApiError, Call, Endpoints, invalid
from bot.simulator.state import Issue, Json, Pull

endpoints = Endpoints()
_FILES = 3000


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls", "pull_requests:read")
async def list_pulls(call: Call) -> Answer:
    """Newest first; `state`, `base`, and `head` as `owner:branch`."""
    query, repo = call.request.query, call.repo
    state = query.get("state", "open")
    issues = [issue for issue in repo.issues.values() if issue.pull and state in (issue.state, "all")]
    shapes = [shapes_pull.simple_pull(call.hub, repo, issue) for issue in sorted(issues, key=_number, reverse=True)]
    if ":" in (head := query.get("head", "")):
        shapes = [shape for shape in shapes if shape["head"]["label"].lower() == head.lower()]
    if base := query.get("base"):
        shapes = [shape for shape in shapes if shape["base"]["ref"] == base]
    return call.page(shapes[::-1] if query.get("direction") == "asc" else shapes)


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", "pull_requests:read")
async def get_pull(call: Call) -> Json:
    return shapes_pull.pull(call.hub, call.repo, _pull(call)[0])


@endpoints.on("POST", "/repos/{owner}/{repo}/pulls", "pull_requests:write")
async def create_pull(call: Call) -> Answer:
    title, head, base = call.text("title"), call.text("head"), call.text("base")
    body = call.text("body", limit=BODY_LIMIT, default="") if call.body.get("body") is not None else None
    draft = call.body.get("draft") is True
    try:
        issue = await call.hub.open_pull(
            call.repo.full_name, head, base, title, body, login=call.user.login, draft=draft
        )
    except Refused as error:
        raise ApiError(422, "Validation Failed", [
            {"resource": "PullRequest", "code": "custom", "message": str(error)}
        ]) from error  # fmt: skip
    return Answer(shapes_pull.pull(call.hub, call.repo, issue), 201)


@endpoints.on("PATCH", "/repos/{owner}/{repo}/pulls/{pull_number}", "pull_requests:write")
async def update_pull(call: Call) -> Json:
    issue, _ = _pull(call)
    sent = {
        name: call.text(name, limit=BODY_LIMIT, default="") for name in ("title", "body", "base") if call.body.get(name)
    }
    state = call.body.get("state")
    if state not in (None, "open", "closed"):
        raise invalid("state", "invalid", resource="PullRequest")
    name, who = call.repo.full_name, call.user.login
    try:
        await call.hub.edit_pull(name, issue.number, **sent, login=who)
        if state:
            await call.hub.set_state(name, issue.number, state, who)
    except Refused as error:
        raise invalid("base" if "base" in sent else "state", "invalid", str(error), "PullRequest") from error
    return shapes_pull.pull(call.hub, call.repo, issue)


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/files", "pull_requests:read")
async def list_files(call: Call) -> Answer:
    """Against the merge base; 3,000 at most, as on GitHub."""
    (_, pull), repo = _pull(call), call.repo
    base = await git.merge_base(repo.path, pull.base_sha, pull.head_sha) or await call.hub.empty_tree(repo)
    files = await changes.between(repo.path, base, pull.head_sha)
    return call.page([shapes_git.changed_file(call.hub, repo, pull.head_sha, file) for file in files[:_FILES]])


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/commits", "pull_requests:read")
async def list_commits(call: Call) -> Answer:
    """Oldest first, 250 at most."""
    (_, pull), repo = _pull(call), call.repo
    commits = await git.log(repo.path, pull.head_sha, f"^{pull.base_sha}")
    return call.page([shapes_git.commit(call.hub, repo, commit) for commit in reversed(commits)])


@endpoints.on("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", "contents:write")
async def merge_pull(call: Call) -> Json:
    issue, pull = _pull(call)
    if issue.state != "open" or pull.draft:
        raise ApiError(405, "Pull Request is not mergeable")
    if call.body.get("sha") not in (None, pull.head_sha):
        raise ApiError(409, "Head branch was modified. Review and try the merge again.")
    try:
        sha = await call.hub.merge_pull(call.repo.full_name, issue.number, call.user.login)
    except Refused as error:
        raise ApiError(405, str(error)) from error
    return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}


def _pull(call: Call) -> tuple[Issue, Pull]:
    _, issue, pull = call.hub.pull(call.repo.full_name, call.number("pull_number"))
    return issue, pull


def _number(issue: Issue) -> int:
    return issue.number
