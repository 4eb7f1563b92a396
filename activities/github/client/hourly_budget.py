"""How much of an hour's requests is left to an installation, as GitHub's answers say (its primary rate limit).

The last tenth is a reserve: only the requests of required activities may use it, all others wait for the next hour.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from activities.reporting.command_replies import RESERVED_SHARE

_LOGGED = (0.5, 0.25, RESERVED_SHARE)
# Answers of one hour may differ in its end by a second or two.
_SAME_HOUR_S = 60.0
_LONGEST_S = 3600.0

_log = logging.getLogger("autobuild.github")


@dataclass
class _Hour:
    """`reset` is its end by GitHub's clock, `ends` the same by ours."""

    limit: int
    left: int
    reset: float
    ends: float
    logged: set[float] = field(default_factory=set)


class HourlyBudget:
    """By resource, in GitHub's words (`core`, `graphql`). `installation` is for the log, 0 for the app's own requests;
    the clock counts seconds from anywhere."""

    def __init__(self, installation: int, clock: Callable[[], float]) -> None:
        self._installation = installation
        self._clock = clock
        self._hours: dict[str, _Hour] = {}

    def note(self, headers: Mapping[str, str], now: float) -> None:
        """Learns from an answer; `now` by GitHub's clock. Answers may come in any order."""
        names = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
        texts = [headers.get(name, "") for name in names]
        if not all(text.isdecimal() for text in texts):
            return
        limit, left, reset = map(int, texts)
        resource = headers.get("x-ratelimit-resource", "core")
        hour = self._hours.get(resource)
        if limit <= 0 or reset <= now or (hour and reset < hour.reset - _SAME_HOUR_S):
            return
        if hour and reset <= hour.reset + _SAME_HOUR_S and hour.limit == limit:
            hour.left = min(hour.left, left)
        else:
            ends = self._clock() + min(reset - now, _LONGEST_S)
            hour = self._hours[resource] = _Hour(limit, left, reset, ends)
        crossed = {share for share in _LOGGED if hour.left <= share * limit}
        if crossed - hour.logged:
            hour.logged |= crossed
            _log.log(
                logging.INFO if hour.left > RESERVED_SHARE * limit else logging.WARNING,
                "github=budget installation=%d resource=%s left=%d limit=%d resets_in_s=%.0f",
                *(self._installation, resource, hour.left, limit, reset - now),
            )

    def reserved_for(self, resource: str) -> float:
        """Seconds for which only required requests may be sent, 0 where all may."""
        hour = self._hours.get(resource)
        if hour is None or hour.left > RESERVED_SHARE * hour.limit:
            return 0.0
        return max(hour.ends - self._clock(), 0.0)
