"""Trends that are foreseen to cross a limit, and those that are not: a steady one, and nothing else."""

import numpy as np
import pytest

from activities.incident_engine.polling import beyond, crossing
from activities.incidents.deployment import RuleSettings

SPAN = 4 * 3600.0
TIMES = np.arange(0.0, 2 * SPAN, 480.0)
NOW = float(TIMES[-1])


def noise(seed: int, scale: float) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, scale, TIMES.size)


@pytest.mark.parametrize("seed", range(20))
def test_a_steady_trend_is_foreseen(seed: int) -> None:
    values = 50 + 40 * TIMES / NOW + noise(seed, 0.3)  # 90 now, 110 within twice the span
    at = crossing(TIMES, values, 97.0, NOW, SPAN)
    assert at is not None
    assert NOW < at < NOW + SPAN


@pytest.mark.parametrize("seed", range(50))
@pytest.mark.parametrize(
    "shape",
    [
        lambda: np.full(TIMES.size, 80.0),
        lambda: 70 + 20 * ((TIMES / 3600) % 2) / 2,
        lambda: 80 + 5 * np.sin(TIMES / 3000),
        lambda: 90 - 40 * TIMES / NOW,
        lambda: 50 + 4 * TIMES / NOW,
    ],
    ids=["constant", "a disk that is cleaned", "periodic", "away from it", "too slow"],
)
def test_nothing_else_is(shape: object, seed: int) -> None:
    assert crossing(TIMES, shape() + noise(seed, 0.5), 97.0, NOW, SPAN) is None  # type: ignore[operator]


def test_a_falling_trend_crosses_a_limit_below() -> None:
    values = 100 - 90 * TIMES / NOW
    assert crossing(TIMES, values, 5.0, NOW, SPAN) is not None


@pytest.mark.parametrize(
    "values",
    [np.full(TIMES.size, np.nan), np.full(TIMES.size, np.inf), np.where(np.arange(TIMES.size) < 5, 1.0, np.nan)],
    ids=["NaN", "infinite", "few"],
)
def test_too_few_samples_foresee_nothing(values: np.ndarray) -> None:
    assert crossing(TIMES, values, 97.0, NOW, SPAN) is None
    assert crossing(np.array([]), np.array([]), 97.0, NOW, SPAN) is None


def test_limits_on_both_sides() -> None:
    rule = RuleSettings(query="x", above=10, below=1, service="pay")
    assert [beyond(rule, value) for value in (0.5, 5, 11, float("nan"))] == [True, False, True, False]
