"""GitHub's errors as Temporal needs them: what is worth another try, when, and with which words.

A `UserError` in any of its forms is never retried and keeps the one type name that `workflows/config.py` knows.
"""

import functools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import ParamSpec, TypeVar

from temporalio.exceptions import ApplicationError

from activities.errors import USER_ERROR, UserError
from activities.github.errors import GitHubError, Validation
from activities.github.redaction import redact

P = ParamSpec("P")
R = TypeVar("R")


def told(method: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """The activity with its errors turned into `ApplicationError`, free of credentials and of causes."""

    @functools.wraps(method)
    async def tell(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await method(*args, **kwargs)
        except UserError as error:
            raise ApplicationError(redact(str(error)), type=USER_ERROR, non_retryable=True) from None
        except GitHubError as error:
            raise _failure(error) from None

    return tell


def _failure(error: GitHubError) -> ApplicationError:
    return ApplicationError(
        str(error),
        type=type(error).__name__,
        non_retryable=isinstance(error, Validation),
        next_retry_delay=timedelta(seconds=error.retry_after) if error.retry_after else None,
    )
