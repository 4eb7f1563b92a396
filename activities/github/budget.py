"""How much may be asked of GitHub: its secondary limits, kept from our side for each installation.

GitHub's numbers (docs, "Rate limits for the REST API"): 100 requests at once, 900 points a minute where a read is 1
and a write 5, 80 new comments or the like a minute and 500 an hour. The advice to leave a second between writes is
for bulk work; a push's nine check runs must appear together, so they are counted and not spaced.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from activities.github.errors import RateLimited

# New things that people are told of; check runs are writes and not content.
_CONTENT = ("comments", "reactions", "pulls", "issues", "graphql")


@dataclass(frozen=True)
class Limits:
    """What one installation may use. `patience_s`: longer waits are left to the retry of the activity."""

    at_once: int = 50
    points_a_minute: int = 900
    content_a_minute: int = 80
    content_an_hour: int = 500
    patience_s: float = 5.0


# An Enterprise Server has these limits only where its administrator turns them on; it says so when it is enough.
UNMETERED = Limits(points_a_minute=10**9, content_a_minute=10**9, content_an_hour=10**9)


class Budget:
    """One installation's account. The clock counts seconds from anywhere."""

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits or Limits()
        self._clock = clock
        self._held_until = float("-inf")
        self._slots = asyncio.Semaphore(self._limits.at_once)
        self._points = _Window(self._limits.points_a_minute, 60)
        self._content = (_Window(self._limits.content_a_minute, 60), _Window(self._limits.content_an_hour, 3600))

    @contextlib.asynccontextmanager
    async def turn(self, method: str, path: str) -> AsyncIterator[None]:
        """Waits for this request's turn; raises `RateLimited` where that would take too long."""
        async with self._slots:
            while (wait := self.claim(method, path)) > 0:
                if wait > self._limits.patience_s:
                    raise RateLimited("GitHub's limits leave no room for more requests just now.", wait)
                await asyncio.sleep(wait)
            yield

    def claim(self, method: str, path: str) -> float:
        """Takes what the request costs and gives 0, or takes nothing and gives the seconds to wait."""
        now = self._clock()
        costs = [(self._points, 1 if method == "GET" else 5)]
        if method == "POST" and path.rstrip("/").rsplit("/", 1)[-1] in _CONTENT:
            costs += [(window, 1) for window in self._content]
        wait = max(self._held_until - now, *(window.wait(now, cost) for window, cost in costs))
        if wait > 0:
            return wait
        for window, cost in costs:
            window.take(now, cost)
        return 0.0

    def hold(self, seconds: float) -> None:
        """GitHub said to wait: nothing is asked before."""
        self._held_until = max(self._held_until, self._clock() + seconds)


class _Window:
    """At most `limit` in any `seconds`."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._taken: deque[tuple[float, int]] = deque()
        self._sum = 0

    def wait(self, now: float, cost: int) -> float:
        self._forget(now)
        over = self._sum + cost - self._limit
        wait = 0.0
        for at, taken in self._taken:
            if over <= 0:
                break
            over -= taken
            wait = at + self._seconds - now
        return wait

    def take(self, now: float, cost: int) -> None:
        self._taken.append((now, cost))
        self._sum += cost

    def _forget(self, now: float) -> None:
        while self._taken and self._taken[0][0] + self._seconds <= now:
            self._sum -= self._taken.popleft()[1]
