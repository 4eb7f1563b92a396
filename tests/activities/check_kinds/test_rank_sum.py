"""The rank-sum test against counting all orders, and where it must not be sure."""

import itertools

import pytest

from activities.check_kinds.rank_sum import chance_of_greater


def test_the_rank_sum_test_against_counting_all_orders() -> None:
    """By hand: of all ways to choose which ranks are ours, those whose sum is at least ours."""
    ours, theirs = [3.0, 5.0, 9.0], [1.0, 4.0, 6.0, 7.0]
    ranks = sorted([*ours, *theirs])
    total = sum(ranks.index(value) + 1 for value in ours)
    ways = [sum(chosen) for chosen in itertools.combinations(range(1, 8), 3)]
    assert chance_of_greater(ours, theirs) == pytest.approx(sum(way >= total for way in ways) / len(ways))


@pytest.mark.parametrize(
    ("ours", "theirs", "low", "high"),
    [
        ([1.0] * 30, [1.0] * 30, 1, 1),
        (list(range(30)), list(range(30)), 0.4, 0.6),
        ([x + 20 for x in range(30)], list(range(30)), 0, 1e-6),
        (list(range(30)), [x + 20 for x in range(30)], 1 - 1e-6, 1),
        ([2.0], [1.0], 0.5, 0.5),
    ],
)
def test_the_rank_sum_test_of_large_and_equal_samples(
    ours: list[float], theirs: list[float], low: float, high: float
) -> None:
    assert low <= chance_of_greater(ours, theirs) <= high
