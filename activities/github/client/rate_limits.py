"""How much may be requested of GitHub: its limits, kept from our side for each installation.

GitHub's numbers (docs, "Rate limits for the REST API" and "Best practices for using the REST API"):

- 100 requests at once, REST and GraphQL together.
- 900 points a minute for REST, 2,000 for GraphQL; a read is 1, a write 5.
- 80 requests a minute and 500 an hour that create content.
- "If you are making a large number of POST, PATCH, PUT, or DELETE requests, wait at least one second between each":
  for content always, since every one of them notifies people. Pushes come together, and a gate writes its check runs
  by a few requests, so other writes may come in a burst of some twenty gates; beyond that one a second.
- A primary limit an hour, which its answers name; after a limit nothing is sent until the time that GitHub names.
  Its last tenth is left to what check runs need (`hourly_budget.py`).

A short wait is slept here, in order of arrival. A longer one is `RateLimited` with the time, for Temporal to come
back then; the place is kept for it (`_KeptPlace`), so that a hundred who wait do not all return for the one that is
free, and each needs a try or two and not a hundred. What a worker does not see, other workers' requests, shows in
GitHub's answers.
"""

import asyncio
import contextlib
import random
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from activities.github.client.hourly_budget import HourlyBudget
from activities.github.client.rate_windows import AllOf, LeakyBucket, RateLimiter, Reservation, SlidingWindow
from activities.github.errors import RateLimited
from activities.github.importance import is_required
from activities.reporting import github_errors as texts

_LONGEST_WAIT_S = 3600.0
# How late a request may come for a place that was kept.
_GRACE_S = 5.0

_READS = ("GET", "HEAD", "OPTIONS")
# GitHub says "content" for what people are notified of: comments, pulls, issues, reviews and the like. Check runs,
# statuses and refs are writes and no content.
_CONTENT = frozenset({
    "comments", "replies", "reactions", "issues", "pulls", "reviews", "requested_reviewers", "releases",
})  # fmt: skip
_MUTATION = re.compile(r"\s*mutation\b(?:\s+(?P<checks>(?:Create|Update)CheckRuns)\b)?")


@dataclass(frozen=True)
class Cost:
    """`key` is the same for like requests: one may go in the other's place. `resource` is whose primary limit it is,
    in GitHub's words. `lanes` are the limiters that it must find room in, with how much."""

    key: str
    resource: str
    lanes: tuple[tuple[str, int], ...]


def cost_of(method: str, path: str) -> Cost:
    """Of a REST request: a read is one point, a write five."""
    resource = "search" if "/search/" in f"{path}/" else "core"
    if method in _READS:
        return Cost(f"{method} {path}", resource, (("points", 1),))
    lanes = [("points", 5)]
    last = path.rstrip("/").rsplit("/", 1)[-1]
    if last != "access_tokens":  # the app's own business, which writes to no repository
        lanes.append(("writes", 1))
    if (method, last) == ("PUT", "merge") or (method == "POST" and last in _CONTENT):
        lanes.append(("content", 1))
    return Cost(f"{method} {path}", resource, tuple(lanes))


def cost_of_query(text: str) -> Cost:
    """Of a GraphQL request: a query is one point, a mutation five, however many it carries out. Commits are content,
    check runs are not."""
    if found := _MUTATION.match(text):
        content = () if found["checks"] else (("content", 1),)
        return Cost(f"mutation {found['checks'] or ''}", "graphql", (("queries", 5), ("writes", 1), *content))
    return Cost("query", "graphql", (("queries", 1),))


@dataclass(frozen=True)
class RateLimits:
    """What one installation may use. `patience_s`: longer waits are left to the retry of the activity."""

    at_once: int = 50
    points_a_minute: int = 900
    query_points_a_minute: int = 2000
    content_a_minute: int = 80
    content_an_hour: int = 500
    content_apart_s: float = 1.0
    writes_at_once: int = 90
    writes_apart_s: float = 1.0
    patience_s: float = 2.0
    metered: bool = True


# An Enterprise Server has these limits only where its administrator turns them on; its answers say when one is met.
UNMETERED = RateLimits(metered=False)


@dataclass(frozen=True)
class _KeptPlace:
    """Kept for a request with this key, at this time; `paid` are the lanes in which it has its room already."""

    key: str
    at: float
    paid: frozenset[str]


class Permit:
    """One request's. `give_back`: GitHub took nothing for it (an answer 304)."""

    def __init__(self, window: SlidingWindow | None, reservation: Reservation | None) -> None:
        self._window = window
        self._reservation = reservation

    def give_back(self) -> None:
        if self._window and self._reservation:
            self._window.give_back(self._reservation)


