"""Telling a cancel from a failure: Temporal wraps both, each in its own way."""

import asyncio

from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ChildWorkflowError,
    TimeoutError,
    TimeoutType,
    is_cancelled_exception,
)

# What awaiting an activity or a child may raise when somebody cancels.
STOPPED = (ActivityError, ChildWorkflowError, asyncio.CancelledError)


def was_cancelled(error: BaseException) -> bool:
    """Whether this is a cancel; a cancelled activity arrives as an `ActivityError` with a cause."""
    return is_cancelled_exception(error)


def timed_out(error: BaseException, kind: TimeoutType) -> bool:
    """Whether an activity failed by this kind of time-out."""
    cause = error.__cause__
    return isinstance(cause, TimeoutError) and cause.type == kind


def never_started(error: BaseException) -> bool:
    """Whether no worker took the activity: its host is gone, or too busy."""
    return timed_out(error, TimeoutType.SCHEDULE_TO_START)


def for_a_person(error: BaseException, otherwise: str) -> str:
    """The text of a `UserError` anywhere in the chain; `otherwise` for everything that is not for a thread."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ApplicationError) and seen.type in USER_ERRORS:
            return seen.message
        seen = seen.__cause__
    return otherwise


USER_ERRORS = frozenset({"UserError", "ConfigError", "SandboxMissing"})
