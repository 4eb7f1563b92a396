"""REST: refs, commits and comparisons."""

from typing import Any

from simulator.github import git
from simulator.github.git import diff
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse
from simulator.github.serializers import git as shapes_git
from simulator.github.serializers import pull
from simulator.github.services.entities import Json, Repository
from simulator.github.services.store import EntityNotFound

endpoints = Endpoints()
_LISTED = 250
_FILES = 300


@endpoints.on("GET", "/repos/{owner}/{repo}/git/ref/{ref}", "contents:read")
async def get_ref(call: RestRequest) -> Json:
    name = f"refs/{call.params['ref']}"
    sha = (await git.refs(call.repo.path, "refs")).get(name)
    if sha is None:
        raise EntityNotFound("ref")
    return shapes_git.ref(call.hub, call.repo, name, sha)


@endpoints.on("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref}", "contents:read")
async def list_matching_refs(call: RestRequest) -> list[Json]:
    start = f"refs/{call.params['ref']}"
    refs = await git.refs(call.repo.path, "refs")
    return [shapes_git.ref(call.hub, call.repo, name, sha) for name, sha in refs.items() if name.startswith(start)]


@endpoints.on("POST", "/repos/{owner}/{repo}/git/refs", "contents:write")
async def create_ref(call: RestRequest) -> RestResponse:
    name, sha = call.text("ref"), call.text("sha")
    if not name.startswith(("refs/heads/", "refs/tags/")) or not await git.check_ref_name(call.repo.path, name):
        raise ApiError(422, "Reference name is not valid")
    if await git.resolve(call.repo.path, sha) != sha:
        raise ApiError(422, "Object does not exist")
    if name in await git.refs(call.repo.path):
        raise ApiError(422, "Reference already exists")
    await _move(call, name, sha, git.ZERO, "Reference update failed")
    return RestResponse(shapes_git.ref(call.hub, call.repo, name, sha), 201)


@endpoints.on("PATCH", "/repos/{owner}/{repo}/git/refs/{ref}", "contents:write")
async def update_ref(call: RestRequest) -> Json:
    name, sha = f"refs/{call.params['ref']}", call.text("sha")
    old = (await git.refs(call.repo.path)).get(name)
    if old is None:
        raise ApiError(422, "Reference does not exist")
    if await git.resolve(call.repo.path, sha) != sha:
        raise ApiError(422, "Object does not exist")
    if not call.body.get("force") and not await git.is_ancestor(call.repo.path, old, sha):
        raise ApiError(422, "Update is not a fast forward")
    await _move(call, name, sha, old, "Reference cannot be updated")
    return shapes_git.ref(call.hub, call.repo, name, sha)


@endpoints.on("DELETE", "/repos/{owner}/{repo}/git/refs/{ref}", "contents:write")
async def delete_ref(call: RestRequest) -> RestResponse:
    name = f"refs/{call.params['ref']}"
    old = (await git.refs(call.repo.path)).get(name)
    if old is None:
        raise ApiError(422, "Reference does not exist")
    await _move(call, name, git.ZERO, old, "Reference cannot be updated")
    return RestResponse(status=204)


@endpoints.on("GET", "/repos/{owner}/{repo}/commits", "contents:read")
async def list_commits(call: RestRequest) -> RestResponse:
    sha = await git.resolve(call.repo.path, call.request.query.get("sha") or call.repo.default_branch)
    if not sha:
        raise ApiError(409, "Git Repository is empty.")
    commits = await git.log(call.repo.path, sha, limit=1000)
    return call.page([shapes_git.commit(call.hub, call.repo, commit) for commit in commits])


