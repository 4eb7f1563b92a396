"""How much may be asked of GitHub: its limits, kept from our side for each installation.

GitHub's numbers (docs, "Rate limits for the REST API" and "Best practices for using the REST API"):

- 100 requests at once, REST and GraphQL together.
- 900 points a minute for REST, 2,000 for GraphQL; a read is 1, a write 5.
- 80 requests a minute and 500 an hour that make content.
- "If you are making a large number of POST, PATCH, PUT, or DELETE requests, wait at least one second between each":
  for content always, since every one of them tells people something. A push's check runs must appear together, and
  pushes come together too, so other writes may come in a burst of four gates (9 runs made, 1 started, 9 ended, and
  what is around them), which is half of a minute's points; beyond that one a second.
- A primary limit an hour, which its answers tell; after a limit nothing is asked until the time that GitHub names.

A short wait is slept here, in order of arrival. A longer one is `RateLimited` with the time, for Temporal to come
back then; the place is kept for it (`_Promise`), so that a hundred who wait do not all return for the one that is
free, and each needs a try or two and not a hundred. What a worker does not see, other workers' requests, GitHub's
answers tell.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from activities.github.client.costs import Cost
from activities.github.client.rate_windows import AllOf, LeakyBucket, RateLimiter, Reservation, SlidingWindow
from activities.github.errors import RateLimited

_LONGEST_WAIT_S = 3600.0
# How late somebody may come for a place that was kept.
_GRACE_S = 5.0


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


# An Enterprise Server has these limits only where its administrator turns them on; it says so when it is enough.
UNMETERED = RateLimits(metered=False)


@dataclass(frozen=True)
class _Promise:
    """A place that is kept: at this time, in these lanes, for a request like that."""

    key: str
    at: float
    paid: frozenset[str]


class Permit:
    """One request's. `give_back`: GitHub took nothing for it (an answer 304)."""

    def __init__(self, window: SlidingWindow | None, taken: Reservation | None) -> None:
        self._window = window
        self._taken = taken

    def give_back(self) -> None:
        if self._window and self._taken:
            self._window.give_back(self._taken)


