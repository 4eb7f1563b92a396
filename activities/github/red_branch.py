"""A default branch that fails: the pull requests that may have brought that are found, and hear of it."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.errors import UserError
from activities.github.activity_errors import github_activity
from activities.github.comments import comment_for_key
from activities.github.errors import NotFound
from activities.github.pulls import pull_of
from activities.github.urls import url_values
from activities.history import RedBranch
from activities.model import RepoRef
from activities.reporting import Links
from activities.reporting.red_branch import brought_red

if TYPE_CHECKING:
    from activities.github.client import API, GitHub

_MOST_COMMITS = 50
"""Each is a request. More come at once where a branch was pushed that was written elsewhere, which is no series of
pull requests."""


@dataclass(frozen=True)
class RedBranchInput:
    """What is new in the verdict on the default branch's head `red.sha`, which was compared with `base_sha` ("" for
    nothing)."""

    repo: RepoRef
    red: RedBranch
    base_sha: str = ""


@dataclass(frozen=True)
class RedBranchResult:
    """The pull requests that were merged between."""

    pulls: tuple[int, ...] = ()


class RedBranchActivities:
    """Each may run again."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def comment_on_merged_pulls(self, input: RedBranchInput) -> RedBranchResult:
        """Comments on the merged pull requests that may have made the default branch red.

        One comment for each pull request, whatever happens later; a locked one gets none.
        """
        repo, red = input.repo, input.red
        links = Links(self._github.web_url, repo.full_name, red.sha)
        numbers = await self._merged(input)
        for number in numbers:
            text = brought_red(red, input.base_sha, [each for each in numbers if each != number], links)
            with contextlib.suppress(UserError):
                await comment_for_key(self._github, repo, number, text, "red-branch")
        return RedBranchResult(tuple(numbers))

    async def _merged(self, input: RedBranchInput) -> list[int]:
        api = await self._github.for_gate(input.repo, {"contents": "read", "pull_requests": "read"})
        found: set[int] = set()
        url = "/repos/{owner}/{repo}/commits/{sha}/pulls?per_page=100"
        for sha in await _line(api, input):
            async for data in api.getiter(url, url_values(input.repo, sha=sha)):
                pull = pull_of(data)
                if pull.merged and pull.base_ref == input.red.branch:
                    found.add(pull.number)
        return sorted(found)


async def _line(api: "API", input: RedBranchInput) -> Sequence[str]:
    """The heads that the branch has had since its base, by first parents, the newest first."""
    head = input.red.sha
    if not input.base_sha:
        return (head,)
    url, where = "/repos/{owner}/{repo}/compare/{basehead}?per_page=250", f"{input.base_sha}...{head}"
    try:
        answer = await api.getitem(url, url_values(input.repo, basehead=where))
    except NotFound:  # a force push has removed one of the two
        return (head,)
    commits: dict[str, Any] = {each["sha"]: each for each in answer["commits"]}
    line: list[str] = []
    while (commit := commits.get(head)) and len(line) < _MOST_COMMITS:
        line.append(head)
        head = commit["parents"][0]["sha"] if commit["parents"] else ""
    return line
