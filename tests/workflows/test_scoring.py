"""The gate's sum, done again by hand."""

import pytest

from activities.model import QualityCheck, Status
from workflows.quality.scoring import Score, overall


def check(
    name: str, status: Status, score: float | None, *, required: bool = True, weight: float = 1.0
) -> QualityCheck:
    return QualityCheck(name, status, score, required, reason="", weight=weight)


def test_checks_without_score_are_not_counted() -> None:
    score = overall(
        [
            check("unit_tests", "passed", 100.0),
            check("integration_tests", "skipped", None),
            check("performance", "neutral", None, required=False),
            check("linting", "passed", 97.0),
        ],
        85,
    )
    assert score == Score(
        overall=98.5,
        can_merge=True,
        blocking=(),
        lines=(
            "unit_tests 100.0 x 1",
            "integration_tests skipped, which satisfies a required check: not counted",
            "performance neutral: not counted",
            "linting 97.0 x 1",
            "overall 197.0 / 2 = 98.5 >= 85",
        ),
        reason="All required checks passed; the score is 98.5 (at least 85 is required).",
    )


@pytest.mark.parametrize("status", ["failed", "error", "timed_out", "cancelled"])
def test_failed_required_check_blocks_at_any_score(status: Status) -> None:
    score = overall([check("unit_tests", "passed", 100.0, weight=100), check("security", status, 99.0)], 0)
    assert (score.can_merge, score.blocking) == (False, ("security",))
    assert score.reason == "Required checks did not pass: security."
    assert score.lines[1] == f"security 99.0 x 1 ({status}, required)"


def test_optional_check_blocks_only_through_the_score() -> None:
    failed = check("performance", "failed", 50.0, required=False)
    high = overall([check("unit_tests", "passed", 100.0, weight=3), failed], 85)
    low = overall([check("unit_tests", "passed", 100.0), failed], 85)
    assert (high.overall, high.can_merge, high.blocking) == (87.5, True, ())
    assert (low.overall, low.can_merge, low.blocking) == (75.0, False, ())
    assert low.reason == "The score is 75.0; at least 85 is required."
    assert low.lines[-1] == "overall 150.0 / 2 = 75.0 < 85"


@pytest.mark.parametrize("status", ["neutral", "skipped"])
def test_neutral_and_skipped_satisfy_a_required_check_as_on_github(status: Status) -> None:
    assert overall([check("dependencies", status, None), check("linting", "passed", 90.0)], 85).can_merge


@pytest.mark.parametrize(
    "checks", [[], [check("linting", "skipped", None)], [check("linting", "passed", 3.0, weight=0)]]
)
def test_no_applicable_check_can_merge(checks: list[QualityCheck]) -> None:
    score = overall(checks, 85)
    assert (score.overall, score.can_merge) == (100.0, True)
    assert score.lines[-1] == "overall 100.0: no check applied"


def test_score_that_is_shown_decides() -> None:
    assert overall([check("linting", "passed", 85.0), check("security", "passed", 85.01)], 85).can_merge
    assert not overall([check("linting", "passed", 84.96)], 85).can_merge