class RateBudget:
    """One installation's account. The clock counts seconds from anywhere; `chance` gives 0 to 1."""

    def __init__(
        self,
        limits: RateLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._limits = limits or RateLimits()
        self._clock = clock
        self._chance = chance
        self._slots = asyncio.Semaphore(self._limits.at_once)
        self._held: dict[str, float] = {}
        self._points = _points(self._limits)
        self._lanes: Mapping[str, RateLimiter] = {**self._points, **_writes(self._limits)}
        self._promises: list[_Promise] = []

    @contextlib.asynccontextmanager
    async def turn(self, cost: Cost) -> AsyncIterator[Permit]:
        """Waits for this request's turn; raises `RateLimited` where that would take too long."""
        wait, turn = self.claim(cost)
        if wait > 0:
            await asyncio.sleep(wait)
        async with self._slot():
            self._check_held(cost, self._clock())
            yield turn

    @contextlib.asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """One of those that may be on their way at once; GitHub may let them all hang."""
        try:
            async with asyncio.timeout(self._limits.patience_s):
                await self._slots.acquire()
        except TimeoutError:
            wait = self._later(self._limits.patience_s)
            raise RateLimited("Too many requests to GitHub are on their way just now.", wait) from None
        try:
            yield
        finally:
            self._slots.release()

    def claim(self, cost: Cost) -> tuple[float, Permit]:
        """Takes what the request costs and tells after how many seconds it may go; `RateLimited` beyond patience."""
        now = self._clock()
        self._check_held(cost, now)
        kept = self._redeemed(cost.key, now)
        paid = kept.paid if kept else frozenset[str]()
        start = max(now, self._held_until(cost), kept.at if kept else now)
        wanted = self._wanted(cost, paid, now)
        times = {lane: self._lanes[lane].free_at(start, much) for lane, much in wanted.items()}
        at = max([start, *times.values()])
        if at - now > self._limits.patience_s:
            raise self._promised(cost, now, times, paid)
        taken = {lane: self._lanes[lane].take(times[lane], much) for lane, much in wanted.items()}
        counted = next((lane for lane in taken if lane in self._points), None)
        return at - now, Permit(self._points[counted], taken[counted]) if counted else Permit(None, None)

    def hold(self, seconds: float, resource: str = "") -> float:
        """GitHub said to wait: nothing is asked before, of one resource or of any. Gives the seconds after which to
        come back: a little more for each who asks, so that not everybody is there in the same moment."""
        self._held[resource] = max(self._held.get(resource, float("-inf")), self._clock() + seconds)
        return self._later(seconds)

    def heard(self, headers: Mapping[str, str], now: float) -> None:
        """Remembers a primary limit that an answer says is used up; `now` by GitHub's clock."""
        left, reset = headers.get("x-ratelimit-remaining"), headers.get("x-ratelimit-reset", "")
        if left == "0" and reset.isdecimal() and float(reset) > now:
            self.hold(min(float(reset) - now, _LONGEST_WAIT_S), headers.get("x-ratelimit-resource", "core"))

    def _held_until(self, cost: Cost) -> float:
        return max(self._held.get(resource, float("-inf")) for resource in ("", cost.resource))

    def _check_held(self, cost: Cost, now: float) -> None:
        wait = self._held_until(cost) - now
        if wait > self._limits.patience_s:
            raise RateLimited("GitHub asked to wait.", self._later(wait))

    def _later(self, wait: float) -> float:
        return wait + self._chance() * min(max(wait / 4, 1.0), 15.0)

    def _wanted(self, cost: Cost, paid: frozenset[str], now: float) -> dict[str, int]:
        if not self._limits.metered:
            return {}
        for lane in self._lanes.values():
            lane.forget(now)
        return {lane: much for lane, much in cost.lanes if lane not in paid}

    def _promised(self, cost: Cost, now: float, times: Mapping[str, float], paid: frozenset[str]) -> RateLimited:
        """Keeps a place in the lane that is the fullest; the others will have room by then, or be asked again."""
        lane = max(times, key=lambda name: times[name])
        wait = times[lane] - now
        if wait > _LONGEST_WAIT_S:
            return RateLimited("GitHub's limits leave no room for more requests.", self._later(_LONGEST_WAIT_S))
        self._lanes[lane].take(times[lane], dict(cost.lanes)[lane])
        self._promises = [promise for promise in self._promises if promise.at >= now - _GRACE_S]
        self._promises.append(_Promise(cost.key, times[lane], paid | {lane}))
        return RateLimited("GitHub's limits leave no room for more requests just now.", wait)

    def _redeemed(self, key: str, now: float) -> _Promise | None:
        """The earliest place that was kept for a request like this one, if its time is near."""
        mine = [promise for promise in self._promises if promise.key == key and promise.at >= now - _GRACE_S]
        found = min(mine, key=lambda promise: promise.at, default=None)
        if found is None or found.at - now > self._limits.patience_s:
            return None
        self._promises.remove(found)
        return found


def _points(limits: RateLimits) -> dict[str, SlidingWindow]:
    # A request may be sent so much later than it was counted.
    minute = 60 + limits.patience_s
    return {
        "points": SlidingWindow(limits.points_a_minute, minute),
        "queries": SlidingWindow(limits.query_points_a_minute, minute),
    }


def _writes(limits: RateLimits) -> dict[str, RateLimiter]:
    return {
        "writes": LeakyBucket(limits.writes_apart_s, limits.writes_at_once),
        "content": AllOf(
            LeakyBucket(limits.content_apart_s),
            SlidingWindow(limits.content_a_minute, 60),
            SlidingWindow(limits.content_an_hour, 3600),
        ),
    }
