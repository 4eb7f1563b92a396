"""When the default branch's score has fallen, and when it is as before. Pure."""

from typing import Any

import pytest

from activities.model import QualityCheck, QualityGateResult
from workflows.quality.score_trend import ScoreTrend


def verdict(score: float, sha: str = "a" * 40, state: Any = "passed", status: Any = "passed") -> QualityGateResult:
    check = QualityCheck("linting", status, score, required=True, reason="")
    return QualityGateResult(sha, "", state, can_merge=True, overall_score=score, checks=(check,))


def after(*scores: float, most: float = 5.0) -> tuple[ScoreTrend, list[str]]:
    trend = ScoreTrend()
    return trend, [trend.judged(verdict(score), most) for score in scores]


@pytest.mark.parametrize(
    "scores", [(), (100,), (50, 50, 50, 50), (90, 95, 92, 97, 91), (90, 90, 90, 85), (100, 10), (100, 100, 10)],
)  # fmt: skip
def test_what_is_no_fall(scores: tuple[float, ...]) -> None:
    assert set(after(*scores)[1]) <= {"steady"}


def test_a_fall_lasts_until_the_score_is_about_as_it_was() -> None:
    _, news = after(98, 99, 98, 90, 80, *[85] * 20, 92.9, 93)
    assert news == ["steady"] * 3 + ["fallen"] * 23 + ["recovered"]


def test_the_next_fall_is_another_one() -> None:
    trend, news = after(98, 98, 98, 80, 98, 80)
    assert news[3:] == ["fallen", "recovered", "fallen"]
    assert (trend.falls, trend.usual) == (2, 98)


def test_one_low_score_among_the_last_ten_is_not_what_is_usual() -> None:
    assert after(*[98] * 5, 80, 98, 98, 98, 94)[1][-1] == "steady"


@pytest.mark.parametrize("how", [{"state": "error"}, {"status": "error"}, {"status": "timed_out"}])
def test_a_verdict_that_is_not_whole_has_no_score(how: dict[str, str]) -> None:
    trend, _ = after(98, 98, 98)
    assert trend.judged(verdict(0, **how), 5) == "steady"
    trend.judged(verdict(80), 5)
    assert trend.judged(verdict(98, **how), 5) == "fallen"


def test_a_person_takes_the_score_as_it_is() -> None:
    trend, _ = after(98, 98, 98, 80)
    trend.take_as_usual()
    assert [trend.judged(verdict(score), 5) for score in (80, 80, 80, 70)] == ["steady"] * 3 + ["fallen"]


def test_it_is_bounded() -> None:
    assert len(after(*[90.0] * 500)[0].scores) == 50
