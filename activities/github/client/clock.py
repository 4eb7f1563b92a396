"""GitHub's clock, read from the `Date` of its answers: a JWT, a token's end and a limit's reset are all timed by it.

A machine whose clock is two hours off works like any other.
"""

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

TOLERANCE_S = 5.0
"""Smaller differences are the network's and the header's own (it counts whole seconds); everything here has more
slack than that."""


class GitHubClock:
    """`offset` is how far GitHub's clock is ahead of ours, in seconds; 0 while it is about the same."""

    def __init__(self, ours: Callable[[], float] = time.time) -> None:
        self._ours = ours
        self.offset = 0.0

    def now(self) -> float:
        """Seconds since 1970, as GitHub counts them."""
        return self._ours() + self.offset

    def set_from(self, status: int, headers: Mapping[str, str]) -> None:
        """Takes the time from an answer; not from one that may be a proxy's own, or one that a proxy had kept."""
        if status >= 500 or "age" in headers:
            return
        date = time_of(headers.get("date", ""))
        if date is not None:
            offset = date - self._ours()
            self.offset = offset if abs(offset) > TOLERANCE_S else 0.0


def time_of(text: str) -> float | None:
    """An HTTP date as seconds since 1970; None for anything else."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
