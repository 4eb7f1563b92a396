"""GitHub's secondary limits, with a clock that only moves when told."""

import pytest

from activities.github.budget import Budget, Limits
from activities.github.errors import RateLimited


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_push_has_all_its_check_runs_at_once() -> None:
    budget = Budget(clock=Clock())
    assert [budget.claim("POST", "/repos/o/r/check-runs") for _ in range(9)] == [0.0] * 9


def test_points_come_back_after_a_minute() -> None:
    clock = Clock()
    budget = Budget(Limits(points_a_minute=11), clock)
    assert [budget.claim("PATCH", "/x"), budget.claim("GET", "/x"), budget.claim("PATCH", "/x")] == [0.0, 0.0, 0.0]
    clock.now += 20
    assert budget.claim("GET", "/x") == 40.0
    assert budget.claim("PATCH", "/x") == 40.0
    clock.now += 40
    assert budget.claim("PATCH", "/x") == 0.0


def test_comments_are_counted_by_the_hour_too() -> None:
    clock = Clock()
    budget = Budget(Limits(content_a_minute=2, content_an_hour=3), clock)
    comments = "/repos/o/r/issues/1/comments"
    assert [budget.claim("POST", comments) for _ in range(3)] == [0.0, 0.0, 60.0]
    clock.now += 60
    assert [budget.claim("POST", comments) for _ in range(2)] == [0.0, 3540.0]
    assert budget.claim("PATCH", comments) == 0.0


def test_nothing_is_asked_before_github_said_so() -> None:
    clock = Clock()
    budget = Budget(clock=clock)
    budget.hold(30)
    budget.hold(10)
    assert budget.claim("GET", "/x") == 30.0
    clock.now += 30
    assert budget.claim("GET", "/x") == 0.0


async def test_a_long_wait_is_left_to_the_retry() -> None:
    budget = Budget(Limits(patience_s=5.0))
    budget.hold(60)
    with pytest.raises(RateLimited) as caught:
        async with budget.turn("GET", "/x"):
            pytest.fail("it was not its turn")
    assert 59 < caught.value.retry_after <= 60
