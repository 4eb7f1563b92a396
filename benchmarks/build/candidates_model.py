"""What several attempts at one issue bring: made at once, the best is taken; made in turn, the first that passes.

An issue has a solve rate of its own, from a beta distribution around the mean: an issue that a model cannot do is
failed by every attempt. So the number of right ones among N is beta-binomial, and the correlation of two is `alike`.
How often tests accept a wrong change differs between issues in the same way. Times and sizes are log-normal.
"""

import math
import random
from dataclasses import dataclass

from benchmarks.build.assumptions import Assumptions

SIZE_SPREAD = 1.0
"""The standard deviation of the logarithm of a change's lines."""


@dataclass(frozen=True)
class StrategyOutcome:
    """Means over issues. `right`: the change that was taken is right. `wrong`: it passes the tests and is not."""

    right: float
    wrong: float
    dollars: float
    minutes: float

    @property
    def dollars_each(self) -> float:
        """For one right change."""
        return self.dollars / self.right if self.right else float("inf")

    def dollars_with_person(self, person: float) -> float:
        """For one issue, where a person does what was not done right."""
        return self.dollars + (1 - self.right) * person


@dataclass(frozen=True)
class Strategies:
    """For 1, 2, 3 … attempts at the most: all made at once, and made in turn until one passes."""

    at_once: tuple[StrategyOutcome, ...]
    in_turn: tuple[StrategyOutcome, ...]


@dataclass(frozen=True)
class SimulatedAttempt:
    """`passes` is what the tests say, `right` what is so."""

    right: bool
    passes: bool
    minutes: float
    size: float


class _Sums:
    """What is added up for one strategy with one number of attempts."""

    def __init__(self) -> None:
        self.right = self.wrong = self.attempts = 0
        self.minutes = 0.0

    def add(self, taken: SimulatedAttempt | None, attempts: int, minutes: float) -> None:
        self.right += taken is not None and taken.right
        self.wrong += taken is not None and not taken.right
        self.attempts += attempts
        self.minutes += minutes

    def outcome(self, given: Assumptions, issues: int) -> StrategyOutcome:
        dollars = given.fixed_dollars + given.dollars * self.attempts / issues
        return StrategyOutcome(self.right / issues, self.wrong / issues, dollars, self.minutes / issues)


def simulate_attempts(given: Assumptions, solve_rate: float, most: int, issues: int, seed: int) -> Strategies:
    """The same attempts for every number of them up to `most`, and for both strategies."""
    rng = random.Random(seed)  # noqa: S311
    at_once, in_turn = [_Sums() for _ in range(most)], [_Sums() for _ in range(most)]
    for _ in range(issues):
        slowest = waited = 0.0
        smallest: SimulatedAttempt | None = None
        first: SimulatedAttempt | None = None
        made = 0
        for index, one in enumerate(_attempts(given, solve_rate, most, rng)):
            slowest = max(slowest, one.minutes)
            if one.passes and (smallest is None or one.size < smallest.size):
                smallest = one
            if first is None:
                waited, made = waited + one.minutes, made + 1
                first = one if one.passes else None
            at_once[index].add(smallest, index + 1, slowest)
            in_turn[index].add(first, made, waited)
    return Strategies(
        tuple(one.outcome(given, issues) for one in at_once), tuple(one.outcome(given, issues) for one in in_turn)
    )


def _attempts(given: Assumptions, solve_rate: float, count: int, rng: random.Random) -> list[SimulatedAttempt]:
    """Attempts at one issue."""
    rate = beta_rate(rng, solve_rate, given.alike)
    accepts = beta_rate(rng, given.accepts_wrong, given.alike)
    made = []
    for _ in range(count):
        right, drawn = rng.random() < rate, rng.random()
        passes = drawn >= given.rejects_right if right else drawn < accepts
        minutes, size = log_normal(rng, given.minutes, given.spread), rng.lognormvariate(0, SIZE_SPREAD)
        made.append(SimulatedAttempt(right, passes, minutes, size if right else size * given.wrong_size))
    return made


def beta_rate(rng: random.Random, mean: float, alike: float) -> float:
    """A rate with this mean: the mean itself where nothing is alike, 0 or 1 where everything is."""
    if not alike or mean in (0, 1):
        return mean
    if alike == 1:
        return float(rng.random() < mean)
    weight = (1 - alike) / alike
    return rng.betavariate(mean * weight, (1 - mean) * weight)


def log_normal(rng: random.Random, mean: float, spread: float) -> float:
    """By its mean, and the standard deviation of its logarithm."""
    return rng.lognormvariate(math.log(mean) - spread**2 / 2, spread)
