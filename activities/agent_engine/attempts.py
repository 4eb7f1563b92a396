"""Attempts of a run as Temporal makes them: a model that cannot answer now is asked again later, a few times."""

from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.agent_runs.backend import ModelUnavailable

MODEL_UNAVAILABLE = "ModelUnavailable"
_MOST_ATTEMPTS = 6
_DELAYS_S = (5.0, 15.0, 45.0, 90.0, 180.0)
_LONGEST_S = 600.0


def is_last_attempt() -> bool:
    """Whether this activity will not be tried again because of a model: then the run ends with what it has."""
    info = activity.info()
    most = info.retry_policy.maximum_attempts if info.retry_policy else 1
    return info.attempt >= min(most or _MOST_ATTEMPTS, _MOST_ATTEMPTS)


def tried_again(error: ModelUnavailable) -> ApplicationError:
    """Another attempt after what the provider asked for, at most ten minutes, or a little later each time."""
    usual = _DELAYS_S[min(activity.info().attempt, len(_DELAYS_S)) - 1]
    delay = min(usual if error.retry_after is None else max(1.0, error.retry_after), _LONGEST_S)
    return ApplicationError(str(error), type=MODEL_UNAVAILABLE, next_retry_delay=timedelta(seconds=delay))
