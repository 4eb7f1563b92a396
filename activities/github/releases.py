"""Releases: one for a tag, found by it whether it is published or a draft, edited only when it is to say more."""

from collections.abc import Mapping
from typing import Any

from activities.github.branches import names
from activities.github.client import GitHub
from activities.github.client.api import API
from activities.github.client.errors import NotFound, Validation
from activities.github.types.branches import CreateReleaseInput, CreateReleaseResult

# GitHub answers 422 beyond it ("body is too long (maximum is 125000 characters)"); its API description is silent.
LONGEST = 125_000
_CUT = "\n\n… cut here: GitHub takes 125,000 characters."
_RELEASES = "/repos/{owner}/{repo}/releases"

Json = Mapping[str, Any]


async def create(github: GitHub, wanted: CreateReleaseInput) -> CreateReleaseResult:
    """The release is there afterwards and says this. A published one is never made a draft again."""
    api = await github.installation(wanted.repo, {"contents": "write"})
    if there := await _release(api, wanted):
        return await _edit(api, wanted, there)
    try:
        return await _create(api, wanted)
    except Validation:
        # Made by somebody else since we looked; anything else that GitHub refuses it refuses again.
        if there := await _release(api, wanted):
            return await _edit(api, wanted, there)
        raise


async def _release(api: API, wanted: CreateReleaseInput) -> Json | None:
    """A published one by its tag; a draft has none yet, so it is looked for in the list, newest first."""
    if not wanted.tag:
        return None  # GitHub says what is wrong with that
    try:
        published: Json = await api.getitem(f"{_RELEASES}/tags/{{tag}}", names(wanted.repo, tag=wanted.tag))
        return published
    except NotFound:
        pass
    async for each in api.getiter(f"{_RELEASES}?per_page=100", names(wanted.repo)):
        if each["tag_name"] == wanted.tag:
            draft: Json = each
            return draft
    return None


async def _create(api: API, wanted: CreateReleaseInput) -> CreateReleaseResult:
    data = {"tag_name": wanted.tag, "draft": wanted.draft, **_words(wanted)}
    data |= {"target_commitish": wanted.target} if wanted.target else {}
    made = await api.post(_RELEASES, names(wanted.repo), data=data)
    return CreateReleaseResult(int(made["id"]), str(made["html_url"]), changed=True)


async def _edit(api: API, wanted: CreateReleaseInput, there: Json) -> CreateReleaseResult:
    said = {"name": there["name"] or "", "body": _lines(there["body"] or ""), "prerelease": there["prerelease"]}
    publish = there["draft"] and not wanted.draft
    if said == _words(wanted) and not publish:
        return CreateReleaseResult(int(there["id"]), str(there["html_url"]), changed=False)
    data = _words(wanted) | ({"draft": False} if publish else {})
    made = await api.patch(f"{_RELEASES}/{{id}}", names(wanted.repo, id=str(there["id"])), data=data)
    return CreateReleaseResult(int(made["id"]), str(made["html_url"]), changed=True)


def _words(wanted: CreateReleaseInput) -> dict[str, Any]:
    return {"name": wanted.name, "body": _cut(_lines(wanted.body)), "prerelease": wanted.prerelease}


def _cut(body: str) -> str:
    return body if len(body) <= LONGEST else body[: LONGEST - len(_CUT)].rstrip() + _CUT


def _lines(body: str) -> str:
    """GitHub gives back the line ends that a browser would have sent."""
    return body.replace("\r\n", "\n").rstrip()
