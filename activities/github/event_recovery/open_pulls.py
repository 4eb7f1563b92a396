"""Open pull requests whose head has no ended gate, found with as few requests as GitHub's ETags allow."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from activities.github.check_runs import PREFIX
from activities.github.pulls import pull_of
from activities.github.types.check_runs import GATE
from activities.github.types.event_recovery import PullHead
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import API, GitHub

LOOKED_BACK_S = 14 * 24 * 3600.0
"""A pull request that nobody touched in a fortnight gets its gate when somebody touches it."""

# One look at a repository that has not changed is one request answered 304, which is free.
_REPOSITORIES = 2048
_HEADS = 20_000
# Then a head that had its verdict is looked at again: somebody may have removed it.
_ENDED_FOR_S = 3 * 3600.0
_PAGE = 100
# How a gate ends that says nothing about the head: superseded or stopped, or given up by GitHub after 14 days.
_NO_VERDICT = ("cancelled", "stale")


@dataclass(frozen=True)
class Looked:
    """`ended`: GitHub shows a verdict on it."""

    head: PullHead
    ended: bool


@dataclass(frozen=True)
class _Listed:
    """A repository's open pulls that are no drafts, as they were at `etag`."""

    etag: str
    heads: tuple[PullHead, ...]


class OpenHeads:
    """What is known of all open heads; bounded, and only a saving: an empty one finds the same."""

    def __init__(self, github: "GitHub") -> None:
        from cachetools import LRUCache, TTLCache

        self._github = github
        self._listed: LRUCache[tuple[int, str], _Listed] = LRUCache(_REPOSITORIES)
        self._told: LRUCache[tuple[str, int, str, str], bool] = LRUCache(_HEADS)
        self._ended: TTLCache[tuple[str, str], bool] = TTLCache(_HEADS, _ENDED_FOR_S)

    async def of(self, repo: RepoRef) -> list[Looked]:
        """Heads that there may be something to do about, the one that was touched last first. Raises `GitHubError`."""
        api = await self._api(repo)
        oldest = time.time() - LOOKED_BACK_S
        heads = [head for head in await self._heads(api, repo) if head.updated_at >= oldest]
        looked = [Looked(head, await self.ended(repo, head.head_sha)) for head in heads]
        return [each for each in looked if not each.ended or _told(each.head) not in self._told]

    def told(self, head: PullHead) -> None:
        """Its branch knows of the pull."""
        self._told[_told(head)] = True

    async def ended(self, repo: RepoRef, sha: str) -> bool:
        """Whether GitHub shows a gate of ours on this head that came to a verdict."""
        if self._ended.get((repo.full_name, sha)):
            return True
        ended = any(_is_verdict(run) for run in await self._gates(repo, sha))
        if ended:
            self.leave(repo, sha)
        return ended

    async def cancelled(self, repo: RepoRef, sha: str) -> bool:
        """Whether the gate of this head was ended on purpose."""
        return any(run.get("conclusion") == "cancelled" for run in await self._gates(repo, sha))

    def leave(self, repo: RepoRef, sha: str) -> None:
        """There is nothing to do about this head for some hours."""
        self._ended[repo.full_name, sha] = True

    async def _heads(self, api: "API", repo: RepoRef) -> tuple[PullHead, ...]:
        """Only a list of one page is kept: what falls off the end of a longer one does not change its first page."""
        key = (repo.installation_id, repo.full_name)
        listed = self._listed.get(key)
        page, etag = await _pulls(api, repo, 1, listed.etag if listed else "")
        if page is None and listed:
            return listed.heads
        pulls = list(page or ())
        heads = tuple(_head(repo, pull) for pull in pulls if not pull.get("draft"))
        if len(pulls) < _PAGE:
            self._listed[key] = _Listed(etag, heads)
            return heads
        return heads + (await _further(api, repo) if _is_recent(pulls[-1]) else ())

    async def _gates(self, repo: RepoRef, sha: str) -> list[Mapping[str, Any]]:
        """The newest gate run of ours on a commit; none for a commit without any."""
        api, app = await self._api(repo), await self._github.app()
        url = "/repos/{owner}/{repo}/commits/{ref}/check-runs{?check_name,filter,app_id}"
        named = {"ref": sha, "check_name": PREFIX + GATE, "filter": "latest", "app_id": str(app.id)}
        runs = (await api.getitem(url, {"owner": repo.owner, "repo": repo.name, **named}))["check_runs"]
        return [run for run in runs if (run.get("app") or {}).get("id") == app.id]

    async def _api(self, repo: RepoRef) -> "API":
        return await self._github.everywhere(repo.installation_id, {"pull_requests": "read", "checks": "read"})


async def _further(api: "API", repo: RepoRef) -> tuple[PullHead, ...]:
    """From the second page on, as far back as anybody cares."""
    heads: list[PullHead] = []
    number = 2
    while page := (await _pulls(api, repo, number, ""))[0]:
        heads += [_head(repo, pull) for pull in page if not pull.get("draft")]
        if len(page) < _PAGE or not _is_recent(page[-1]):
            break
        number += 1
    return tuple(heads)


def _is_recent(pull: Mapping[str, Any]) -> bool:
    return _seconds(pull) >= time.time() - LOOKED_BACK_S


async def _pulls(api: "API", repo: RepoRef, page: int, etag: str) -> tuple[list[Mapping[str, Any]] | None, str]:
    url = "/repos/{owner}/{repo}/pulls{?state,sort,direction,per_page,page}"
    names = {"owner": repo.owner, "repo": repo.name, "state": "open", "sort": "updated", "direction": "desc"}
    return await api.news(url, {**names, "per_page": str(_PAGE), "page": str(page)}, etag)


def _head(repo: RepoRef, data: Mapping[str, Any]) -> PullHead:
    pull = pull_of(data)
    return PullHead(
        repo=repo,
        number=pull.number,
        branch=pull.head_ref,
        head_sha=pull.head_sha,
        base_ref=pull.base_ref,
        base_sha=pull.base_sha,
        fork=pull.fork,
        default_branch=str(data["base"]["repo"].get("default_branch") or ""),
        updated_at=_seconds(data),
    )


def _told(head: PullHead) -> tuple[str, int, str, str]:
    """What a branch must know of its pull."""
    return head.repo.full_name, head.number, head.head_sha, head.base_ref


def _seconds(data: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(str(data["updated_at"])).timestamp()


def _is_verdict(run: Mapping[str, Any]) -> bool:
    return run["status"] == "completed" and run.get("conclusion") not in _NO_VERDICT
