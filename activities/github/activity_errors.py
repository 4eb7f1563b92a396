"""GitHub's errors as Temporal needs them: what is worth another try, when, and with which text.

A `UserError` in any of its forms is never retried and keeps the one type name that `workflows/config.py` knows.
"""

import functools
import logging
import traceback
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import ParamSpec, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, CancelledError

from activities.errors import USER_ERROR, UserError
from activities.github.errors import GitHubError, RateLimited, Unavailable, Validation
from activities.github.importance import importance
from activities.host_activity import as_retried
from activities.host_trouble import host_trouble
from activities.redaction import redact
from activities.reporting import gate_states
from activities.workspace.git import GitError

_log = logging.getLogger("autobuild.github")

P = ParamSpec("P")
R = TypeVar("R")


# The last attempts of an activity that gives up one day: a limit is not met again before so many seconds, whatever it
# says. GitHub's advice is to wait longer each time; and the eight attempts of `RetryPolicies.github_api` last for more
# than an hour of limits so, the longest that GitHub's own are for, however many came too early.
_LATER_S = (60.0, 300.0, 900.0, 3600.0)
_MANY = 8
_TRIES = 3


def github_activity(method: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """`@activity.defn` for an activity that calls GitHub: its errors say to Temporal whether and when to try again.
    It waits where an installation's requests run low."""
    return activity.defn(as_application_error(method))


def required_github_activity(method: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """The same for what a gate's check runs need: it may use the reserve of requests, too."""
    return activity.defn(as_application_error(method, required=True))


def as_application_error(method: Callable[P, Awaitable[R]], *, required: bool = False) -> Callable[P, Awaitable[R]]:
    """The activity with its errors turned into `ApplicationError`, free of credentials and of causes."""

    @functools.wraps(method)
    async def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with importance(required=required):
                return await method(*args, **kwargs)
        except UserError as error:
            raise ApplicationError(redact(str(error)), type=USER_ERROR, non_retryable=True) from None
        except GitHubError as error:
            delay = _delay(error)
            limited = isinstance(error, RateLimited)
            if limited:
                _log_limit(str(error), delay)
            raise ApplicationError(
                redact(str(error)),
                type=type(error).__name__,
                non_retryable=isinstance(error, Validation),
                next_retry_delay=timedelta(seconds=delay) if delay else None,
                # The SDK logs every other error with its traceback.
                category=ApplicationErrorCategory.BENIGN if limited else ApplicationErrorCategory.UNSPECIFIED,
            ) from None
        except Exception as error:
            known = isinstance(error, ApplicationError)
            if not known and activity.in_activity() and (trouble := host_trouble(error)):
                raise as_retried(trouble, surfaces=False) from None
            if clean := _without_secrets(error):
                raise clean from None
            raise

    return run


def unprepared(error: Exception, head_sha: str) -> Exception:
    """What bringing a commit to this host failed by.

    GitHub is waited for, however long it is unavailable, and so is this host; anything else is tried three times."""
    if trouble := host_trouble(error):
        return as_retried(trouble)
    if isinstance(error, GitError) and error.unavailable:
        return Unavailable(gate_states.github_unavailable(head_sha, str(error)))
    last = activity.info().attempt >= _TRIES
    if isinstance(error, GitError):
        text = gate_states.not_fetched(head_sha)
        return ApplicationError(text, type=USER_ERROR if last else "GitError", non_retryable=last)
    return ApplicationError(str(error), type=type(error).__name__, non_retryable=last)


def _log_limit(message: str, delay: float) -> None:
    name = activity.info().activity_type if activity.in_activity() else ""
    _log.warning("github=limited activity=%s retry_in_s=%.0f why=%r", name, delay, redact(message))


def _delay(error: GitHubError) -> float:
    """Seconds until the next attempt; 0 leaves it to the retry policy."""
    if not isinstance(error, RateLimited) or not activity.in_activity():
        return error.retry_after
    info = activity.info()
    attempts = info.retry_policy.maximum_attempts if info.retry_policy else 0
    left = attempts - info.attempt
    late = attempts >= _MANY and 0 < left <= len(_LATER_S)
    return max(error.retry_after, _LATER_S[-left]) if late else error.retry_after


def _without_secrets(error: Exception) -> ApplicationError | None:
    """For an unforeseen error: the same without its cause, where it or its cause shows a credential. Else
    None: its own trace says more."""
    if isinstance(error, CancelledError):
        return None
    shown = "".join(traceback.format_exception(error))
    if redact(shown) == shown:
        return None
    if isinstance(error, ApplicationError):
        return ApplicationError(redact(error.message), type=error.type, non_retryable=error.non_retryable)
    return ApplicationError(redact(str(error)), type=type(error).__name__)
