"""REST: releases and tags."""

from simulator.github import git
from simulator.github.entities import Json, Release
from simulator.github.errors import EntityNotFound
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, auth, invalid
from simulator.github.serializers import releases as release_json
from simulator.github.services.releases import InvalidRelease

endpoints = Endpoints()
_BODY_LIMIT = 125_000
"""Characters. The API's description does not name it; a longer body is answered with 422."""


@endpoints.on("GET", "/repos/{owner}/{repo}/releases", "contents:read")
async def list_releases(request: RestRequest) -> RestResponse:
    """Newest first; drafts only for those who may write."""
    writes = auth.may(request.caller, "contents", "write", request.repo)
    found = [release for release in reversed(request.repo.releases) if writes or not release.draft]
    return request.page([_json(request, release) for release in found])


@endpoints.on("POST", "/repos/{owner}/{repo}/releases", "contents:write")
async def create_release(request: RestRequest) -> RestResponse:
    tag, target = request.text("tag_name"), request.text("target_commitish", default="")
    name, body = _optional(request, "name"), _optional(request, "body")
    draft, prerelease = _flag(request, "draft") or False, _flag(request, "prerelease") or False
    try:
        release = await request.github.releases.add_release(
            request.repo.full_name,
            tag,
            name,
            body,
            target=target,
            draft=draft,
            prerelease=prerelease,
            login=request.user.login,
        )
    except InvalidRelease as error:
        raise _invalid(error) from error
    return RestResponse(_json(request, release), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/releases/tags/{tag}", "contents:read")
async def get_release_by_tag(request: RestRequest) -> Json:
    """A draft is not found by its tag."""
    found = [each for each in request.repo.releases if each.tag == request.params["tag"] and not each.draft]
    if not found:
        raise EntityNotFound("release")
    return _json(request, found[-1])


@endpoints.on("GET", "/repos/{owner}/{repo}/releases/{release_id}", "contents:read")
async def get_release(request: RestRequest) -> Json:
    release = _release(request)
    if release.draft and not auth.may(request.caller, "contents", "write", request.repo):
        raise EntityNotFound("release")
    return _json(request, release)


@endpoints.on("PATCH", "/repos/{owner}/{repo}/releases/{release_id}", "contents:write")
async def update_release(request: RestRequest) -> Json:
    try:
        release = await request.github.releases.edit_release(
            request.repo.full_name,
            _release(request).id,
            tag=_optional(request, "tag_name"),
            target=_optional(request, "target_commitish"),
            name=_optional(request, "name"),
            body=_optional(request, "body"),
            draft=_flag(request, "draft"),
            prerelease=_flag(request, "prerelease"),
            login=request.user.login,
        )
    except InvalidRelease as error:
        raise _invalid(error) from error
    return _json(request, release)


@endpoints.on("GET", "/repos/{owner}/{repo}/tags", "metadata:read|contents:read")
async def list_tags(request: RestRequest) -> RestResponse:
    """The last in the alphabet first."""
    refs = sorted(await git.refs(request.repo.path, "refs/tags"), reverse=True)
    tips = [(ref.removeprefix("refs/tags/"), await git.resolve(request.repo.path, ref)) for ref in refs]
    return request.page([release_json.tag(request.store, request.repo, name, sha) for name, sha in tips if sha])


def _release(request: RestRequest) -> Release:
    return request.github.releases.release(request.repo.full_name, request.number("release_id"))


def _json(request: RestRequest, release: Release) -> Json:
    return release_json.release(request.store, request.repo, release)


def _optional(request: RestRequest, name: str) -> str | None:
    limit = _BODY_LIMIT if name == "body" else 0
    return None if request.body.get(name) is None else request.text(name, limit=limit, default="")


def _flag(request: RestRequest, name: str) -> bool | None:
    value = request.body.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid(name, "invalid", resource="Release")
    return value


def _invalid(error: InvalidRelease) -> ApiError:
    return invalid(error.field, error.code, error.message, "Release")
