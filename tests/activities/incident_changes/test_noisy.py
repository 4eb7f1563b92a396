"""A culprit is found among many changes although tests are flaky."""

import random

import pytest

from activities.incident_changes import noisy


def search(dice: random.Random, count: int, culprit: int, flake: float, miss: float) -> tuple[int, int]:
    """What is found, -1 for nothing that is sure, and after how many runs. `culprit` is `count` for none."""
    belief = noisy.prior([1.0] * count)
    runs = 0
    while noisy.likeliest(belief)[1] < 0.95 and runs < 25:
        at = noisy.next_run(belief)
        broken = culprit <= at
        belief = noisy.after_run(belief, at, failed=dice.random() < (1 - miss if broken else flake))
        runs += 1
    best, sure = noisy.likeliest(belief)
    return (best if sure >= 0.95 else -1), runs


@pytest.mark.parametrize(("flake", "miss", "right"), [(0.0, 0.0, 1.0), (0.05, 0.02, 0.93)])
def test_the_culprit_is_found_in_few_runs(flake: float, miss: float, right: float) -> None:
    found, seeds, total = 0, 400, 0
    for seed in range(seeds):
        dice = random.Random(seed)
        culprit = dice.randrange(16)
        best, runs = search(dice, 16, culprit, flake, miss)
        found += best == culprit
        total += runs
    assert found >= right * seeds
    assert total / seeds <= 12


def test_where_none_is_guilty_none_is_named() -> None:
    named = sum(search(random.Random(seed), 8, 8, 0.05, 0.02)[0] in range(8) for seed in range(400))
    assert named <= 0.04 * 400


def test_a_suspect_costs_fewer_runs() -> None:
    belief = noisy.prior([1, 1, 8, 1])
    assert noisy.next_run(belief) in (1, 2)
    belief = noisy.after_run(noisy.after_run(belief, 2, failed=True), 1, failed=False)
    assert noisy.likeliest(belief)[0] == 2
