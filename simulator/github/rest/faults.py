"""Fault injection for the API: errors, rate limits and broken connections on chosen requests, never at random."""

import asyncio
import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

_ALL = 1_000_000
Kind = Literal["status", "half", "hang_up", "secondary", "primary", "hold"]


@dataclass
class ApiFault:
    """What fails for requests of `method` whose path (without `/api/v3`) matches `pattern` as a whole.

    `status`: answers with that code. `half`: closes the connection in the middle of the body. `hang_up`: closes it
    without an answer. `secondary` and `primary`: the two rate limits. `hold`: waits until `release`, then continues.
    `after`: the request is carried out first, and only its answer is lost. `seen` counts the requests that it hit.
    `until`, in seconds since 1970 by GitHub's clock, ends it too. `containing` are parts of the request's body: all of
    GraphQL has one path.
    """

    method: str
    pattern: str
    kind: Kind
    times: int = 1
    status: int = 502
    retry_after: int = 1
    after: bool = False
    until: float = math.inf
    containing: tuple[str, ...] = ()
    seen: int = 0
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Lets the held requests continue, and holds no more."""
        self.times = 0
        self._released.set()

    async def wait(self) -> None:
        await self._released.wait()

    def matches(self, method: str, path: str, body: str, now: float) -> bool:
        pending = self.times > 0 and now < self.until and self.method in ("*", method)
        named = pending and all(part in body for part in self.containing)
        return named and re.fullmatch(self.pattern, path) is not None


class ApiFaults:
    """The faults that were not used up yet, oldest first."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._pending: list[ApiFault] = []

    def add(
        self, method: str, pattern: str, kind: Kind = "status", *, times: int = 0, status: int = 502,
        retry_after: int = 1, after: bool = False, seconds: float = 0.0, containing: Sequence[str] = (),
    ) -> ApiFault:  # fmt: skip
        """`method` may be `*`; `pattern` is a regular expression for the whole path, `containing` parts of the body.

        It hits `times` requests, or all within `seconds`, or the next one where neither is given.
        """
        until = self._clock() + seconds if seconds else math.inf
        count = times or (_ALL if seconds else 1)
        fault = ApiFault(method, pattern, kind, count, status, retry_after, after, until, (*containing,))
        self._pending.append(fault)
        return fault

    def take(self, method: str, path: str, body: str = "") -> ApiFault | None:
        """The fault that hits this request, used up by one."""
        now = self._clock()
        fault = next((fault for fault in self._pending if fault.matches(method, path, body, now)), None)
        if fault:
            fault.seen += 1
            if fault.kind != "hold":
                fault.times -= 1
        return fault

    def clear(self) -> None:
        for fault in self._pending:
            fault.release()
        self._pending.clear()
