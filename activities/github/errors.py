"""What can go wrong with GitHub, in our own words, and how an answer is told to be one of them.

gidgethub raises a plain `BadRequest` for 429 and for the secondary limit's 403, and cannot name a status it does
not know, so answers are read here before it sees them.
"""

import json
import time
from collections.abc import Mapping

from activities.errors import UserError
from activities.github.redaction import redact

_LONGEST_WAIT_S = 3600.0
# What GitHub asks for when it names no time: "wait at least one minute".
_UNNAMED_WAIT_S = 60.0


class GitHubError(Exception):
    """Something between us and GitHub. `retry_after` is in seconds, 0 where GitHub named no time; `status` and `said`
    are the answer's own, 0 and "" where there was none."""

    status = 0
    said = ""

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(redact(message)[:1000])
        self.retry_after = retry_after


class NotFound(GitHubError):
    """It is not there, or not there yet: an event may be quicker than the API."""


class Conflict(GitHubError):
    """Somebody else was quicker: the branch or the thing has moved on."""


class Validation(GitHubError):
    """GitHub refuses what we sent; sending it again changes nothing."""


class RateLimited(GitHubError):
    """Too many requests, by GitHub's count or by ours; `retry_after` says when to come back."""


class Unavailable(GitHubError):
    """GitHub is broken, out of reach or cut its answer short."""


class Unauthorized(GitHubError):
    """The token or the app's key is not accepted; a fresh token may be."""


class Forbidden(GitHubError, UserError):
    """The app lacks a permission, which a person can give."""


class Suspended(GitHubError, UserError):
    """The installation was suspended or removed, which a person can undo."""


def error_of(status: int, headers: Mapping[str, str], body: bytes, asked: str) -> GitHubError:
    """The error that an answer means. `asked` is "POST /repos/…", to be named in the text."""
    said = _message(body)
    error = _error(status, headers, said, asked)
    error.status, error.said = status, redact(said)[:500]
    return error


def _error(status: int, headers: Mapping[str, str], said: str, asked: str) -> GitHubError:
    text = f"GitHub answered {status} to {asked}: {said or 'no reason given'}"
    if status == 429 or (status == 403 and _is_limit(headers, said)):
        return RateLimited(text, _wait(headers))
    if status == 403 and "suspended" in said.lower():
        return Suspended("The app's installation is suspended: unsuspend it in the settings of the organisation.")
    if status == 422 and "no commit found" in said.lower():
        return NotFound(text, 1.0)
    return _KINDS.get(status, Unavailable if status >= 500 else Validation)(text)


_KINDS: Mapping[int, type[GitHubError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    408: Unavailable,
    409: Conflict,
    410: NotFound,
}


def graphql_error(errors: object) -> GitHubError:
    """The error that a GraphQL answer's `errors` mean; the first one counts."""
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], Mapping) else {}
    said = str(first.get("message", "no reason given"))
    kind = str(first.get("type", ""))
    retry_after = _UNNAMED_WAIT_S if kind == "RATE_LIMITED" else 0.0
    return _GRAPHQL.get(kind, Unavailable)(f"GitHub refused a query: {said}", retry_after)


_GRAPHQL: Mapping[str, type[GitHubError]] = {
    "NOT_FOUND": NotFound,
    "FORBIDDEN": Forbidden,
    "INSUFFICIENT_SCOPES": Forbidden,
    "STALE_DATA": Conflict,
    "UNPROCESSABLE": Validation,
    "RATE_LIMITED": RateLimited,
}


def _message(body: bytes) -> str:
    """GitHub's reason with its details, "" where the body holds none (a proxy's page, half an answer)."""
    try:
        data = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(data, Mapping):
        return ""
    details = data.get("errors") or ""
    shown = f" ({json.dumps(details, ensure_ascii=False)[:600]})" if details else ""
    return f"{data.get('message') or ''}{shown}"


def _is_limit(headers: Mapping[str, str], said: str) -> bool:
    lower = said.lower()
    return (
        "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or "rate limit" in lower
        or "abuse detection" in lower
    )


def _wait(headers: Mapping[str, str]) -> float:
    """`retry-after` first, then the reset of a used-up primary limit, else a minute (GitHub's own order)."""
    asked = _number(headers.get("retry-after"))
    if asked is None and headers.get("x-ratelimit-remaining") == "0":
        reset = _number(headers.get("x-ratelimit-reset"))
        asked = None if reset is None else reset - time.time()
    return min(max(_UNNAMED_WAIT_S if asked is None else asked, 1.0), _LONGEST_WAIT_S)


def _number(text: str | None) -> float | None:
    return float(text) if text and text.strip().isdecimal() else None
