"""REST: merging pull requests and branches."""

from simulator.github import git
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, auth, invalid
from simulator.github.rest.pulls import pull_of
from simulator.github.serializers import git as shapes_git
from simulator.github.services.entities import METHODS, Json
from simulator.github.services.merging import MergeConflict
from simulator.github.services.protection import BranchProtected
from simulator.github.services.pulls import Unprocessable
from simulator.github.services.store import EntityNotFound

endpoints = Endpoints()


@endpoints.on("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", "pull_requests:read|contents:read")
async def is_merged(call: RestRequest) -> RestResponse:
    _, pull = pull_of(call)
    if pull.merged_at is None:
        raise EntityNotFound("merge")
    return RestResponse(status=204)


@endpoints.on("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", "contents:write")
async def merge_pull(call: RestRequest) -> Json:
    issue, pull = pull_of(call)
    method, sha = call.text("merge_method", default="merge"), call.body.get("sha")
    if method not in METHODS:
        raise invalid("merge_method", "invalid", resource="PullRequest")
    title = call.text("commit_title", default="")
    message = None if call.body.get("commit_message") is None else call.text("commit_message", default="")
    if sha is not None and sha != pull.head_sha:
        raise ApiError(409, "Head branch was modified. Review and try the merge again.")
    try:
        merged = await call.hub.merge_pull(
            call.repo.full_name, issue.number, call.user.login, method=method, title=title, message=message
        )
    except Unprocessable as error:
        raise ApiError(405, str(error)) from error
    return {"sha": merged, "merged": True, "message": "Pull Request successfully merged"}


@endpoints.on("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/update-branch", "pull_requests:write")
async def update_branch(call: RestRequest) -> RestResponse:
    """GitHub does it a little later; here it is done when the answer comes."""
    issue, pull = pull_of(call)
    if not auth.may(call.caller, "contents", "write", pull.head_repository):
        raise ApiError(403, "Resource not accessible by integration")
    expected = call.text("expected_head_sha", default="")
    await call.hub.update_branch(call.repo.full_name, issue.number, call.user.login, expected)
    url = f"{call.hub.url}/{call.repo.full_name}/pull/{issue.number}"
    return RestResponse({"message": "Updating pull request branch.", "url": url}, 202)


@endpoints.on("POST", "/repos/{owner}/{repo}/merges", "contents:write")
async def merge_branch(call: RestRequest) -> RestResponse:
    repo, base, head = call.repo, call.text("base"), call.text("head")
    if not await git.resolve(repo.path, f"refs/heads/{base}"):
        raise ApiError(404, "Base does not exist")
    if not await git.resolve(repo.path, head):
        raise ApiError(404, "Head does not exist")
    message = call.text("commit_message", default="")
    try:
        sha = await call.hub.merge_branch(repo.full_name, base, head, message, call.user.login)
    except MergeConflict as error:
        raise ApiError(409, str(error)) from error
    except BranchProtected as error:
        raise ApiError(403, str(error)) from error
    if sha is None:
        return RestResponse(status=204)
    return RestResponse(shapes_git.commit(call.hub, repo, await git.one(repo.path, sha)), 201)
