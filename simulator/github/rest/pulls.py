"""REST: pull requests, and merging them or branches."""

from simulator.github import git
from simulator.github.entities import MERGE_METHODS, Json, PullDetails, SimulatedIssue
from simulator.github.errors import EntityNotFound, Unprocessable
from simulator.github.git import diff
from simulator.github.rest import BODY_LIMIT, ApiError, Endpoints, RestRequest, RestResponse, auth, invalid
from simulator.github.rest.issues import TITLE_LIMIT
from simulator.github.serializers import git as git_json
from simulator.github.serializers import pull as pull_json
from simulator.github.services.merging import MergeConflict
from simulator.github.services.protection import BranchProtected
from simulator.github.services.pulls import BranchNotFound

endpoints = Endpoints()
_FILES_LIMIT = 3000


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls", "pull_requests:read")
async def list_pulls(request: RestRequest) -> RestResponse:
    """Newest first, or by `sort=updated`, oldest update first unless `direction=desc`.

    Filters: `state`, `base`, and `head` as `owner:branch`.
    """
    query, repo = request.http.query, request.repo
    state = query.get("state", "open")
    issues = [issue for issue in repo.issues.values() if issue.pull and state in (issue.state, "all")]
    updated = query.get("sort") == "updated"
    descending = query.get("direction", "asc" if updated else "desc") != "asc"
    issues.sort(key=lambda issue: (issue.updated_at if updated else "", issue.number), reverse=descending)
    pulls = [pull_json.simple_pull(request.store, repo, issue) for issue in issues]
    if ":" in (head := query.get("head", "")):
        pulls = [pull for pull in pulls if pull["head"]["label"].lower() == head.lower()]
    if base := query.get("base"):
        pulls = [pull for pull in pulls if pull["base"]["ref"] == base]
    return request.page(pulls)


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", "pull_requests:read")
async def get_pull(request: RestRequest) -> Json:
    """Computes whether it can be merged, since someone asks."""
    issue, pull = pull_of(request)
    await request.github.merging.update_mergeability(request.repo, issue, pull)
    return pull_json.pull(request.store, request.repo, issue)


@endpoints.on("POST", "/repos/{owner}/{repo}/pulls", "pull_requests:write")
async def create_pull(request: RestRequest) -> RestResponse:
    title, head, base = request.text("title", limit=TITLE_LIMIT), request.text("head"), request.text("base")
    body = request.text("body", limit=BODY_LIMIT, default="") if request.body.get("body") is not None else None
    draft = request.body.get("draft") is True
    try:
        issue = await request.github.pulls.open_pull(
            request.repo.full_name, head, base, title, body, login=request.user.login, draft=draft
        )
    except BranchNotFound as error:
        raise invalid(error.field, "invalid", resource="PullRequest") from error
    except Unprocessable as error:
        problem = {"resource": "PullRequest", "code": "custom", "message": str(error)}
        raise ApiError(422, "Validation Failed", [problem]) from error
    return RestResponse(pull_json.pull(request.store, request.repo, issue), 201)