class RateBudget:
    """One installation's account, 0 for the app's own. The clock counts seconds from anywhere; `chance` gives 0 to
    1."""

    def __init__(
        self,
        limits: RateLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        installation: int = 0,
    ) -> None:
        self._limits = limits = limits or RateLimits()
        self._clock = clock
        self._chance = chance
        self._slots = asyncio.Semaphore(limits.at_once)
        self._paused_until: dict[str, float] = {}
        self._hour = HourlyBudget(installation, clock)
        minute = 60 + limits.patience_s  # A request may be sent so much later than it was counted.
        self._points = {
            "points": SlidingWindow(limits.points_a_minute, minute),
            "queries": SlidingWindow(limits.query_points_a_minute, minute),
        }
        self._lanes: Mapping[str, RateLimiter] = {
            **self._points,
            "writes": LeakyBucket(limits.writes_apart_s, limits.writes_at_once),
            "content": AllOf(
                LeakyBucket(limits.content_apart_s),
                SlidingWindow(limits.content_a_minute, 60),
                SlidingWindow(limits.content_an_hour, 3600),
            ),
        }
        self._kept: list[_KeptPlace] = []

    @contextlib.asynccontextmanager
    async def permit(self, cost: Cost) -> AsyncIterator[Permit]:
        """Waits until this request may be sent; raises `RateLimited` where that would take too long.

        Only so many are on their way at once, since GitHub may let them all hang.
        """
        wait, permit = self.claim(cost)
        if wait > 0:
            await asyncio.sleep(wait)
        try:
            async with asyncio.timeout(self._limits.patience_s):
                await self._slots.acquire()
        except TimeoutError:
            wait = self._spread(self._limits.patience_s)
            raise RateLimited(texts.CONCURRENT_REQUESTS, wait) from None
        try:
            self._check_pause(cost, self._clock())
            yield permit
        finally:
            self._slots.release()

    def claim(self, cost: Cost) -> tuple[float, Permit]:
        """Takes what the request costs; gives the seconds after which it may go. `RateLimited` beyond patience."""
        now = self._clock()
        self._check_pause(cost, now)
        kept = self._kept_place(cost.key, now)
        paid = kept.paid if kept else frozenset[str]()
        start = max(now, self._pause_end(cost), kept.at if kept else now)
        needed = {lane: much for lane, much in cost.lanes if lane not in paid} if self._limits.metered else {}
        for limiter in self._lanes.values() if self._limits.metered else ():
            limiter.forget(now)
        times = {lane: self._lanes[lane].free_at(start, much) for lane, much in needed.items()}
        at = max([start, *times.values()])
        if at - now > self._limits.patience_s:
            raise self._keep_place(cost, now, times, paid)
        taken = {lane: self._lanes[lane].take(times[lane], much) for lane, much in needed.items()}
        counted = next((lane for lane in taken if lane in self._points), None)
        return at - now, Permit(self._points[counted], taken[counted]) if counted else Permit(None, None)

    def pause(self, seconds: float, resource: str = "") -> float:
        """GitHub said to wait: nothing is sent before, of one resource or of any. Gives the seconds after which to
        come back: a little more for each caller, so that not all are there in the same moment."""
        self._paused_until[resource] = max(self._paused_until.get(resource, float("-inf")), self._clock() + seconds)
        return self._spread(seconds)

    def note_headers(self, headers: Mapping[str, str], now: float) -> None:
        """Remembers how much an answer says is left of a primary limit; `now` by GitHub's clock."""
        self._hour.note(headers, now)
        left, reset = headers.get("x-ratelimit-remaining"), headers.get("x-ratelimit-reset", "")
        if left == "0" and reset.isdecimal() and float(reset) > now:
            self.pause(min(float(reset) - now, _LONGEST_WAIT_S), headers.get("x-ratelimit-resource", "core"))

    def _pause_end(self, cost: Cost) -> float:
        return max(self._paused_until.get(resource, float("-inf")) for resource in ("", cost.resource))

    def _check_pause(self, cost: Cost, now: float) -> None:
        wait = self._pause_end(cost) - now
        if wait > self._limits.patience_s:
            raise RateLimited(texts.RATE_LIMIT_REACHED, self._spread(wait))
        if not is_required() and (wait := self._hour.reserved_for(cost.resource)):
            raise RateLimited(texts.REST_IS_RESERVED, self._spread(wait))

    def _spread(self, wait: float) -> float:
        return wait + self._chance() * min(max(wait / 4, 1.0), 15.0)

    def _keep_place(self, cost: Cost, now: float, times: Mapping[str, float], paid: frozenset[str]) -> RateLimited:
        """Keeps a place in the lane that is the fullest; the others will have room by then, or be asked again."""
        lane = max(times, key=lambda name: times[name])
        wait = times[lane] - now
        if wait > _LONGEST_WAIT_S:
            return RateLimited(texts.RATE_LIMIT_REACHED, self._spread(_LONGEST_WAIT_S))
        self._lanes[lane].take(times[lane], dict(cost.lanes)[lane])
        self._kept = [place for place in self._kept if place.at >= now - _GRACE_S]
        self._kept.append(_KeptPlace(cost.key, times[lane], paid | {lane}))
        return RateLimited(texts.RATE_LIMIT_REACHED, wait)

    def _kept_place(self, key: str, now: float) -> _KeptPlace | None:
        """Takes the earliest place that was kept for a request like this one, if its time is near."""
        matching = [place for place in self._kept if place.key == key and place.at >= now - _GRACE_S]
        found = min(matching, key=lambda place: place.at, default=None)
        if found is None or found.at - now > self._limits.patience_s:
            return None
        self._kept.remove(found)
        return found
