"""What GitHub lists of recent changes: merged pull requests, deployments with their statuses, releases."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from activities.github.errors import Forbidden, NotFound
from activities.github.recent_changes.types import ChangesOnGitHub, KnownDeployment, KnownRelease, MergedPull
from activities.github.urls import url_values
from activities.model import RepoRef
from activities.reporting.markdown import one_line

if TYPE_CHECKING:
    from activities.github.client import API

Json = Mapping[str, Any]
T = TypeVar("T")

MOST = 200
_MOST_LISTED = 1000
_MOST_WITH_STATUSES = 50
_MOST_WITH_COMMITS = 50
_MOST_HEADLINES = 100
_PRODUCTION = ("production", "prod", "live")


class ChangeListing:
    """Of one repository, from `begin` (seconds since 1970) to `end`. `branch` is its default branch."""

    def __init__(self, api: "API", repo: RepoRef, branch: str, begin: float, end: float) -> None:
        self._api = api
        self._repo = repo
        self._branch = branch
        self._begin = begin
        self._end = end

    async def read(self, environment: str) -> ChangesOnGitHub:
        """What may not be read is left out, with a sentence."""
        problems: list[str] = []
        pulls = await _or_none(self.pulls, "Merged pull requests", problems)
        deployments = await _or_none(lambda: self.deployments(environment), "Deployments", problems)
        releases = await _or_none(self.releases, "Releases", problems)
        return ChangesOnGitHub(pulls, deployments, releases, tuple(problems))

    async def pulls(self) -> tuple[MergedPull, ...]:
        """Those that were merged in time into the default branch."""
        found: list[MergedPull] = []
        listed = asked = 0
        url = "/repos/{owner}/{repo}/pulls?state=closed&sort=updated&direction=desc&per_page=100&base={base}"
        async for each in self._api.getiter(url, url_values(self._repo, base=self._branch)):
            listed += 1
            # A merge is an update, so none of an earlier one can have been merged later.
            if listed > _MOST_LISTED or len(found) == MOST or seconds(each["updated_at"]) < self._begin:
                break
            at = seconds(each.get("merged_at"))
            if not self._begin <= at <= self._end or not each.get("merge_commit_sha"):
                continue
            headlines: tuple[str, ...] = ()
            if asked < _MOST_WITH_COMMITS:
                asked += 1
                headlines = await self._headlines(int(each["number"]))
            found.append(MergedPull(
                int(each["number"]), one_line(str(each["title"]), 200), str(each["merge_commit_sha"]), at,
                str(each["html_url"]), tuple(str(label["name"]) for label in each.get("labels") or ())[:20],
                (each.get("user") or {}).get("type") == "Bot", headlines,
            ))  # fmt: skip
        return tuple(found)

    async def _headlines(self, number: int) -> tuple[str, ...]:
        url = "/repos/{owner}/{repo}/pulls/{number}/commits?per_page=100"
        found = [
            str(each["commit"]["message"]).strip().partition("\n")[0]
            async for each in self._api.getiter(url, url_values(self._repo, number=str(number)))
        ]
        return tuple(found) if len(found) <= _MOST_HEADLINES else ()

    async def deployments(self, environment: str) -> tuple[KnownDeployment, ...]:
        """Those to the environment, and the last one before: what is in it was not brought by a later one."""
        found: list[KnownDeployment] = []
        listed = 0
        url = "/repos/{owner}/{repo}/deployments?per_page=100"
        values = url_values(self._repo)
        if environment:
            url, values = f"{url}&environment={{environment}}", url_values(self._repo, environment=environment)
        async for each in self._api.getiter(url, values):
            listed += 1
            if listed > _MOST_LISTED or len(found) == _MOST_WITH_STATUSES:
                break
            if seconds(each["created_at"]) > self._end or not (environment or _is_production(each)):
                continue
            deployment = await self._with_statuses(each)
            if deployment.at <= self._end:
                found.append(deployment)
            if deployment.at < self._begin and deployment.state not in ("failure", "error"):
                break
        return tuple(found)

    async def _with_statuses(self, each: Json) -> KnownDeployment:
        url = "/repos/{owner}/{repo}/deployments/{id}/statuses?per_page=100"
        statuses = [one async for one in self._api.getiter(url, url_values(self._repo, id=str(each["id"])))]
        begun = [seconds(one["created_at"]) for one in statuses if one["state"] in ("in_progress", "success")]
        # It may have waited for an approval since it was created.
        at = min(begin for begin in begun) if begun else seconds(each["created_at"])
        state = str(statuses[0]["state"]) if statuses else ""
        page = str(statuses[0].get("log_url") or "") if statuses else ""
        environment = one_line(str(each["environment"]), 100)
        return KnownDeployment(int(each["id"]), str(each["sha"]), at, environment, state, page)

    async def releases(self) -> tuple[KnownRelease, ...]:
        """Those that were published in time."""
        found: list[KnownRelease] = []
        listed = 0
        async for each in self._api.getiter("/repos/{owner}/{repo}/releases?per_page=100", url_values(self._repo)):
            listed += 1
            created, at = seconds(each["created_at"]), seconds(each.get("published_at"))
            if listed > MOST or (at and max(at, created) < self._begin):
                break
            if not each["draft"] and self._begin <= at <= self._end:
                bot = (each.get("author") or {}).get("type") == "Bot"
                found.append(KnownRelease(one_line(str(each["tag_name"]), 100), at, str(each["html_url"]), bot))
        return tuple(found)


def _is_production(each: Json) -> bool:
    named = str(each["environment"]).casefold() in _PRODUCTION
    return bool(each.get("production_environment")) or named


async def _or_none(read: Callable[[], Awaitable[tuple[T, ...]]], what: str, problems: list[str]) -> tuple[T, ...]:
    try:
        return await read()
    except (Forbidden, NotFound):
        problems.append(f"{what} could not be read: the App may not read them.")
        return ()


def seconds(time: object) -> float:
    """GitHub's time in seconds since 1970, 0 for none."""
    return datetime.fromisoformat(str(time)).timestamp() if time else 0.0
