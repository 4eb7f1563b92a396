"""Bad days of GitHub's API, on chosen requests and on order: nothing here happens by chance or by the clock."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["status", "half", "hang_up", "secondary", "primary", "hold"]


@dataclass
class Fault:
    """What goes wrong with requests of `method` whose path (without `/api/v3`) matches `pattern` as a whole.

    `status`: answers with that code. `half`: promises a body and breaks off in the middle. `hang_up`: no answer.
    `secondary` and `primary`: the two rate limits. `hold`: the request waits until `release`, then goes on.
    `after`: the request is carried out first, and only its answer is lost. `seen` counts what was hit.
    """

    method: str
    pattern: str
    kind: Kind
    times: int = 1
    status: int = 502
    retry_after: int = 1
    after: bool = False
    seen: int = 0
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Lets the held requests go on, and holds no more."""
        self.times = 0
        self._released.set()

    async def wait(self) -> None:
        await self._released.wait()

    def matches(self, method: str, path: str) -> bool:
        good_method = self.method in ("*", method)
        return self.times > 0 and good_method and re.fullmatch(self.pattern, path) is not None


class Faults:
    """The faults that are still to come, oldest first."""

    def __init__(self) -> None:
        self._coming: list[Fault] = []

    def add(
        self, method: str, pattern: str, kind: Kind = "status", *, times: int = 1, status: int = 502,
        retry_after: int = 1, after: bool = False,
    ) -> Fault:  # fmt: skip
        """`method` may be `*`; `pattern` is a regular expression for the whole path."""
        fault = Fault(method, pattern, kind, times, status, retry_after, after)
        self._coming.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that hits this request, used up by one."""
        fault = next((fault for fault in self._coming if fault.matches(method, path)), None)
        if fault:
            fault.seen += 1
            if fault.kind != "hold":
                fault.times -= 1
        return fault

    def clear(self) -> None:
        for fault in self._coming:
            fault.release()
        self._coming.clear()
