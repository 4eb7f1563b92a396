"""REST: refs, commits and comparisons."""

from typing import Any

from simulator.github import git
from simulator.github.entities import Json, Repository
from simulator.github.errors import EntityNotFound
from simulator.github.git import diff
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse
from simulator.github.serializers import git as git_json
from simulator.github.serializers import pull as pull_json

endpoints = Endpoints()
_COMMITS_LIMIT = 250
_FILES_LIMIT = 300


@endpoints.on("GET", "/repos/{owner}/{repo}/git/ref/{ref}", "contents:read")
async def get_ref(request: RestRequest) -> Json:
    name = f"refs/{request.params['ref']}"
    sha = (await git.refs(request.repo.path, "refs")).get(name)
    if sha is None:
        raise EntityNotFound("ref")
    return git_json.ref(request.store, request.repo, name, sha)


@endpoints.on("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref}", "contents:read")
async def list_matching_refs(request: RestRequest) -> list[Json]:
    start = f"refs/{request.params['ref']}"
    refs = await git.refs(request.repo.path, "refs")
    return [
        git_json.ref(request.store, request.repo, name, sha) for name, sha in refs.items() if name.startswith(start)
    ]


@endpoints.on("POST", "/repos/{owner}/{repo}/git/refs", "contents:write")
async def create_ref(request: RestRequest) -> RestResponse:
    name, sha = request.text("ref"), request.text("sha")
    if not name.startswith(("refs/heads/", "refs/tags/")) or not await git.check_ref_name(request.repo.path, name):
        raise ApiError(422, "Reference name is not valid")
    if await git.resolve(request.repo.path, sha) != sha:
        raise ApiError(422, "Object does not exist")
    if name in await git.refs(request.repo.path):
        raise ApiError(422, "Reference already exists")
    await _move(request, name, sha, git.ZERO, "Reference update failed")
    return RestResponse(git_json.ref(request.store, request.repo, name, sha), 201)


@endpoints.on("PATCH", "/repos/{owner}/{repo}/git/refs/{ref}", "contents:write")
async def update_ref(request: RestRequest) -> Json:
    name, sha = f"refs/{request.params['ref']}", request.text("sha")
    old = (await git.refs(request.repo.path)).get(name)
    if old is None:
        raise ApiError(422, "Reference does not exist")
    if await git.resolve(request.repo.path, sha) != sha:
        raise ApiError(422, "Object does not exist")
    if not request.body.get("force") and not await git.is_ancestor(request.repo.path, old, sha):
        raise ApiError(422, "Update is not a fast forward")
    await _move(request, name, sha, old, "Reference cannot be updated")
    return git_json.ref(request.store, request.repo, name, sha)


@endpoints.on("DELETE", "/repos/{owner}/{repo}/git/refs/{ref}", "contents:write")
async def delete_ref(request: RestRequest) -> RestResponse:
    name = f"refs/{request.params['ref']}"
    old = (await git.refs(request.repo.path)).get(name)
    if old is None:
        raise ApiError(422, "Reference does not exist")
    await _move(request, name, git.ZERO, old, "Reference cannot be updated")
    return RestResponse(status=204)


@endpoints.on("GET", "/repos/{owner}/{repo}/commits", "contents:read")
async def list_commits(request: RestRequest) -> RestResponse:
    sha = await git.resolve(request.repo.path, request.http.query.get("sha") or request.repo.default_branch)
    if not sha:
        raise ApiError(409, "Git Repository is empty.")
    commits = await git.log(request.repo.path, sha, limit=1000)
    return request.page([git_json.commit(request.store, request.repo, commit) for commit in commits])


@endpoints.on("GET", "/repos/{owner}/{repo}/commits/{ref}", "contents:read")
async def get_commit(request: RestRequest) -> Json:
    repo = request.repo
    sha = await git.resolve(repo.path, request.params["ref"])
    if not sha:
        raise ApiError(422, f"No commit found for SHA: {request.params['ref']}")
    commit = (await git.log(repo.path, sha, limit=1))[0]
    parent = commit.parents[0] if commit.parents else await git.empty_tree(repo.path)
    files = await diff.between(repo.path, parent, sha)
    counts = sum(file.additions for file in files), sum(file.deletions for file in files)
    stats = {"additions": counts[0], "deletions": counts[1], "total": sum(counts)}
    return {**git_json.commit(request.store, repo, commit), "stats": stats, "files": _files(request, repo, sha, files)}