@endpoints.on("GET", "/repos/{owner}/{repo}/commits/{ref}", "contents:read")
async def get_commit(call: RestRequest) -> Json:
    repo = call.repo
    sha = await git.resolve(repo.path, call.params["ref"])
    if not sha:
        raise ApiError(422, f"No commit found for SHA: {call.params['ref']}")
    commit = (await git.log(repo.path, sha, limit=1))[0]
    parent = commit.parents[0] if commit.parents else await call.hub.empty_tree(repo)
    files = await diff.between(repo.path, parent, sha)
    counts = sum(file.additions for file in files), sum(file.deletions for file in files)
    stats = {"additions": counts[0], "deletions": counts[1], "total": sum(counts)}
    return {**shapes_git.commit(call.hub, repo, commit), "stats": stats, "files": _files(call, repo, sha, files)}


@endpoints.on("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", "pull_requests:read")
async def list_pulls_of_commit(call: RestRequest) -> RestResponse:
    """Pulls whose head it is, a fork's too, or that brought it into the default branch."""
    sha = call.params["commit_sha"]
    issues = [issue for issue in call.repo.issues.values() if issue.pull]
    found = [issue for issue in issues if issue.pull and sha in (issue.pull.head_sha, issue.pull.merge_commit_sha)]
    return call.page([pull.simple_pull(call.hub, call.repo, issue) for issue in found])


@endpoints.on("GET", "/repos/{owner}/{repo}/compare/{basehead}", "contents:read")
async def compare(call: RestRequest) -> Json:
    """`base...head`, each a branch, tag, commit, or `owner:branch` of a fork."""
    repo, (base, _, head) = call.repo, call.params["basehead"].partition("...")
    one, other = await _end(call, base), await _end(call, head)
    middle = await git.merge_base(repo.path, one, other)
    if not middle:
        raise ApiError(404, f"No common ancestor between {base} and {head}.")
    ahead, behind = await git.count(repo.path, other, f"^{one}"), await git.count(repo.path, one, f"^{other}")
    commits = await git.log(repo.path, other, f"^{one}", limit=_LISTED)
    files = await diff.between(repo.path, middle, other)
    status = "identical" if one == other else "diverged" if ahead and behind else "ahead" if ahead else "behind"
    return {
        **_compare_links(call, base, head),
        "base_commit": await _commit(call, one),
        "merge_base_commit": await _commit(call, middle),
        "status": status,
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": [shapes_git.commit(call.hub, repo, commit) for commit in reversed(commits)],
        "files": _files(call, repo, other, files),
    }


async def _move(call: RestRequest, name: str, new: str, old: str, refusal: str) -> None:
    try:
        await call.hub.move_ref(call.repo, name, new, call.user, old)
    except git.GitCommandError as error:
        raise ApiError(422, refusal) from error


async def _end(call: RestRequest, name: str) -> str:
    owner, colon, branch = name.partition(":")
    repo = call.repo
    if colon:
        forks = [repo, *(each for each in call.hub.repositories.values() if each.parent is repo)]
        found = next((each for each in forks if each.owner.login.lower() == owner.lower()), None)
        sha = await git.resolve(found.path, branch) if found else ""
        if found and sha and found is not repo:
            await git.git(repo.path, "fetch", "--quiet", "--no-tags", str(found.path), sha)
    else:
        sha = await git.resolve(repo.path, name)
    if not sha:
        raise EntityNotFound(name)
    return sha


async def _commit(call: RestRequest, sha: str) -> Json:
    return shapes_git.commit(call.hub, call.repo, (await git.log(call.repo.path, sha, limit=1))[0])


def _compare_links(call: RestRequest, base: str, head: str) -> Json:
    page = f"{call.hub.url}/{call.repo.full_name}/compare/{base}...{head}"
    api = f"{call.hub.api_url}/repos/{call.repo.full_name}/compare/{base}...{head}"
    return {
        "url": api,
        "html_url": page,
        "permalink_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
    }


def _files(call: RestRequest, repo: Repository, sha: str, files: list[diff.FileDiff]) -> list[Any]:
    return [shapes_git.changed_file(call.hub, repo, sha, file) for file in files[:_FILES]]
