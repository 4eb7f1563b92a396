"""The state of a pull request: closed where nobody else has worked on it, a draft or ready for review."""

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.errors import UserError
from activities.github.activity_errors import github_activity
from activities.github.branches import made_by_us
from activities.github.comments import Locked, comment_for_key
from activities.github.errors import GitHubError
from activities.github.pulls import PullInput
from activities.github.urls import url_values
from activities.model import RepoRef
from activities.reporting import github_errors as texts

if TYPE_CHECKING:
    from activities.github.client import API, AppClient, GitHub

Json = Mapping[str, Any]

_PULL = "/repos/{owner}/{repo}/pulls/{number}"
# GitHub's: it lists no more commits of a pull request, however many pages are requested.
_MOST_COMMITS = 250
_READY = "markPullRequestReadyForReview"
_DRAFT = "convertPullRequestToDraft"
_CHANGE = """
mutation Change($id: ID!) {{
  {name}(input: {{pullRequestId: $id}}) {{ pullRequest {{ isDraft }} }}
}}
"""


@dataclass(frozen=True)
class ClosePullInput:
    """Close a pull request of ours. `comment`, where it is not "", is written once for the `key` before. `commits` are
    ours beside those that the App itself committed."""

    repo: RepoRef
    number: int
    comment: str = ""
    key: str = ""
    commits: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClosePullResult:
    """`closed` False: it is open still, and `reason` is the sentence why. `changed` False with `closed`: it was closed
    or merged before, and no comment was written now."""

    closed: bool
    changed: bool = False
    reason: str = ""


@dataclass(frozen=True)
class PullDraftResult:
    """`draft` is what the pull request is now. `changed` False: it was, or it is closed and was left as it is."""

    draft: bool
    changed: bool


class PullStateActivities:
    """Each may run again."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def close_pull_request(self, input: ClosePullInput) -> ClosePullResult:
        """Closes a pull request of ours with one comment.

        One that somebody else opened, committed to or reviewed is left open, and the result says so.
        """
        api = await self._github.installation(input.repo, {"issues": "write", "pull_requests": "write"})
        where = url_values(input.repo, number=str(input.number))
        pull = await api.getitem(_PULL, where)
        if pull["state"] == "closed":
            return ClosePullResult(closed=True)
        if reason := await _kept_open(api, await self._github.app(), where, pull, input.commits):
            return ClosePullResult(closed=False, reason=reason)
        if input.comment:
            with contextlib.suppress(Locked):
                await comment_for_key(self._github, input.repo, input.number, input.comment, input.key or "closed")
        await api.patch(_PULL, where, data={"state": "closed"})
        return ClosePullResult(closed=True, changed=True)

    @github_activity
    async def mark_ready(self, input: PullInput) -> PullDraftResult:
        """Marks a draft pull request as ready for review."""
        return await self._set_draft(input, draft=False)

    @github_activity
    async def convert_to_draft(self, input: PullInput) -> PullDraftResult:
        """Converts a pull request to a draft.

        Raises `UserError` where GitHub's plan for the repository has no drafts.
        """
        return await self._set_draft(input, draft=True)

    async def _set_draft(self, input: PullInput, *, draft: bool) -> PullDraftResult:
        """By GraphQL, since REST cannot; GitHub wants leave to write contents for it."""
        api = await self._github.installation(input.repo, {"pull_requests": "write", "contents": "write"})
        pull = await api.getitem(_PULL, url_values(input.repo, number=str(input.number)))
        there = bool(pull.get("draft"))
        if there == draft or pull["state"] == "closed":
            return PullDraftResult(there, changed=False)
        try:
            await api.query(_CHANGE.format(name=_DRAFT if draft else _READY), id=str(pull["node_id"]))
        except GitHubError as error:
            if draft and "not supported" in error.reason.lower():
                raise UserError(texts.NO_DRAFTS) from None
            raise
        return PullDraftResult(draft, changed=True)


async def _kept_open(api: "API", app: "AppClient", where: dict[str, str], pull: Json, ours: Collection[str]) -> str:
    """The sentence why it is not ours alone to close, "" where it is."""
    number = int(pull["number"])
    if not app.wrote(pull):
        return texts.pull_of_others(number)
    if int(pull["commits"]) > _MOST_COMMITS:
        return texts.pull_has_commits_of_others(number)
    async for commit in api.getiter(f"{_PULL}/commits?per_page=100", where):
        if not made_by_us(commit, app, ours):
            return texts.pull_has_commits_of_others(number)
    async for review in api.getiter(f"{_PULL}/reviews?per_page=100", where):
        if (review.get("user") or {}).get("type") != "Bot":  # null is a person who has left GitHub
            return texts.pull_has_reviews_of_others(number)
    return ""
