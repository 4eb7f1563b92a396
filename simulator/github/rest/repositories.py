"""REST: repositories, branches and their protection, and a user's permission."""

from urllib.parse import quote

from simulator.github import git, serializers
from simulator.github.entities import Json
from simulator.github.errors import EntityNotFound
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, auth
from simulator.github.serializers import git as git_json
from simulator.github.serializers import rules as rules_json

endpoints = Endpoints()


@endpoints.on("GET", "/repos/{owner}/{repo}", "metadata:read")
async def get_repository(request: RestRequest) -> Json:
    """The merge settings are only for those who may write; an app needs `contents:write`."""
    settings = (
        serializers.merge_settings(request.repo) if auth.may(request.caller, "contents", "write", request.repo) else {}
    )
    return {**serializers.full_repository(request.store, request.repo), **settings}


@endpoints.on("GET", "/repos/{owner}/{repo}/branches", "contents:read")
async def list_branches(request: RestRequest) -> RestResponse:
    repo = request.repo
    protected = {"true": (True,), "false": (False,)}.get(request.http.query.get("protected", ""), (True, False))
    branches = [
        {
            "name": (name := ref.removeprefix("refs/heads/")),
            "commit": {"sha": sha, "url": f"{request.store.api_url}/repos/{repo.full_name}/commits/{sha}"},
            "protected": repo.is_protected(name),
        }
        for ref, sha in (await git.refs(repo.path, "refs/heads")).items()
    ]
    return request.page([branch for branch in branches if branch["protected"] in protected])


@endpoints.on("GET", "/repos/{owner}/{repo}/branches/{branch}", "contents:read")
async def get_branch(request: RestRequest) -> Json:
    repo, name = request.repo, request.params["branch"]
    sha = (await git.refs(repo.path, "refs/heads")).get(f"refs/heads/{name}")
    if sha is None:
        raise EntityNotFound("Branch")
    url = f"{request.store.api_url}/repos/{repo.full_name}/branches/{quote(name)}"
    return {
        "name": name,
        "commit": git_json.commit(request.store, repo, await git.one(repo.path, sha)),
        "_links": {"self": url, "html": f"{request.store.url}/{repo.full_name}/tree/{quote(name)}"},
        "protected": repo.is_protected(name),
        "protection": rules_json.protection(repo, name),
        "protection_url": f"{url}/protection",
    }


@endpoints.on("GET", "/repos/{owner}/{repo}/branches/{branch}/protection", "administration:read")
async def get_protection(request: RestRequest) -> Json:
    """Classic protection; rulesets are in `/rules`."""
    repo, name = request.repo, request.params["branch"]
    if f"refs/heads/{name}" not in await git.refs(repo.path, "refs/heads"):
        raise ApiError(404, "Branch not found")
    if name not in repo.protected or repo.own_rules_of(name).ruleset:
        raise ApiError(404, "Branch not protected")
    return rules_json.full_protection(request.store, repo, name)


@endpoints.on("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", "metadata:read")
async def get_permission(request: RestRequest) -> Json:
    user = request.store.users.get(request.params["username"].lower())
    if user is None:
        raise EntityNotFound("user")
    role = request.repo.level(user.login)
    user_json = {**serializers.user(request.store, user), "role_name": role}
    return {"permission": {"maintain": "write", "triage": "read"}.get(role, role), "role_name": role, "user": user_json}
