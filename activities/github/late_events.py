"""Whether an event that finds no workflow of its branch is still news: events come late, and twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from temporalio import activity

from activities.github.activity_errors import required_github_activity
from activities.github.branches import tip
from activities.github.check_run_requests import PREFIX
from activities.github.check_runs import GATE
from activities.github.errors import NotFound
from activities.github.urls import url_values
from activities.model import Head
from activities.reporting import github_errors as texts

if TYPE_CHECKING:
    from activities.github.client import GitHub

# An event may be quicker than GitHub's API: so old it is not any more, and so often it is asked, a second apart.
_YOUNG_S, _ATTEMPTS = 60.0, 3


@dataclass(frozen=True)
class PushLookupInput:
    """A push to `head`'s branch, which was at `before`. `sent_at`: GitHub's time in seconds since 1970, 0 where a
    person asks for that head. `workflow_id` is the branch's."""

    head: Head
    workflow_id: str
    before: str = ""
    sent_at: float = 0.0


@dataclass(frozen=True)
class PushLookupResult:
    """`is_tip`: the branch is at that commit. `was_gated`: since that push, a gate of this branch's workflow has ended
    there, with a verdict or without."""

    is_tip: bool
    was_gated: bool = False


class LateEventActivities:
    """Each may run again."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @required_github_activity
    async def look_up_push(self, input: PushLookupInput) -> PushLookupResult:
        """Returns whether the branch is where the push says, and whether that was gated already."""
        head = input.head
        api = await self._github.for_gate(head.repo, {"contents": "read"})
        there = await tip(api, head.repo, head.branch)
        if there != head.sha:
            young = self._github.clock.now() - input.sent_at < _YOUNG_S
            if there == input.before.strip("0") and young and activity.info().attempt < _ATTEMPTS:
                raise NotFound(texts.push_not_shown(head.branch, head.sha), retry_after=1.0)
            return PushLookupResult(is_tip=False)
        gates = [run for run in await self._gates(head) if str(run["external_id"]).startswith(f"{input.workflow_id}|")]
        newest = max(gates, key=lambda run: int(run["id"]), default=None)
        ended = newest is not None and newest["status"] == "completed"
        return PushLookupResult(True, bool(newest and ended and _started_at(newest) >= input.sent_at))

    async def _gates(self, head: Head) -> list[Mapping[str, Any]]:
        """Our gates' runs on the head, of all branches that were there."""
        api, app = await self._github.for_gate(head.repo, {"checks": "write"}), await self._github.app()
        url = "/repos/{owner}/{repo}/commits/{ref}/check-runs{?check_name,filter,per_page,app_id}"
        query = {"check_name": PREFIX + GATE, "filter": "all", "per_page": "100", "app_id": str(app.id)}
        runs = (await api.getitem(url, url_values(head.repo, ref=head.sha, **query)))["check_runs"]
        return [run for run in runs if (run.get("app") or {}).get("id") == app.id and run.get("external_id")]


def _started_at(run: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(str(run["started_at"])).timestamp()
