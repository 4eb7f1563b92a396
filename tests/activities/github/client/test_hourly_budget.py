"""The reserve of an installation's requests, and what the log says of them; the clock is the test's."""

import logging

import pytest

from activities.github.client.rate_limits import Cost, RateBudget, cost_of, cost_of_query
from activities.github.errors import RateLimited
from activities.github.importance import importance

READ = cost_of("GET", "/repos/o/r")
QUERY = cost_of_query("query { viewer { login } }")
NOW = 2_000_000_000.0
"""By GitHub's clock, when `Hour` begins."""


class Hour:
    """A budget and GitHub's answers; `passed` are the seconds since the beginning."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.budget = RateBudget(clock=lambda: self.passed, chance=lambda: 0.0, installation=7)

    def answer(self, left: int, *, limit: int = 5000, resets_in: float = 3600, resource: str = "core") -> None:
        """`resets_in` counts from the beginning."""
        numbers = {"limit": limit, "remaining": left, "reset": int(NOW + resets_in)}
        headers = {f"x-ratelimit-{name}": str(number) for name, number in numbers.items()}
        self.budget.note_headers({**headers, "x-ratelimit-resource": resource}, NOW + self.passed)

    def waits(self, cost: Cost = READ, *, required: bool = False) -> float:
        """Seconds until a request may be sent."""
        with importance(required=required):
            try:
                return self.budget.claim(cost)[0]
            except RateLimited as error:
                return error.retry_after


@pytest.fixture
def hour() -> Hour:
    return Hour()


def test_last_tenth_is_for_required_requests(hour: Hour) -> None:
    hour.answer(501)
    assert hour.waits() == 0
    hour.answer(500)
    assert hour.waits() == 3600
    assert hour.waits(QUERY) == 0
    assert hour.waits(required=True) == 0
    hour.answer(0)
    assert hour.waits(required=True) == 3600
    hour.passed = 3600
    assert hour.waits() == 0


def test_late_answer_gives_nothing_back_and_a_new_hour_everything(hour: Hour) -> None:
    hour.answer(400)
    hour.answer(600, resets_in=3601)
    assert hour.waits() == 3600
    hour.passed = 3590
    hour.answer(4990, resets_in=7190)
    assert hour.waits() == 0
    hour.answer(300)
    assert hour.waits() == 0


def test_larger_limit_counts_at_once(hour: Hour) -> None:
    """An organisation with more people or repositories has a larger one."""
    hour.answer(400)
    hour.answer(4400, limit=9000)
    assert hour.waits() == 0


@pytest.mark.parametrize("headers", [{}, {"x-ratelimit-limit": "0"}, {"x-ratelimit-remaining": "-1"}])
def test_other_answers_say_nothing(hour: Hour, headers: dict[str, str]) -> None:
    names = ("limit", "remaining", "reset")
    usual = dict(zip((f"x-ratelimit-{name}" for name in names), ("5000", "1", f"{NOW + 60:.0f}"), strict=True))
    hour.budget.note_headers({**usual, **headers} if headers else {}, NOW)
    assert hour.waits() == 0


def test_each_share_is_logged_once_an_hour(hour: Hour, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "autobuild.github")
    for left in (4000, 2501, 2500, 2499, 1250, 2000, 501, 500, 3, 0):
        hour.answer(left)
    hour.answer(1000, resource="graphql")
    hour.passed = 3600
    hour.answer(2400, resets_in=7200)
    line = "github=budget installation=7 resource={} left={} limit=5000 resets_in_s={}"
    expected = [("core", 2500), ("core", 1250), ("core", 500), ("graphql", 1000), ("core", 2400)]
    assert caplog.messages == [line.format(*each, 3600) for each in expected]
    assert [record.levelname for record in caplog.records] == ["INFO", "INFO", "WARNING", "INFO", "INFO"]
