"""When Temporal asks for a model again that was not there, and when the run ends instead."""

from dataclasses import replace

import pytest
from temporalio.common import RetryPolicy
from temporalio.testing import ActivityEnvironment

from activities.agent_engine.attempts import is_last_attempt, tried_again
from activities.agent_runs.backend import ModelUnavailable


def at(attempt: int, most: int) -> ActivityEnvironment:
    environment = ActivityEnvironment()
    policy = RetryPolicy(maximum_attempts=most)
    environment.info = replace(environment.info, attempt=attempt, retry_policy=policy)
    return environment


@pytest.mark.parametrize(
    ("attempt", "most", "last"), [(1, 0, False), (5, 0, False), (6, 0, True), (1, 1, True), (2, 3, False), (3, 3, True)]
)
def test_the_last_attempt(attempt: int, most: int, last: bool) -> None:
    assert at(attempt, most).run(is_last_attempt) == last


@pytest.mark.parametrize(
    ("asked", "attempt", "seconds"), [(None, 1, 5), (None, 9, 180), (7.0, 1, 7), (9e9, 1, 600), (0.0, 1, 1)]
)
def test_the_next_one_is_as_late_as_the_provider_asks(asked: float | None, attempt: int, seconds: float) -> None:
    error = at(attempt, 0).run(tried_again, ModelUnavailable("Away.", asked))
    assert (error.type, error.non_retryable, error.message) == ("ModelUnavailable", False, "Away.")
    assert error.next_retry_delay
    assert error.next_retry_delay.total_seconds() == seconds
