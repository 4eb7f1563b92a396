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

from activities.errors import COMMITS_LOST, HOST_TROUBLE
from activities.reporting import gate_states

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


def commits_lost(error: BaseException) -> bool:
    """Whether the host lacks commits that it made: they were evicted, or its folder is another one."""
    cause = error.__cause__
    return isinstance(cause, ApplicationError) and cause.type == COMMITS_LOST


def programs_missing(error: BaseException) -> bool:
    """Whether programs of ours could not be installed."""
    cause = error.__cause__
    return isinstance(cause, ApplicationError) and cause.type == "ProgramsMissing"


def host_trouble(error: BaseException) -> str:
    """The trouble of the host that an activity failed by, a clause for a person; "" where it was another failure."""
    cause = error.__cause__
    return cause.message if isinstance(cause, ApplicationError) and cause.type == HOST_TROUBLE else ""


def worker_died(error: BaseException) -> bool:
    """Whether each attempt ended with its worker, or with one too busy for a heartbeat."""
    return timed_out(error, TimeoutType.HEARTBEAT)


def trace_of(error: BaseException) -> BaseException | None:
    """For a log line's `exc_info`: None where GitHub's limit is the reason, which the activity has logged in a line."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ApplicationError) and seen.type == RATE_LIMITED:
            return None
        seen = seen.__cause__
    return error


def for_a_person(error: BaseException, otherwise: str) -> str:
    """The text of a `UserError` anywhere in the chain, or what is wrong with the host; `otherwise` for everything that
    is not for a thread."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ApplicationError) and seen.type in USER_ERRORS:
            return seen.message
        if isinstance(seen, ApplicationError) and seen.type == HOST_TROUBLE:
            return gate_states.not_done_by_host(seen.message)
        seen = seen.__cause__
    return otherwise


RATE_LIMITED = "RateLimited"
"""Of `activities/github/errors.py`, which brings more than a workflow should load."""
USER_ERRORS = frozenset({"UserError", "ConfigError", "ProgramsMissing", "SandboxMissing"})
