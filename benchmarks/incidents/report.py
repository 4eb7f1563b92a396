"""The scorecard as rows: for the terminal and for the documentation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Final

from benchmarks.incidents.cases import KINDS
from benchmarks.incidents.scorecard import CaseOutcome, Scorecard, scorecard

Row = tuple[str, ...]
HEADS: Final[Row] = (
    "Fault", "Cases", "Top 1", "Top 3", "Precision at the gate", "Coverage", "False convictions", "Culprit named",
    "Brier score", "Slowest",
)  # fmt: skip


@dataclass(frozen=True)
class ScoreGoal:
    """A bound on one number of the whole scorecard."""

    name: str
    at_least: float = 0.0
    at_most: float = 1.0

    def met(self, card: Scorecard) -> bool:
        """Whether the number is there, and within the bounds."""
        value: float = getattr(card, self.name)
        return not isnan(value) and self.at_least <= value <= self.at_most


GOALS: Final = (
    ScoreGoal("precision", at_least=0.95),
    ScoreGoal("false_convictions", at_most=0.02),
    ScoreGoal("top_1", at_least=0.85),
)


def rows(outcomes: Sequence[CaseOutcome]) -> Iterator[Row]:
    """The heads, one row a kind of fault, and all of them together."""
    yield HEADS
    kinds = [kind for kind in KINDS if any(one.case.kind == kind for one in outcomes)]
    for kind in kinds or dict.fromkeys(one.case.kind for one in outcomes):
        yield _row(kind.replace("_", " "), scorecard([one for one in outcomes if one.case.kind == kind]))
    yield _row("all", scorecard(outcomes))


def ranking_rows(outcomes: Sequence[CaseOutcome]) -> Iterator[Row]:
    """Of cases that have nothing to act upon: only where the service at fault is among the causes."""
    yield ("Data", "Cases", "Top 1", "Top 3", "Top 5", "May be acted on", "Wrongly")
    kinds = sorted({one.case.kind for one in outcomes})
    for name, chosen in [
        *((kind, [one for one in outcomes if one.case.kind == kind]) for kind in kinds),
        ("all", outcomes),
    ]:
        shares = (sum(one.right_within(places) for one in chosen) / max(len(chosen), 1) for places in (1, 3, 5))
        acted, wrong = sum(one.said.act for one in chosen), sum(one.convicts_wrongly for one in chosen)
        yield (name, str(len(chosen)), *(f"{one:.0%}" for one in shares), str(acted), str(wrong))


def missed(card: Scorecard) -> list[str]:
    """The goals that are not met, as sentences."""
    return [
        f"{one.name} is {getattr(card, one.name):.3f}; it should be between {one.at_least:g} and {one.at_most:g}."
        for one in GOALS
        if not one.met(card)
    ]


def _row(name: str, card: Scorecard) -> Row:
    shares = (card.top_1, card.top_3, card.precision, card.coverage, card.false_convictions, card.culprits)
    brier = "" if isnan(card.brier) else f"{card.brier:.3f}"
    return (
        name,
        str(card.cases),
        *("" if isnan(one) else f"{one:.1%}" for one in shares),
        brier,
        f"{card.seconds:.1f} s",
    )