@endpoints.on("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", "pull_requests:read")
async def list_pulls_of_commit(request: RestRequest) -> RestResponse:
    """Those of this repository's branches whose head it is, or that merged it: GitHub finds none of a fork's, and none
    that is open for a commit of the default branch."""
    sha, repo = request.params["commit_sha"], request.repo
    tip = await git.resolve(repo.path, f"refs/heads/{repo.default_branch}")
    known = bool(tip and await git.resolve(repo.path, sha)) and await git.is_ancestor(repo.path, sha, tip)
    found = [
        issue
        for issue in repo.issues.values()
        if issue.pull
        and issue.pull.head_repository is repo
        and sha in (issue.pull.head_sha, issue.pull.merge_commit_sha)
        and (issue.pull.merged_at or not known)
    ]
    return request.page([pull_json.simple_pull(request.store, repo, issue) for issue in found])


@endpoints.on("GET", "/repos/{owner}/{repo}/compare/{basehead}", "contents:read")
async def compare(request: RestRequest) -> Json:
    """`base...head`, each a branch, tag, commit, or `owner:branch` of a fork."""
    repo, (base, _, head) = request.repo, request.params["basehead"].partition("...")
    one, other = await _comparison_commit(request, base), await _comparison_commit(request, head)
    middle = await git.merge_base(repo.path, one, other)
    if not middle:
        raise ApiError(404, f"No common ancestor between {base} and {head}.")
    ahead, behind = await git.count(repo.path, other, f"^{one}"), await git.count(repo.path, one, f"^{other}")
    commits = await git.log(repo.path, other, f"^{one}", limit=_COMMITS_LIMIT)
    files = await diff.between(repo.path, middle, other)
    status = "identical" if one == other else "diverged" if ahead and behind else "ahead" if ahead else "behind"
    return {
        **_compare_links(request, base, head),
        "base_commit": await _commit(request, one),
        "merge_base_commit": await _commit(request, middle),
        "status": status,
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": [git_json.commit(request.store, repo, commit) for commit in reversed(commits)],
        "files": _files(request, repo, other, files),
    }


async def _move(request: RestRequest, name: str, new: str, old: str, refusal: str) -> None:
    try:
        await request.github.refs.move_ref(request.repo, name, new, request.user, old)
    except git.GitCommandError as error:
        raise ApiError(422, refusal) from error


async def _comparison_commit(request: RestRequest, name: str) -> str:
    owner, colon, branch = name.partition(":")
    repo = request.repo
    if colon:
        forks = [repo, *(each for each in request.store.repositories.values() if each.parent is repo)]
        found = next((each for each in forks if each.owner.login.lower() == owner.lower()), None)
        sha = await git.resolve(found.path, branch) if found else ""
        if found and sha and found is not repo:
            await git.git(repo.path, "fetch", "--quiet", "--no-tags", str(found.path), sha)
    else:
        sha = await git.resolve(repo.path, name)
    if not sha:
        raise EntityNotFound(name)
    return sha


async def _commit(request: RestRequest, sha: str) -> Json:
    return git_json.commit(request.store, request.repo, (await git.log(request.repo.path, sha, limit=1))[0])


def _compare_links(request: RestRequest, base: str, head: str) -> Json:
    page = f"{request.store.url}/{request.repo.full_name}/compare/{base}...{head}"
    api = f"{request.store.api_url}/repos/{request.repo.full_name}/compare/{base}...{head}"
    return {
        "url": api,
        "html_url": page,
        "permalink_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
    }


def _files(request: RestRequest, repo: Repository, sha: str, files: list[diff.FileDiff]) -> list[Any]:
    return [git_json.changed_file(request.store, repo, sha, file) for file in files[:_FILES_LIMIT]]
