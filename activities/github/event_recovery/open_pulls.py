"""Open pull requests whose head has no completed gate, found with as few requests as GitHub's ETags allow."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from activities.github.check_run_requests import PREFIX
from activities.github.check_runs import GATE
from activities.github.event_recovery.types import OpenPull
from activities.github.pulls import pull_of
from activities.github.urls import url_values
from activities.model import Head, RepoRef

if TYPE_CHECKING:
    from activities.github.client import API, GitHub

OLDEST_S = 14 * 24 * 3600.0
"""A pull request that was not updated in a fortnight gets its gate when it is."""

# Looking at a repository that has not changed is one request answered 304, which is free.
_REPOSITORIES = 2048
_HEADS = 20_000
# Then a head that had its verdict is checked again: a person may have removed it.
_VERDICT_S = 3 * 3600.0
_PAGE = 100
# How a gate ends that says nothing about the head: superseded or stopped, or given up by GitHub after 14 days.
_NO_VERDICT = ("cancelled", "stale")


@dataclass(frozen=True)
class HeadState:
    """`has_verdict`: GitHub shows one on it."""

    pull: OpenPull
    has_verdict: bool


@dataclass(frozen=True)
class _PullList:
    """A repository's open pulls that are no drafts, as they were at `etag`."""

    etag: str
    pulls: tuple[OpenPull, ...]


class OpenHeads:
    """What is known of all open heads; bounded, and only a saving: an empty one finds the same."""

    def __init__(self, github: "GitHub") -> None:
        from cachetools import LRUCache, TTLCache

        self._github = github
        self._lists: LRUCache[tuple[int, str], _PullList] = LRUCache(_REPOSITORIES)
        self._informed: LRUCache[tuple[str, int, str, str], bool] = LRUCache(_HEADS)
        self._skipped: TTLCache[tuple[str, str], bool] = TTLCache(_HEADS, _VERDICT_S)

    async def needing_attention(self, repo: RepoRef) -> list[HeadState]:
        """Heads without a verdict, and those whose branch may not know of the pull; the one that was updated last comes
        first. Raises `GitHubError`."""
        api = await self._api(repo)
        oldest = time.time() - OLDEST_S
        pulls = [pull for pull in await self._pulls(api, repo) if pull.updated_at >= oldest]
        states = [HeadState(pull, await self.has_verdict(repo, pull.head.sha)) for pull in pulls]
        return [each for each in states if not each.has_verdict or _pull_key(each.pull.head) not in self._informed]

    def mark_informed(self, head: Head) -> None:
        """Its branch knows of the pull."""
        self._informed[_pull_key(head)] = True

    async def has_verdict(self, repo: RepoRef, sha: str) -> bool:
        """Whether GitHub shows a gate of ours on this head that came to a verdict."""
        if self._skipped.get((repo.full_name, sha)):
            return True
        runs = await self._gates(repo, sha)
        found = any(run["status"] == "completed" and run.get("conclusion") not in _NO_VERDICT for run in runs)
        if found:
            self.skip(repo, sha)
        return found

    async def is_cancelled(self, repo: RepoRef, sha: str) -> bool:
        """Whether the gate of this head was ended on purpose."""
        return any(run.get("conclusion") == "cancelled" for run in await self._gates(repo, sha))

    def skip(self, repo: RepoRef, sha: str) -> None:
        """There is nothing to do about this head for some hours."""
        self._skipped[repo.full_name, sha] = True

    async def _pulls(self, api: "API", repo: RepoRef) -> tuple[OpenPull, ...]:
        """Only a list of one page is kept: what falls off the end of a longer one does not change its first page."""
        key = (repo.installation_id, repo.full_name)
        known = self._lists.get(key)
        page, etag = await _page(api, repo, 1, known.etag if known else "")
        if page is None and known:
            return known.pulls
        number, pulls = 1, _pulls_of(repo, page)
        if not page or len(page) < _PAGE:
            self._lists[key] = _PullList(etag, pulls)
            return pulls
        # From the second page on, as far back as matters.
        while page and len(page) == _PAGE and _updated_at(page[-1]) >= time.time() - OLDEST_S:
            number += 1
            page, _ = await _page(api, repo, number, "")
            pulls += _pulls_of(repo, page)
        return pulls

    async def _gates(self, repo: RepoRef, sha: str) -> list[Mapping[str, Any]]:
        """The newest gate run of ours on a commit; none for a commit without any."""
        api, app = await self._api(repo), await self._github.app()
        url = "/repos/{owner}/{repo}/commits/{ref}/check-runs{?check_name,filter,app_id}"
        where = url_values(repo, ref=sha, check_name=PREFIX + GATE, filter="latest", app_id=str(app.id))
        runs = (await api.getitem(url, where))["check_runs"]
        return [run for run in runs if (run.get("app") or {}).get("id") == app.id]

    async def _api(self, repo: RepoRef) -> "API":
        return await self._github.everywhere(repo.installation_id, {"pull_requests": "read", "checks": "read"})


async def _page(api: "API", repo: RepoRef, number: int, etag: str) -> tuple[list[Mapping[str, Any]] | None, str]:
    """The last updated first, with the page's ETag; None where it is still what `etag` names."""
    url = "/repos/{owner}/{repo}/pulls{?state,sort,direction,per_page,page}"
    query = {"state": "open", "sort": "updated", "direction": "desc", "per_page": str(_PAGE), "page": str(number)}
    return await api.getitem_if_changed(url, url_values(repo, **query), etag)


def _pulls_of(repo: RepoRef, page: list[Mapping[str, Any]] | None) -> tuple[OpenPull, ...]:
    found = []
    for data in page or ():
        if not data.get("draft"):
            pull = pull_of(data)
            head = Head(repo, pull.head_sha, pull.head_ref, pull.base_ref, pull=pull.number, fork=pull.fork)
            default_branch = str(data["base"]["repo"].get("default_branch") or "")
            found.append(OpenPull(head, default_branch, _updated_at(data)))
    return tuple(found)


def _updated_at(data: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(str(data["updated_at"])).timestamp()


def _pull_key(head: Head) -> tuple[str, int, str, str]:
    """What a branch must know of its pull."""
    return head.repo.full_name, head.pull, head.sha, head.base_ref
