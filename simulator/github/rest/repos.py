"""REST: repositories, branches, tags, and what a person may do."""

from urllib.parse import quote

from simulator.github import git, serializers
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, auth
from simulator.github.serializers import git as shapes_git
from simulator.github.serializers import rules
from simulator.github.services.entities import Json
from simulator.github.services.protection import rules_of
from simulator.github.services.store import EntityNotFound

endpoints = Endpoints()


@endpoints.on("GET", "/repos/{owner}/{repo}", "metadata:read")
async def get_repository(call: RestRequest) -> Json:
    """How it may be merged is told to those who may write, and that needs `contents:write` of an app."""
    shown = serializers.merge_settings(call.repo) if auth.may(call.caller, "contents", "write", call.repo) else {}
    return {**serializers.full_repository(call.hub, call.repo), **shown}


@endpoints.on("GET", "/repos/{owner}/{repo}/branches", "contents:read")
async def list_branches(call: RestRequest) -> RestResponse:
    repo = call.repo
    wanted = {"true": (True,), "false": (False,)}.get(call.request.query.get("protected", ""), (True, False))
    branches = [
        {
            "name": (name := ref.removeprefix("refs/heads/")),
            "commit": {"sha": sha, "url": f"{call.hub.api_url}/repos/{repo.full_name}/commits/{sha}"},
            "protected": name in repo.protected,
        }
        for ref, sha in (await git.refs(repo.path, "refs/heads")).items()
    ]
    return call.page([branch for branch in branches if branch["protected"] in wanted])


@endpoints.on("GET", "/repos/{owner}/{repo}/branches/{branch}", "contents:read")
async def get_branch(call: RestRequest) -> Json:
    repo, name = call.repo, call.params["branch"]
    sha = (await git.refs(repo.path, "refs/heads")).get(f"refs/heads/{name}")
    if sha is None:
        raise EntityNotFound("Branch")
    url = f"{call.hub.api_url}/repos/{repo.full_name}/branches/{quote(name)}"
    return {
        "name": name,
        "commit": shapes_git.commit(call.hub, repo, await git.one(repo.path, sha)),
        "_links": {"self": url, "html": f"{call.hub.url}/{repo.full_name}/tree/{quote(name)}"},
        "protected": name in repo.protected,
        "protection": rules.protection(repo, name),
        "protection_url": f"{url}/protection",
    }


@endpoints.on("GET", "/repos/{owner}/{repo}/branches/{branch}/protection", "administration:read")
async def get_protection(call: RestRequest) -> Json:
    """Classic protection; a ruleset's is shown among the rules."""
    repo, name = call.repo, call.params["branch"]
    if f"refs/heads/{name}" not in await git.refs(repo.path, "refs/heads"):
        raise ApiError(404, "Branch not found")
    if name not in repo.protected or rules_of(repo, name).ruleset:
        raise ApiError(404, "Branch not protected")
    return rules.whole(call.hub, repo, name)


@endpoints.on("GET", "/repos/{owner}/{repo}/rules/branches/{branch}", "metadata:read")
async def get_branch_rules(call: RestRequest) -> RestResponse:
    """Those of rulesets, to everybody; also for a branch that does not exist."""
    return call.page(rules.ruleset(call.hub, call.repo, call.params["branch"]))


@endpoints.on("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", "metadata:read")
async def get_permission(call: RestRequest) -> Json:
    user = call.hub.users.get(call.params["username"].lower())
    if user is None:
        raise EntityNotFound("user")
    role = call.repo.level(user.login)
    shape = {**serializers.user(call.hub, user), "role_name": role}
    return {"permission": {"maintain": "write", "triage": "read"}.get(role, role), "role_name": role, "user": shape}
