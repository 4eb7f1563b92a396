"""REST: releases and tags."""

from simulator.github import git
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, auth, invalid
from simulator.github.serializers import releases
from simulator.github.services.entities import Json
from simulator.github.services.nouns import Release
from simulator.github.services.releases import InvalidRelease
from simulator.github.services.store import EntityNotFound

endpoints = Endpoints()
BODY = 125_000
"""Characters. The API's description does not say it; longer ones are answered 422."""


@endpoints.on("GET", "/repos/{owner}/{repo}/releases", "contents:read")
async def list_releases(call: RestRequest) -> RestResponse:
    """Newest first; drafts only for those who may write."""
    writes = auth.may(call.caller, "contents", "write", call.repo)
    found = [release for release in reversed(call.repo.releases) if writes or not release.draft]
    return call.page([_shape(call, release) for release in found])


@endpoints.on("POST", "/repos/{owner}/{repo}/releases", "contents:write")
async def create_release(call: RestRequest) -> RestResponse:
    tag, target = call.text("tag_name"), call.text("target_commitish", default="")
    name, body = _optional(call, "name"), _optional(call, "body")
    draft, early = _switch(call, "draft") or False, _switch(call, "prerelease") or False
    try:
        release = await call.hub.add_release(
            call.repo.full_name, tag, name, body, target=target, draft=draft, prerelease=early, login=call.user.login
        )
    except InvalidRelease as error:
        raise _invalid(error) from error
    return RestResponse(_shape(call, release), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/releases/tags/{tag}", "contents:read")
async def get_release_by_tag(call: RestRequest) -> Json:
    """A draft is not found by its tag."""
    found = [each for each in call.repo.releases if each.tag == call.params["tag"] and not each.draft]
    if not found:
        raise EntityNotFound("release")
    return _shape(call, found[-1])


@endpoints.on("GET", "/repos/{owner}/{repo}/releases/{release_id}", "contents:read")
async def get_release(call: RestRequest) -> Json:
    release = _release(call)
    if release.draft and not auth.may(call.caller, "contents", "write", call.repo):
        raise EntityNotFound("release")
    return _shape(call, release)


@endpoints.on("PATCH", "/repos/{owner}/{repo}/releases/{release_id}", "contents:write")
async def update_release(call: RestRequest) -> Json:
    try:
        release = await call.hub.edit_release(
            call.repo.full_name,
            _release(call).id,
            tag=_optional(call, "tag_name"),
            target=_optional(call, "target_commitish"),
            name=_optional(call, "name"),
            body=_optional(call, "body"),
            draft=_switch(call, "draft"),
            prerelease=_switch(call, "prerelease"),
            login=call.user.login,
        )
    except InvalidRelease as error:
        raise _invalid(error) from error
    return _shape(call, release)


@endpoints.on("GET", "/repos/{owner}/{repo}/tags", "metadata:read|contents:read")
async def list_tags(call: RestRequest) -> RestResponse:
    """The last in the alphabet first."""
    refs = sorted(await git.refs(call.repo.path, "refs/tags"), reverse=True)
    tips = [(ref.removeprefix("refs/tags/"), await git.resolve(call.repo.path, ref)) for ref in refs]
    return call.page([releases.tag(call.hub, call.repo, name, sha) for name, sha in tips if sha])


def _release(call: RestRequest) -> Release:
    return call.hub.release(call.repo.full_name, call.number("release_id"))


def _shape(call: RestRequest, release: Release) -> Json:
    return releases.release(call.hub, call.repo, release)


def _optional(call: RestRequest, name: str) -> str | None:
    limit = BODY if name == "body" else 0
    return None if call.body.get(name) is None else call.text(name, limit=limit, default="")


def _switch(call: RestRequest, name: str) -> bool | None:
    value = call.body.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid(name, "invalid", resource="Release")
    return value


def _invalid(error: InvalidRelease) -> ApiError:
    return invalid(error.field, error.code, error.message, "Release")