@endpoints.on("PATCH", "/repos/{owner}/{repo}/pulls/{pull_number}", "pull_requests:write")
async def update_pull(request: RestRequest) -> Json:
    issue, _ = pull_of(request)
    limits = {"title": TITLE_LIMIT, "body": BODY_LIMIT, "base": 0}
    sent = {
        name: request.text(name, limit=limit, default="")
        for name, limit in limits.items()
        if request.body.get(name) or (name == "body" and request.body.get(name) == "")
    }
    state = request.body.get("state")
    if state not in (None, "open", "closed"):
        raise invalid("state", "invalid", resource="PullRequest")
    name, who = request.repo.full_name, request.user.login
    try:
        await request.github.pulls.edit_pull(name, issue.number, **sent, login=who)
        if state:
            await request.github.pulls.set_state(name, issue.number, state, who)
    except Unprocessable as error:
        raise invalid("base" if "base" in sent else "state", "invalid", str(error), "PullRequest") from error
    return pull_json.pull(request.store, request.repo, issue)


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/files", "pull_requests:read")
async def list_files(request: RestRequest) -> RestResponse:
    """Against the merge base; 3,000 at most, as on GitHub."""
    (_, pull), repo = pull_of(request), request.repo
    base = await git.merge_base(repo.path, pull.base_sha, pull.head_sha) or await git.empty_tree(repo.path)
    files = await diff.between(repo.path, base, pull.head_sha)
    return request.page(
        [git_json.changed_file(request.store, repo, pull.head_sha, file) for file in files[:_FILES_LIMIT]]
    )


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/commits", "pull_requests:read")
async def list_commits(request: RestRequest) -> RestResponse:
    """Oldest first, 250 at most."""
    (_, pull), repo = pull_of(request), request.repo
    commits = await git.log(repo.path, pull.head_sha, f"^{pull.base_sha}")
    return request.page([git_json.commit(request.store, repo, commit) for commit in reversed(commits)])


# --- merging


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", "pull_requests:read|contents:read")
async def is_merged(request: RestRequest) -> RestResponse:
    _, pull = pull_of(request)
    if pull.merged_at is None:
        raise EntityNotFound("merge")
    return RestResponse(status=204)


@endpoints.on("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", "contents:write")
async def merge_pull(request: RestRequest) -> Json:
    issue, pull = pull_of(request)
    method, sha = request.text("merge_method", default="merge"), request.body.get("sha")
    if method not in MERGE_METHODS:
        raise invalid("merge_method", "invalid", resource="PullRequest")
    title = request.text("commit_title", default="")
    message = None if request.body.get("commit_message") is None else request.text("commit_message", default="")
    if sha is not None and sha != pull.head_sha:
        raise ApiError(409, "Head branch was modified. Review and try the merge again.")
    try:
        merged = await request.github.merging.merge_pull(
            request.repo.full_name, issue.number, request.user.login, method=method, title=title, message=message
        )
    except Unprocessable as error:
        raise ApiError(405, str(error)) from error
    return {"sha": merged, "merged": True, "message": "Pull Request successfully merged"}


@endpoints.on("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/update-branch", "pull_requests:write")
async def update_branch(request: RestRequest) -> RestResponse:
    """GitHub does it later; here it is done before the answer."""
    issue, pull = pull_of(request)
    if not auth.may(request.caller, "contents", "write", pull.head_repository):
        raise ApiError(403, "Resource not accessible by integration")
    expected = request.text("expected_head_sha", default="")
    await request.github.merging.update_branch(request.repo.full_name, issue.number, request.user.login, expected)
    url = f"{request.store.url}/{request.repo.full_name}/pull/{issue.number}"
    return RestResponse({"message": "Updating pull request branch.", "url": url}, 202)


@endpoints.on("POST", "/repos/{owner}/{repo}/merges", "contents:write")
async def merge_branch(request: RestRequest) -> RestResponse:
    repo, base, head = request.repo, request.text("base"), request.text("head")
    if not await git.resolve(repo.path, f"refs/heads/{base}"):
        raise ApiError(404, "Base does not exist")
    if not await git.resolve(repo.path, head):
        raise ApiError(404, "Head does not exist")
    message = request.text("commit_message", default="")
    try:
        sha = await request.github.merging.merge_branch(repo.full_name, base, head, message, request.user.login)
    except MergeConflict as error:
        raise ApiError(409, str(error)) from error
    except BranchProtected as error:
        raise ApiError(403, str(error)) from error
    if sha is None:
        return RestResponse(status=204)
    return RestResponse(git_json.commit(request.store, repo, await git.one(repo.path, sha)), 201)


def pull_of(request: RestRequest) -> tuple[SimulatedIssue, PullDetails]:
    """404 where that number is not a pull request."""
    _, issue, pull = request.store.pull(request.repo.full_name, request.number("pull_number"))
    return issue, pull
