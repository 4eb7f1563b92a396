"""REST: the app itself, its installations and their tokens, who is who, and the rate limit."""

from typing import Any

from simulator.github import serializers
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.services.entities import AppInstallation, Json
from simulator.github.services.store import EntityNotFound

endpoints = Endpoints()


@endpoints.on("GET", "/app", "app")
async def get_app(call: RestRequest) -> Json:
    count = len(call.hub.installations)
    return {
        **serializers.app(call.hub, call.hub.app),
        "client_id": call.hub.app.client_id,
        "installations_count": count,
    }


@endpoints.on("GET", "/meta", "anyone")
async def get_meta(_call: RestRequest) -> Json:
    return {"verifiable_password_authentication": False}


@endpoints.on("POST", "/app-manifests/{code}/conversions", "anyone")
async def convert_manifest(call: RestRequest) -> RestResponse:
    """The new app's credentials, once; who has the code needs no other. Without a hook there is no secret for it."""
    made = call.hub.convert(call.params["code"])
    hook_secret = made.webhook_secret if made.manifest.hook_url else None
    secret: Json = {"client_secret": made.client_secret, "webhook_secret": hook_secret, "pem": made.key.pem}
    return RestResponse({**serializers.app(call.hub, made.app), "client_id": made.app.client_id, **secret}, 201)


@endpoints.on("GET", "/app/installations", "app")
async def list_installations(call: RestRequest) -> RestResponse:
    return call.page([serializers.installation(call.hub, it) for it in call.hub.installations.values()])


@endpoints.on("GET", "/app/installations/{installation_id}", "app")
async def get_installation(call: RestRequest) -> Json:
    return serializers.installation(call.hub, _installation(call))


@endpoints.on("GET", "/repos/{owner}/{repo}/installation", "app")
async def get_repository_installation(call: RestRequest) -> Json:
    found = call.hub.installation_of(call.repo)
    if found is None:
        raise EntityNotFound("installation")
    return serializers.installation(call.hub, found)


@endpoints.on("POST", "/app/installations/{installation_id}/access_tokens", "app")
async def create_token(call: RestRequest) -> RestResponse:
    it = _installation(call)
    if it.suspended_at:
        raise ApiError(403, "This installation has been suspended")
    chosen, permissions = _chosen(call, it), _permissions(call, it)
    token = call.hub.mint(it, chosen, permissions)
    body: Json = {
        "token": token.value,
        "expires_at": call.hub.stamp(token.expires),
        "permissions": permissions,
        "repository_selection": "all" if it.repositories is None and chosen is None else "selected",
    }
    if chosen is not None:
        repos = [repo for repo in call.hub.repositories.values() if repo.id in chosen]
        body["repositories"] = [serializers.repository(call.hub, repo) for repo in repos]
    return RestResponse(body, 201)


@endpoints.on("GET", "/installation/repositories", "installation")
async def list_installation_repositories(call: RestRequest) -> RestResponse:
    token = call.caller.token
    assert token is not None
    repos = [serializers.repository(call.hub, repo) for repo in call.hub.repositories.values() if token.covers(repo)]
    return call.page(repos, lambda part, total: {"total_count": total, "repositories": part})


@endpoints.on("DELETE", "/installation/token", "installation")
async def revoke_token(call: RestRequest) -> RestResponse:
    assert call.caller.token is not None
    del call.hub.tokens[call.caller.token.value]
    return RestResponse(status=204)


@endpoints.on("GET", "/rate_limit", "anyone")
async def get_rate_limit(call: RestRequest) -> Json:
    rate = call.hub.spend(call.caller.budget, 0)
    shape = {"limit": rate.limit, "used": rate.used, "remaining": rate.limit - rate.used, "reset": rate.reset}
    return {"resources": {"core": shape, "search": shape, "graphql": shape}, "rate": shape}


@endpoints.on("GET", "/users/{username}", "anyone")
async def get_user(call: RestRequest) -> Json:
    user = call.hub.users.get(call.params["username"].lower())
    if user is None:
        raise EntityNotFound("user")
    now = call.hub.app.created_at
    optional = ("name", "company", "blog", "location", "email", "hireable", "bio")
    counts = ("public_repos", "public_gists", "followers", "following")
    whole = {
        **dict.fromkeys(optional),
        **dict.fromkeys(counts, 0),
        "created_at": now,
        "updated_at": now,
        "user_view_type": "public",
    }
    return {**serializers.user(call.hub, user), **whole}


def _installation(call: RestRequest) -> AppInstallation:
    found = call.hub.installations.get(call.number("installation_id"))
    if found is None:
        raise EntityNotFound("installation")
    return found


def _chosen(call: RestRequest, it: AppInstallation) -> set[int] | None:
    """The repositories asked for; they must be the installation's."""
    names, ids = call.body.get("repositories"), call.body.get("repository_ids")
    if names is None and ids is None:
        return None
    if not isinstance(names or [], list) or not isinstance(ids or [], list):
        raise invalid("repositories", "invalid")
    covered = [repo for repo in call.hub.repositories.values() if it.covers(repo)]
    by_key: dict[Any, int] = {repo.name: repo.id for repo in covered} | {repo.id: repo.id for repo in covered}
    wanted = [*(names or []), *(ids or [])]
    if any(not isinstance(key, str | int) or key not in by_key for key in wanted):
        raise ApiError(
            422, "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    return {by_key[key] for key in wanted}


def _permissions(call: RestRequest, it: AppInstallation) -> dict[str, str]:
    """The permissions asked for; they must be within the installation's."""
    wanted = call.body.get("permissions")
    if wanted is None:
        return dict(it.permissions)
    if not isinstance(wanted, dict):
        raise invalid("permissions", "invalid")
    levels = ("read", "write")
    for name, level in wanted.items():
        given = it.permissions.get(name, "")
        if level not in levels or given not in levels or levels.index(level) > levels.index(given):
            raise ApiError(422, "The permissions requested are not granted to this installation.")
    return {"metadata": "read", **wanted}
