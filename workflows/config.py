"""Every time-out and retry of the workflows, in one place.

Standard library and temporalio only: this module is loaded in Temporal's workflow sandbox.
"""

import inspect
from datetime import timedelta
from typing import Final

from temporalio.common import RetryPolicy

from activities import errors
from activities.heartbeat import HEARTBEAT_INTERVAL_S

# Of `activities/github`, which brings more than the workflow sandbox should load.
_OF_GITHUB: Final = ("AppRefused", "Forbidden", "Locked", "Protected", "Suspended")

NEVER_RETRIED: Final = (
    *(name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.UserError)),
    *_OF_GITHUB,
)
"""Temporal compares an error's own class name, so each subclass of `UserError` is named here."""


class WorkflowTimeouts:
    """The longest life of a run. `ContinuousQualityWorkflow` has none: it ends with its branch and continues as new."""

    QUALITY_GATE: Final = timedelta(hours=6)
    COMMAND: Final = timedelta(hours=6)  # a request outlives an outage of GitHub
    MIGRATION: Final = timedelta(days=7)  # it may be paused for days
    # Not of a run: how long a branch without an open pull request is kept after its last event. Its next event starts
    # it anew, so this only saves looking up what it knew.
    BRANCH_IDLE: Final = timedelta(hours=1)


class ActivityTimeouts:
    """The longest single attempt (start to close), unless it says otherwise."""

    GITHUB_API: Final = timedelta(seconds=60)
    SHOWN: Final = timedelta(seconds=10)  # a nicety, or a signal, that nothing must wait for
    LIST_CHECKS: Final = timedelta(minutes=1)
    WORKSPACE: Final = timedelta(minutes=15)  # the first clone of a large repository
    PUSH: Final = timedelta(minutes=5)
    FIX: Final = timedelta(hours=2)
    AGENT: Final = timedelta(hours=1)
    # Schedule to start: a host's queue without a worker means that the host is gone, so the workspace is prepared
    # on another. Longer than a worker's restart and than a wait for a free slot.
    HOST_QUEUE: Final = timedelta(minutes=2)
    # What a check may take beside its command: the environment, the base's tree, judging.
    CHECK_EXTRA: Final = timedelta(minutes=30)

    @classmethod
    def check(cls, timeout_s: float) -> timedelta:
        """For a check whose command may run `timeout_s`: on the head, once more for flaky tests, and on the
        base. The command's own limit ends it first, as `timed_out`; this one is the net below it."""
        return timedelta(seconds=3 * timeout_s) + cls.CHECK_EXTRA


class Sweeps:
    """How often GitHub's state is compared with the events that were received (`bot/processes/schedules.py`)."""

    DELIVERIES: Final = timedelta(minutes=3)
    RECONCILIATION: Final = timedelta(minutes=5)
    # A run that hangs must not keep the next ones from starting for ever: they never overlap.
    LONGEST: Final = timedelta(hours=1)
    # One activity of a run: some hundred requests, spaced by GitHub's rate limits; and with all its attempts.
    LOOK: Final = timedelta(minutes=10)
    PATIENCE: Final = timedelta(minutes=20)
    # A worker that dies within a run holds up the next one for so long.
    HEARTBEAT: Final = timedelta(seconds=5)


class ActivityHeartbeats:
    """How long an attempt may be silent before it is taken for dead.

    A killed worker's gate must give its verdict at most five seconds later than the work it repeats. What is
    lost: up to `CHECK` until the server notices, the first retry interval of `RetryPolicies.check()`, and
    `STICKY_QUEUE` until the next workflow task leaves the dead worker's own queue (measured with the SDK's
    default of ten seconds: 22 s in all). The price of three seconds is that a server that is away for longer
    sees every running check again as dead; a check is safe to repeat and finds what it had finished.
    """

    CHECK: Final = timedelta(seconds=3)
    # A fetch is cheap to wait for and dear to repeat, and nothing else waits for its worker.
    WORKSPACE: Final = timedelta(seconds=15)
    AGENT: Final = timedelta(seconds=30)
    # A run of an agent: another attempt pays again for the answer that was on its way, so a machine that is merely
    # loaded must not look dead.
    PAID: Final = timedelta(seconds=30)
    # For the worker: the SDK holds heartbeats back for 0.8 x the time-out unless set otherwise. A cancel reaches an
    # activity only with a heartbeat, and must end it within a second or two.
    MAX_THROTTLE: Final = timedelta(seconds=HEARTBEAT_INTERVAL_S)
    # For the worker: `sticky_queue_schedule_to_start_timeout`.
    STICKY_QUEUE: Final = timedelta(seconds=1)


class RetryPolicies:
    """How often an activity is tried. A `UserError` is never tried again: the same input gives the same error."""

    @staticmethod
    def default() -> RetryPolicy:
        """Three attempts, a second apart at first."""
        return _policy(attempts=3)

    @staticmethod
    def aggressive() -> RetryPolicy:
        """Five attempts, for what must not be left undone."""
        return _policy(attempts=5)

    @staticmethod
    def no_retry() -> RetryPolicy:
        """One attempt, for what must not happen twice."""
        return _policy(attempts=1)

    @staticmethod
    def github_api() -> RetryPolicy:
        """About four minutes of exponential back-off. A rate limit names its own delay
        (`ApplicationError.next_retry_delay`), which wins over these; for the last attempts it is never short, so
        that eight of them outlast an hour of limits (`activities/github/activity_errors.py`)."""
        return _policy(attempts=8, initial=timedelta(seconds=2), longest=timedelta(minutes=1))

    @staticmethod
    def fetch() -> RetryPolicy:
        """About an hour, for as long as GitHub may be away. What is not GitHub's fault ends after three attempts
        (`prepare_workspace`)."""
        return _policy(attempts=40, longest=timedelta(minutes=2))

    @staticmethod
    def check() -> RetryPolicy:
        """Five attempts at once: only a dead worker, or one too busy for a heartbeat, makes a check try again. The
        host's own trouble names its delays (`activities/host_activity.py`): two minutes in all."""
        policy = RetryPolicies.aggressive()
        policy.initial_interval = timedelta(seconds=0.1)
        return policy

    @staticmethod
    def host() -> RetryPolicy:
        """For as long as the workflow lives: the host is in trouble, and an operator knows it. Other errors end the
        activity as ever, which decides that itself."""
        return _policy(attempts=0)


def _policy(
    attempts: int, initial: timedelta = timedelta(seconds=1), longest: timedelta = timedelta(seconds=30)
) -> RetryPolicy:
    return RetryPolicy(
        initial_interval=initial,
        backoff_coefficient=2.0,
        maximum_interval=longest,
        maximum_attempts=attempts,
        non_retryable_error_types=list(NEVER_RETRIED),
    )
