"""GitHub's log of its deliveries: what failed and never arrived, and when another attempt is due.

GitHub repeats nothing on its own; it keeps the log for three days, an Enterprise Server for seven. All attempts at one
event share a GUID. The log's own filter `status=failure` is for answers of 400 to 599, and does not say whether that
means a delivery without any answer; nor does it show the successes that a failed GUID may have. So all is read.
"""

import contextlib
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from activities.github.errors import NotFound, Validation
from activities.github.event_recovery.types import FailedDeliveriesInput

if TYPE_CHECKING:
    from activities.github.client import GitHub

ATTEMPTS = 9
"""So many beside the first, then it is left to the reconciliation."""

SETTLE_S = 120.0
"""Seconds after an attempt in which no other is due: the log shows an attempt only once it has ended."""

LINES = 20_000
"""Of the log at most, which is two hundred requests: as many as the app may well send within a minute."""

# An attempt may appear in the log later than the time that it carries.
_OVERLAP_S = 600.0


@dataclass(frozen=True)
class LoggedAttempt:
    """One line of the log. `at` in seconds since 1970; `broken`: no answer came, or only an error of a server."""

    id: int
    guid: str
    event: str
    at: float
    again: bool
    ok: bool
    broken: bool


@dataclass(frozen=True)
class RedeliveryPlan:
    """What is to be done about everything that failed. `due` is oldest first, `given_up` are GUIDs."""

    due: tuple[LoggedAttempt, ...]
    waiting: int
    given_up: tuple[str, ...]
    since: float


async def read_log(github: "GitHub", input: FailedDeliveriesInput) -> list[LoggedAttempt]:
    """The log back to `input.since` and a little further, newest first."""
    back_to = input.since - _OVERLAP_S
    attempts: list[LoggedAttempt] = []
    count = 0
    async with contextlib.aclosing(github.as_app.getiter("/app/hook/deliveries?per_page=100")) as lines:
        async for line in lines:
            attempt = _parse(line)
            if attempt and attempt.at < back_to:
                break
            attempts += [attempt] if attempt else []
            count += 1
            if count >= LINES:
                break
    return attempts


def plan_redeliveries(
    log: Iterable[LoggedAttempt], since: float, now: float, requested: Container[int] = ()
) -> RedeliveryPlan:
    """What to do about each GUID of the log from `since` on. `requested` are ids whose next attempt was requested.

    A GUID whose first attempt is not in the log was dealt with earlier: `since` never passes one that is not.
    """
    attempts = sorted(log, key=_age, reverse=True)
    by_guid: dict[str, list[LoggedAttempt]] = {}
    for attempt in attempts:
        by_guid.setdefault(attempt.guid, []).append(attempt)
    newest = attempts[0].at if attempts else since
    last_success = next((attempt.at for attempt in attempts if attempt.ok), 0.0)
    now = max(now, newest)  # GitHub's clock may be ahead of ours.
    failed = sorted((each for each in by_guid.values() if _has_failed(each)), key=lambda each: _age(each[-1]))
    left = [each for each in failed if _retries(each) < ATTEMPTS]
    due = [each[0] for each in left if each[0].id not in requested and now - each[0].at >= _wait(each, last_success)]
    return RedeliveryPlan(
        due=tuple(due),
        waiting=len(left) - len(due),
        given_up=tuple(each[0].guid for each in failed if _retries(each) >= ATTEMPTS),
        since=max(left[0][-1].at if left else newest, since),
    )


async def request_attempt(github: "GitHub", delivery_id: int) -> bool:
    """Requests another attempt; False where GitHub does not have that delivery any more."""
    try:
        await github.as_app.post("/app/hook/deliveries/{id}/attempts", {"id": str(delivery_id)}, data=b"")
    except (NotFound, Validation):
        return False
    return True


def _age(attempt: LoggedAttempt) -> tuple[float, int]:
    """The log's times are whole seconds; ids rise."""
    return attempt.at, attempt.id


def _has_failed(attempts: list[LoggedAttempt]) -> bool:
    """No attempt arrived, and all are in the log. A ping is for the person who pressed the button."""
    first = attempts[-1]
    return not first.again and first.event != "ping" and not any(attempt.ok for attempt in attempts)


def _retries(attempts: list[LoggedAttempt]) -> int:
    """How many were requested. GitHub may have sent the event more than once on its own."""
    return sum(attempt.again for attempt in attempts)


def _wait(attempts: list[LoggedAttempt], last_success: float) -> float:
    """Seconds between the newest attempt and the next: none after the first, then three times longer each time.

    Once another delivery has arrived after it, the webhook server is up again, and there is no reason to wait longer.
    """
    retries = _retries(attempts)
    if not retries:
        return 0.0
    if attempts[0].broken and last_success > attempts[0].at:
        return SETTLE_S
    return SETTLE_S * float(3 ** (retries - 1))


def _parse(line: Any) -> LoggedAttempt | None:
    """None for a malformed line: it must not hide the others."""
    try:
        code = int(line["status_code"] or 0)
        ok = line["status"] == "OK" or 200 <= code < 300
        return LoggedAttempt(
            id=int(line["id"]),
            guid=str(line["guid"]),
            event=str(line["event"]),
            at=datetime.fromisoformat(line["delivered_at"]).timestamp(),
            again=bool(line["redelivery"]),
            ok=ok,
            broken=not ok and (code == 0 or code >= 500),
        )
    except (LookupError, TypeError, ValueError):
        return None
