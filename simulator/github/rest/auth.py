"""Authentication and permissions: the app by its JWT, an installation or a user by a token, or anonymous."""

import base64

from aiohttp import web

from simulator.github import keys
from simulator.github.entities import Repository
from simulator.github.rest import ApiError, Caller
from simulator.github.store import Store

ANONYMOUS = Caller("anonymous")
_ADMIN = "administration"
"""The permission that even in public repositories only administrators have."""


def caller_of(store: Store, request: web.Request) -> Caller:
    """From the Authorization header; raises ApiError 401 for an invalid credential."""
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return ANONYMOUS
    if scheme.lower() not in ("bearer", "token") or not credential.strip():
        raise ApiError(401, "Bad credentials")
    return by_credential(store, credential.strip(), jwt=True)


def git_caller(store: Store, request: web.Request) -> Caller:
    """From HTTP basic auth: any name and a user's token, or `x-access-token` and an installation's."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return ANONYMOUS
    try:
        _, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError as error:
        raise ApiError(401, "Bad credentials") from error
    return by_credential(store, password, jwt=False)


def by_credential(store: Store, credential: str, *, jwt: bool) -> Caller:
    if token := store.token(credential):
        if token.installation.suspended_at:
            raise ApiError(403, "This installation has been suspended")
        return Caller("installation", store.app.bot, token)
    if user := store.user_by_token(credential):
        return Caller("user", user)
    if not jwt or credential.count(".") != 2 or credential.startswith("gh"):
        raise ApiError(401, "Bad credentials")
    _check_jwt(store, credential)
    return Caller("app")


def admit(caller: Caller, needs: str, repository: Repository | None) -> None:
    """Raises ApiError where the caller may not. `needs` as in `Endpoint`."""
    if needs == "app":
        if caller.kind != "app":
            raise ApiError(401, "A JSON web token could not be decoded")
        return
    if needs == "installation":
        if caller.kind != "installation":
            raise ApiError(403, "You must authenticate with an installation access token")
        return
    if caller.kind == "app" and needs != "anyone":
        raise ApiError(401, "A JSON web token cannot be used here")
    if needs != "anyone" and repository:
        _admit_to(caller, needs, repository)


def may(caller: Caller, permission: str, level: str, repository: Repository) -> bool:
    """Whether the caller has that level of the permission in that repository."""
    if caller.token:
        public = level == "read" and not repository.private and permission != _ADMIN
        return public or (caller.token.covers(repository) and caller.token.allows(permission, level))
    allowed = repository.level(caller.login)
    if permission == _ADMIN:
        return allowed == "admin"
    if level == "read":
        return allowed != "none"
    return allowed in ("write", "maintain", "admin")


def sees(caller: Caller, repository: Repository) -> bool:
    """Whether the repository exists for the caller."""
    if caller.token:
        return not repository.private or caller.token.covers(repository)
    return repository.level(caller.login) != "none"


def _check_jwt(store: Store, token: str) -> None:
    """The issuer is checked first, so that a wrong app id and a wrong key give different errors."""
    try:
        if store.key is None or keys.issuer(token) not in (str(store.app.id), store.app.client_id):
            raise ApiError(404, "Integration not found")
        store.key.check(token, store.time())
    except keys.BadJwt as error:
        raise ApiError(401, str(error)) from error


def _admit_to(caller: Caller, needs: str, repository: Repository) -> None:
    if not sees(caller, repository):
        raise ApiError(404, "Not Found")
    alternatives = [tuple(each.split(":")) for each in needs.split("|")]
    if any(may(caller, permission, level, repository) for permission, level in alternatives):
        if alternatives[0] == ("checks", "write") and caller.kind != "installation":
            raise ApiError(403, "You must authenticate via a GitHub App.")
        return
    if caller.kind == "anonymous":
        raise ApiError(401, "Requires authentication")
    message = "Resource not accessible by integration" if caller.token else "Must have admin rights to Repository."
    raise ApiError(403, message, x_accepted_github_permissions=needs.replace(":", "=").replace("|", "; "))
