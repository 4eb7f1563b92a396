"""An unsuccessful answer of GitHub's as one of our errors.

gidgethub raises a plain `BadRequest` for 429 and for the secondary limit's 403, and cannot name a status it does
not know, so answers are read here before it sees them.
"""

import json
import time
from collections.abc import Mapping

from activities.github.client.clock import time_of
from activities.github.client.error_advice import refusal
from activities.github.errors import (
    Conflict,
    Forbidden,
    GitHubError,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
    Validation,
)
from activities.redaction import redact
from activities.reporting import github_errors as texts

_LONGEST_WAIT_S = 3600.0
# What GitHub asks for when it names no time: "wait at least one minute".
_UNNAMED_WAIT_S = 60.0


def error_of(
    status: int, headers: Mapping[str, str], body: bytes, request: str, now: float | None = None
) -> GitHubError:
    """The error that an answer means. `request` is "POST /repos/…", named in the text; `now` is by GitHub's
    clock, in seconds since 1970."""
    reason = _message(body)
    error = _error(status, headers, reason, request, time.time() if now is None else now)
    error.status, error.reason = status, redact(reason)[:500]
    return error


def graphql_error(errors: object, headers: Mapping[str, str] | None = None, now: float | None = None) -> GitHubError:
    """The error that a GraphQL answer's `errors` mean; the first one counts."""
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], Mapping) else {}
    reason = str(first.get("message", "no reason given"))
    kind = _GRAPHQL.get(str(first.get("type", "")), Unavailable)
    if kind is RateLimited or _names_limit(reason):
        wait = _wait(headers or {}, time.time() if now is None else now)
        error: GitHubError = RateLimited(texts.query_refused(reason), wait)
    else:
        person = refusal(403, headers or {}, reason, "POST /graphql") if kind is Forbidden else None
        error = person or kind(texts.query_refused(reason))
    error.status, error.reason = 200, redact(reason)[:500]
    return error


def _error(status: int, headers: Mapping[str, str], reason: str, request: str, now: float) -> GitHubError:
    text = texts.github_answered(status, request, reason)
    used_up = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
    if status == 429 or (status == 403 and (used_up or _names_limit(reason))):
        return RateLimited(text, _wait(headers, now))
    if person := refusal(status, headers, reason, request):
        return person
    if status == 422 and "no commit found" in reason.lower():
        return NotFound(text, 1.0)
    if status >= 500:
        return Unavailable(text, _retry_after(headers, now) or 0.0)
    return _KINDS.get(status, Validation)(text)


_KINDS: Mapping[int, type[GitHubError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    408: Unavailable,
    409: Conflict,
    410: NotFound,
}

_GRAPHQL: Mapping[str, type[GitHubError]] = {
    "NOT_FOUND": NotFound,
    "FORBIDDEN": Forbidden,
    "INSUFFICIENT_SCOPES": Forbidden,
    "STALE_DATA": Conflict,
    "UNPROCESSABLE": Validation,
    "RATE_LIMITED": RateLimited,
    "RATE_LIMIT": RateLimited,
}


def _message(body: bytes) -> str:
    """GitHub's reason with its details, "" where the body holds none (a proxy's page, half an answer)."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, Mapping):
        return ""
    details = data.get("errors") or data.get("block") or ""
    shown = f" ({json.dumps(details, ensure_ascii=False)[:600]})" if details else ""
    return f"{data.get('message') or ''}{shown}"


def _names_limit(reason: str) -> bool:
    return any(words in reason.lower() for words in ("rate limit", "abuse detection"))


def _wait(headers: Mapping[str, str], now: float) -> float:
    """`retry-after` first, then the reset of a used-up primary limit, else a minute (GitHub's own order)."""
    wait = _retry_after(headers, now)
    if wait is None and headers.get("x-ratelimit-remaining") == "0":
        reset = _number(headers.get("x-ratelimit-reset"))
        wait = None if reset is None else _within(reset - now)
    return _UNNAMED_WAIT_S if wait is None else wait


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """`retry-after`, in seconds or as a date."""
    text = headers.get("retry-after", "")
    seconds = _number(text)
    at = time_of(text) if seconds is None else None
    if at is not None:
        seconds = at - now
    return None if seconds is None else _within(seconds)


def _within(seconds: float) -> float:
    return min(max(seconds, 1.0), _LONGEST_WAIT_S)


def _number(text: str | None) -> float | None:
    return float(text) if text and text.strip().isdecimal() else None
