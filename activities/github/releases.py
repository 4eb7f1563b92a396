"""Releases: one for a tag, found by it whether it is published or a draft, edited only when it is to say more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.github.activity_errors import github_activity
from activities.github.errors import NotFound, Validation
from activities.github.urls import url_values
from activities.model import RepoRef
from activities.reporting import github_errors as texts

if TYPE_CHECKING:
    from activities.github.client import API, GitHub

# GitHub answers 422 beyond it ("body is too long (maximum is 125000 characters)"); its API description is silent.
LONGEST = 125_000
_CUT = f"\n\n{texts.RELEASE_CUT}"
_RELEASES = "/repos/{owner}/{repo}/releases"

Json = Mapping[str, Any]


@dataclass(frozen=True)
class CreateReleaseInput:
    """The release of a tag. `target` (a branch or commit, "": the default branch) is where GitHub puts the tag if
    there is none yet."""

    repo: RepoRef
    tag: str
    name: str
    body: str
    target: str = ""
    draft: bool = False
    prerelease: bool = False


@dataclass(frozen=True)
class CreateReleaseResult:
    """`changed` False: it existed with just this content."""

    id: int
    url: str
    changed: bool


class ReleaseActivities:
    """Each may run again."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def create_release(self, input: CreateReleaseInput) -> CreateReleaseResult:
        """Creates or updates the release of a tag.

        A published one is never made a draft again.
        """
        api = await self._github.installation(input.repo, {"contents": "write"})
        if there := await _find(api, input):
            return await _edit(api, input, there)
        data = {"tag_name": input.tag, "draft": input.draft, **_content(input)}
        data |= {"target_commitish": input.target} if input.target else {}
        try:
            created = await api.post(_RELEASES, url_values(input.repo), data=data)
        except Validation:
            # Created by another since we looked; anything else that GitHub refuses it refuses again.
            if there := await _find(api, input):
                return await _edit(api, input, there)
            raise
        return CreateReleaseResult(int(created["id"]), str(created["html_url"]), changed=True)


async def _find(api: "API", input: CreateReleaseInput) -> Json | None:
    """A published one by its tag; a draft has none yet, so it is looked for in the list, newest first."""
    if not input.tag:
        return None  # GitHub says what is wrong with that
    try:
        published: Json = await api.getitem(f"{_RELEASES}/tags/{{tag}}", url_values(input.repo, tag=input.tag))
        return published
    except NotFound:
        pass
    async for each in api.getiter(f"{_RELEASES}?per_page=100", url_values(input.repo)):
        if each["tag_name"] == input.tag:
            draft: Json = each
            return draft
    return None


async def _edit(api: "API", input: CreateReleaseInput, there: Json) -> CreateReleaseResult:
    content = _content(input)
    before = {"name": there["name"] or "", "body": _lines(there["body"] or ""), "prerelease": there["prerelease"]}
    publish = there["draft"] and not input.draft
    if before == content and not publish:
        return CreateReleaseResult(int(there["id"]), str(there["html_url"]), changed=False)
    data = content | ({"draft": False} if publish else {})
    edited = await api.patch(f"{_RELEASES}/{{id}}", url_values(input.repo, id=str(there["id"])), data=data)
    return CreateReleaseResult(int(edited["id"]), str(edited["html_url"]), changed=True)


def _content(input: CreateReleaseInput) -> dict[str, Any]:
    body = _lines(input.body)
    if len(body) > LONGEST:
        body = body[: LONGEST - len(_CUT)].rstrip() + _CUT
    return {"name": input.name, "body": body, "prerelease": input.prerelease}


def _lines(body: str) -> str:
    """GitHub gives back the line ends that a browser would have sent."""
    return body.replace("\r\n", "\n").rstrip()
