"""One measured number, its baseline, and the goal for the two."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Of = Literal["ratio", "measured", "difference"]


@dataclass(frozen=True)
class Goal:
    """A bound on the ratio to the baseline, on the number itself, or on how much it is above the baseline."""

    of: Of
    at_most: float | None = None
    at_least: float | None = None

    def met_by(self, value: float) -> bool:
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)

    def words(self, unit: str) -> str:
        """`≤ 1 s`, `ratio ≥ 0.8`, `≤ 5 s more`."""
        sign, bound = ("≤", self.at_most) if self.at_most is not None else ("≥", self.at_least)
        if self.of == "ratio":
            return f"ratio {sign} {bound:g}"
        return f"{sign} {bound:g} {unit}".strip() + (" more" if self.of == "difference" else "")


@dataclass(frozen=True)
class Row:
    """`goal` None: a number that explains another one. `against` says what the baseline is."""

    name: str
    unit: str
    measured: float
    baseline: float
    against: str
    goal: Goal | None = None

    @property
    def ratio(self) -> float:
        """measured ÷ baseline; infinite where there is nothing to divide by."""
        if self.baseline:
            return self.measured / self.baseline
        return float("inf") if self.measured else 1.0

    @property
    def met(self) -> bool | None:
        """None where there is no goal."""
        if self.goal is None:
            return None
        values = {"ratio": self.ratio, "measured": self.measured, "difference": self.measured - self.baseline}
        return self.goal.met_by(values[self.goal.of])


def median(values: Sequence[float]) -> float:
    """The middle one: a single disturbed round changes nothing."""
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(int(rank), 1) - 1]
