"""GitHub's log of its deliveries: what failed and never arrived, and when it is worth another attempt.

GitHub repeats nothing by itself; it keeps the log for three days, an Enterprise Server for seven. All attempts at one
event share a GUID. The log's own filter `status=failure` is for answers of 400 to 599, and does not say whether that
means a delivery that nobody answered; nor does it show the successes that a failed GUID may have. So all is read.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from activities.github.errors import NotFound, Validation
from activities.github.types.event_recovery import FailedDeliveriesInput

if TYPE_CHECKING:
    from activities.github.client import GitHub

ATTEMPTS = 9
"""So many beside the first, then it is left to the reconciliation."""

SETTLE_S = 120.0
"""What was attempted again is left alone for so long: the log shows an attempt only once it has ended."""

LINES = 20_000
"""Of the log at most, which is two hundred requests: what the app may well ask for within a minute."""

# An attempt may appear in the log later than it says that it was made.
_OVERLAP_S = 600.0


@dataclass(frozen=True)
class Attempt:
    """One line of the log. `at` in seconds since 1970; `broken`: nobody answered, or only an error of a server."""

    id: int
    guid: str
    event: str
    at: float
    again: bool
    ok: bool
    broken: bool


@dataclass(frozen=True)
class Sorted:
    """What is to be done about everything that failed. `due` is oldest first, `given_up` are GUIDs."""

    due: tuple[Attempt, ...]
    waiting: int
    given_up: tuple[str, ...]
    since: float


async def failed(github: "GitHub", input: FailedDeliveriesInput, seen: Callable[[], object]) -> list[Attempt]:
    """The log back to `input.since` and a little further, newest first; `seen` is called for each line."""
    back_to = input.since - _OVERLAP_S
    attempts = []
    async for line in _lines(github):
        seen()
        attempt = _attempt(line)
        if attempt and attempt.at < back_to:
            break
        attempts += [attempt] if attempt else []
    return attempts


def sort(log: Iterable[Attempt], since: float, now: float, asked: Container[int] = ()) -> Sorted:
    """What to do about each GUID of the log from `since` on. `asked` are ids whose next attempt is on its way.

    A GUID whose first attempt is not in the log was dealt with earlier: `since` never passes one that is not.
    """
    attempts = sorted(log, key=_age, reverse=True)
    stories: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        stories.setdefault(attempt.guid, []).append(attempt)
    newest = attempts[0].at if attempts else since
    well_at = next((attempt.at for attempt in attempts if attempt.ok), 0.0)
    now = max(now, newest)  # GitHub's clock may be ahead of ours.
    failed = sorted((story for story in stories.values() if _open(story)), key=lambda story: _age(story[-1]))
    left = [story for story in failed if _again(story) < ATTEMPTS]
    due = [story[0] for story in left if story[0].id not in asked and now - story[0].at >= _patience(story, well_at)]
    return Sorted(
        due=tuple(due),
        waiting=len(left) - len(due),
        given_up=tuple(story[0].guid for story in failed if _again(story) >= ATTEMPTS),
        since=max(left[0][-1].at if left else newest, since),
    )


async def attempt_again(github: "GitHub", delivery_id: int) -> bool:
    """Asks for another attempt; False where GitHub does not have that delivery any more."""
    url = "/app/hook/deliveries/{id}/attempts"
    try:
        await github.as_app.post(url, {"id": str(delivery_id)}, data=b"")
    except (NotFound, Validation):
        return False
    return True


def _age(attempt: Attempt) -> tuple[float, int]:
    """The log's times are whole seconds; ids rise."""
    return attempt.at, attempt.id


def _open(story: list[Attempt]) -> bool:
    """It failed, nothing of it ever arrived, and all of it is before us. A ping is for whoever pressed the button."""
    first = story[-1]
    return not first.again and first.event != "ping" and not any(attempt.ok for attempt in story)


def _again(story: list[Attempt]) -> int:
    """How often somebody asked for another attempt. GitHub may have sent the event more than once by itself."""
    return sum(attempt.again for attempt in story)


def _patience(story: list[Attempt], well_at: float) -> float:
    """Seconds between the newest attempt and the next: none after the first, then three times longer each time.

    Once something has arrived after it, the door is well again, and there is no reason to wait for longer.
    """
    again = _again(story)
    if not again:
        return 0.0
    if story[0].broken and well_at > story[0].at:
        return SETTLE_S
    return SETTLE_S * float(3 ** (again - 1))


async def _lines(github: "GitHub") -> AsyncIterator[Any]:
    """Newest first."""
    lines = github.as_app.getiter("/app/hook/deliveries?per_page=100")
    count = 0
    async with contextlib.aclosing(lines):
        async for line in lines:
            yield line
            count += 1
            if count >= LINES:
                return


def _attempt(line: Any) -> Attempt | None:
    """None for a line that is none: it must not hide the others."""
    try:
        code = int(line["status_code"] or 0)
        ok = line["status"] == "OK" or 200 <= code < 300
        return Attempt(
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
