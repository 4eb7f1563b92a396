"""REST: commit statuses."""

from typing import Any
from urllib.parse import urlsplit

from simulator.github import git
from simulator.github.entities import Json
from simulator.github.errors import EntityNotFound
from simulator.github.rest import Endpoints, RestRequest, RestResponse, invalid
from simulator.github.serializers import statuses as status_json
from simulator.github.services import statuses

endpoints = Endpoints()
_DESCRIPTION_LIMIT = 140
_CONTEXT_LIMIT = 255
"""Characters. The API's description names neither; longer texts are answered with 422."""


@endpoints.on("POST", "/repos/{owner}/{repo}/statuses/{sha}", "statuses:write")
async def create_status(request: RestRequest) -> RestResponse:
    state, context = (
        request.text("state"),
        request.text("context", limit=_CONTEXT_LIMIT, default="default") or "default",
    )
    if state not in statuses.STATES:
        raise invalid("state", "custom", "state is not included in the list", "Status")
    sha, optional = (
        request.params["sha"],
        {"description": _text(request, "description"), "target_url": _target(request)},
    )
    status = await request.github.statuses.set_status(
        request.repo.full_name, sha, state, context, **optional, login=request.user.login
    )
    return RestResponse(status_json.status(request.store, request.repo, sha, status), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/commits/{ref}/status", "statuses:read")
async def get_combined_status(request: RestRequest) -> RestResponse:
    sha = await _sha(request)
    found = statuses.latest(request.repo, sha)
    page = [status_json.simple_status(request.store, request.repo, sha, status) for status in found]

    def combined(part: list[Any], total: int) -> Json:
        return status_json.combined(request.store, request.repo, sha, statuses.combined(found), part, total)

    return request.page(page, combined)


@endpoints.on("GET", "/repos/{owner}/{repo}/commits/{ref}/statuses", "statuses:read")
async def list_statuses(request: RestRequest) -> RestResponse:
    """All of them, newest first."""
    sha = await _sha(request)
    found = reversed(request.repo.statuses.get(sha, []))
    return request.page([status_json.status(request.store, request.repo, sha, status) for status in found])


async def _sha(request: RestRequest) -> str:
    if sha := await git.resolve(request.repo.path, request.params["ref"]):
        return sha
    raise EntityNotFound(request.params["ref"])


def _text(request: RestRequest, name: str) -> str | None:
    return None if request.body.get(name) is None else request.text(name, limit=_DESCRIPTION_LIMIT, default="")


def _target(request: RestRequest) -> str | None:
    if request.body.get("target_url") is None:
        return None
    url = request.text("target_url", default="")
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise invalid("target_url", "custom", "target_url must use http(s) scheme", "Status")
    return url
