"""The host's own troubles as Temporal needs them: tried again, later each time, for as long as the workflow lives."""

import functools
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import ParamSpec, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError

from activities.errors import HOST_TROUBLE, HostTrouble
from activities.host_trouble import host_trouble
from activities.redaction import redact

P = ParamSpec("P")
R = TypeVar("R")

LASTING = timedelta(minutes=2)
"""A trouble that lasts so long is a person's business: the workflow says so, and prepares on another host, if one is
there."""

_DELAYS_S = (2.0, 13.0, 45.0, 60.0)
_ATTEMPTS = 5

_log = logging.getLogger("autobuild.host")


def host_activity(method: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """`@activity.defn` for an activity that works on this host's files."""
    return activity.defn(with_host_trouble(method))


def with_host_trouble(method: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """The activity, whose errors say to Temporal when this host is in trouble. Where the attempts are not limited, so
    that it can wait for this host, another error is tried again a few times."""

    @functools.wraps(method)
    async def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await method(*args, **kwargs)
        except CancelledError:
            raise
        except Exception as error:
            if trouble := host_trouble(error):
                raise as_retried(trouble) from None
            if not isinstance(error, ApplicationError) and not _is_limited() and activity.info().attempt >= _ATTEMPTS:
                raise ApplicationError(str(error), type=type(error).__name__, non_retryable=True) from error
            raise

    return run


def as_retried(trouble: HostTrouble, *, surfaces: bool = True) -> ApplicationError:
    """The next attempt is some seconds later, up to a minute. The workflow hears of a trouble that lasts, if it
    `surfaces` where the attempts are limited."""
    info = activity.info()
    _log.warning("host_trouble=%s activity=%s attempt=%d why=%r", trouble.shortage, info.activity_type, info.attempt,
                 redact(trouble.detail))  # fmt: skip
    lasts = datetime.now(UTC) - info.scheduled_time >= LASTING
    delay = _DELAYS_S[min(info.attempt, len(_DELAYS_S)) - 1]
    return ApplicationError(
        str(trouble),
        type=HOST_TROUBLE,
        non_retryable=surfaces and lasts and _is_limited(),
        next_retry_delay=timedelta(seconds=delay),
    )


def _is_limited() -> bool:
    policy = activity.info().retry_policy
    return policy is None or policy.maximum_attempts > 0
