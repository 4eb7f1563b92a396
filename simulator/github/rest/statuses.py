"""REST: commit statuses."""

from typing import Any
from urllib.parse import urlsplit

from simulator.github import git
from simulator.github.rest import Endpoints, RestRequest, RestResponse, invalid
from simulator.github.serializers import statuses as shapes_statuses
from simulator.github.services import statuses
from simulator.github.services.entities import Json
from simulator.github.services.store import EntityNotFound

endpoints = Endpoints()
DESCRIPTION = 140
CONTEXT = 255
"""Characters. The API's description says neither; longer ones are answered 422."""


@endpoints.on("POST", "/repos/{owner}/{repo}/statuses/{sha}", "statuses:write")
async def create_status(call: RestRequest) -> RestResponse:
    state, context = call.text("state"), call.text("context", limit=CONTEXT, default="default") or "default"
    if state not in statuses.STATES:
        raise invalid("state", "custom", "state is not included in the list", "Status")
    sha, optional = call.params["sha"], {"description": _text(call, "description"), "target_url": _target(call)}
    made = await call.hub.set_status(call.repo.full_name, sha, state, context, **optional, login=call.user.login)
    return RestResponse(shapes_statuses.status(call.hub, call.repo, sha, made), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/commits/{ref}/status", "statuses:read")
async def get_combined_status(call: RestRequest) -> RestResponse:
    sha = await _sha(call)
    said = statuses.latest(call.repo, sha)
    shapes = [shapes_statuses.simple_status(call.hub, call.repo, sha, status) for status in said]

    def whole(part: list[Any], total: int) -> Json:
        return shapes_statuses.combined(call.hub, call.repo, sha, statuses.combined(said), part, total)

    return call.page(shapes, whole)


@endpoints.on("GET", "/repos/{owner}/{repo}/commits/{ref}/statuses", "statuses:read")
async def list_statuses(call: RestRequest) -> RestResponse:
    """All of them, newest first."""
    sha = await _sha(call)
    said = reversed(call.repo.statuses.get(sha, []))
    return call.page([shapes_statuses.status(call.hub, call.repo, sha, status) for status in said])


async def _sha(call: RestRequest) -> str:
    if sha := await git.resolve(call.repo.path, call.params["ref"]):
        return sha
    raise EntityNotFound(call.params["ref"])


def _text(call: RestRequest, name: str) -> str | None:
    return None if call.body.get(name) is None else call.text(name, limit=DESCRIPTION, default="")


def _target(call: RestRequest) -> str | None:
    if call.body.get("target_url") is None:
        return None
    url = call.text("target_url", default="")
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise invalid("target_url", "custom", "target_url must use http(s) scheme", "Status")
    return url
