"""REST: the app, its installations and their tokens, users, and the rate limit."""

from typing import Any

from simulator.github import serializers
from simulator.github.entities import Installation, Json
from simulator.github.errors import EntityNotFound
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, invalid

endpoints = Endpoints()


@endpoints.on("GET", "/app", "app")
async def get_app(request: RestRequest) -> Json:
    count = len(request.store.installations)
    return {
        **serializers.app(request.store, request.store.app),
        "client_id": request.store.app.client_id,
        "installations_count": count,
    }


@endpoints.on("GET", "/meta", "anyone")
async def get_meta(_request: RestRequest) -> Json:
    return {"verifiable_password_authentication": False}


@endpoints.on("POST", "/app-manifests/{code}/conversions", "anyone")
async def convert_manifest(request: RestRequest) -> RestResponse:
    """The new app's credentials, once; the code is the only authentication. Without a hook, no secret."""
    registration = request.github.apps.convert(request.params["code"])
    hook_secret = registration.webhook_secret if registration.manifest.hook_url else None
    secret: Json = {
        "client_secret": registration.client_secret,
        "webhook_secret": hook_secret,
        "pem": registration.key.pem,
    }
    return RestResponse(
        {**serializers.app(request.store, registration.app), "client_id": registration.app.client_id, **secret}, 201
    )


@endpoints.on("GET", "/app/installations", "app")
async def list_installations(request: RestRequest) -> RestResponse:
    return request.page([serializers.installation(request.store, it) for it in request.store.installations.values()])


@endpoints.on("GET", "/app/installations/{installation_id}", "app")
async def get_installation(request: RestRequest) -> Json:
    return serializers.installation(request.store, _installation(request))


@endpoints.on("GET", "/repos/{owner}/{repo}/installation", "app")
async def get_repository_installation(request: RestRequest) -> Json:
    found = request.store.installation_of(request.repo)
    if found is None:
        raise EntityNotFound("installation")
    return serializers.installation(request.store, found)


@endpoints.on("POST", "/app/installations/{installation_id}/access_tokens", "app")
async def create_token(request: RestRequest) -> RestResponse:
    it = _installation(request)
    if it.suspended_at:
        raise ApiError(403, "This installation has been suspended")
    chosen, permissions = _repositories(request, it), _permissions(request, it)
    token = request.store.create_token(it, chosen, permissions)
    body: Json = {
        "token": token.value,
        "expires_at": request.store.stamp(token.expires),
        "permissions": permissions,
        "repository_selection": "all" if it.repositories is None and chosen is None else "selected",
    }
    if chosen is not None:
        repos = [repo for repo in request.store.repositories.values() if repo.id in chosen]
        body["repositories"] = [serializers.repository(request.store, repo) for repo in repos]
    return RestResponse(body, 201)


@endpoints.on("GET", "/installation/repositories", "installation")
async def list_installation_repositories(request: RestRequest) -> RestResponse:
    token = request.caller.token
    assert token is not None
    repos = [
        serializers.repository(request.store, repo)
        for repo in request.store.repositories.values()
        if token.covers(repo)
    ]
    return request.page(repos, lambda part, total: {"total_count": total, "repositories": part})


@endpoints.on("DELETE", "/installation/token", "installation")
async def revoke_token(request: RestRequest) -> RestResponse:
    assert request.caller.token is not None
    del request.store.tokens[request.caller.token.value]
    return RestResponse(status=204)


@endpoints.on("GET", "/rate_limit", "anyone")
async def get_rate_limit(request: RestRequest) -> Json:
    def shown(budget: str) -> Json:
        rate = request.store.spend(budget, 0)
        return {"limit": rate.limit, "used": rate.used, "remaining": rate.limit - rate.used, "reset": rate.reset}

    core, queries = shown(request.caller.budget), shown(request.caller.graphql_budget)
    return {"resources": {"core": core, "search": core, "graphql": queries}, "rate": core}


@endpoints.on("GET", "/users/{username}", "anyone")
async def get_user(request: RestRequest) -> Json:
    user = request.store.users.get(request.params["username"].lower())
    if user is None:
        raise EntityNotFound("user")
    now = request.store.app.created_at
    optional = ("name", "company", "blog", "location", "email", "hireable", "bio")
    counts = ("public_repos", "public_gists", "followers", "following")
    profile = {
        **dict.fromkeys(optional),
        **dict.fromkeys(counts, 0),
        "created_at": now,
        "updated_at": now,
        "user_view_type": "public",
    }
    return {**serializers.user(request.store, user), **profile}


def _installation(request: RestRequest) -> Installation:
    found = request.store.installations.get(request.number("installation_id"))
    if found is None:
        raise EntityNotFound("installation")
    return found


def _repositories(request: RestRequest, it: Installation) -> set[int] | None:
    """The ids of the requested repositories, which must be the installation's; None where none were requested."""
    names, ids = request.body.get("repositories"), request.body.get("repository_ids")
    if names is None and ids is None:
        return None
    if not isinstance(names or [], list) or not isinstance(ids or [], list):
        raise invalid("repositories", "invalid")
    covered = [repo for repo in request.store.repositories.values() if it.covers(repo)]
    by_key: dict[Any, int] = {repo.name: repo.id for repo in covered} | {repo.id: repo.id for repo in covered}
    keys = [*(names or []), *(ids or [])]
    if any(not isinstance(key, str | int) or key not in by_key for key in keys):
        raise ApiError(
            422, "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    return {by_key[key] for key in keys}


def _permissions(request: RestRequest, it: Installation) -> dict[str, str]:
    """The requested permissions, which must be within the installation's."""
    requested = request.body.get("permissions")
    if requested is None:
        return dict(it.permissions)
    if not isinstance(requested, dict):
        raise invalid("permissions", "invalid")
    levels = ("read", "write")
    for name, level in requested.items():
        given = it.permissions.get(name, "")
        if level not in levels or given not in levels or levels.index(level) > levels.index(given):
            raise ApiError(422, "The permissions requested are not granted to this installation.")
    return {"metadata": "read", **requested}
