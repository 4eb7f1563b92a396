"""The scores of the default branch over time: whether the newest fell below what is usual. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from activities.model import QualityGateResult

TrendNews = Literal["steady", "fallen", "recovered"]

_REMEMBERED: Final = 50
_COMPARED_WITH: Final = 10
_LEAST: Final = 3
"""A fall from fewer scores than these says nothing about what is usual."""

_INCOMPARABLE: Final = frozenset({"error", "timed_out", "cancelled"})


@dataclass
class ScoreTrend:
    """`scores` are (head, score), the newest last. While the score is `fallen`, `usual` is the median that it fell
    from, `since` the first head below it, and `issue` the issue about that, 0 where none could be opened; `falls`
    counts. `every_s` is how often the branch is gated without a push (0 never), `due_at` when that is next."""

    scores: list[tuple[str, float]] = field(default_factory=list)
    fallen: bool = False
    usual: float = 0.0
    since: str = ""
    issue: int = 0
    falls: int = 0
    every_s: float = 0.0
    due_at: float = 0.0

    def judged(self, result: QualityGateResult, most: float) -> TrendNews:
        """One more verdict. The score has fallen where it is more than `most` points below the median of the last ten,
        until it is no longer so far below that same median: what is bad for long is not usual because of that. A
        verdict in which a check did not run to its end has no score that others can be compared with."""
        lost = [each for each in result.checks if each.status in _INCOMPARABLE]
        if result.state not in ("passed", "failed") or not result.checks or lost:
            return "fallen" if self.fallen else "steady"
        before = [score for _, score in self.scores[-_COMPARED_WITH:]]
        usual = _median(before) if len(before) >= _LEAST else 0.0
        self.scores = [*self.scores, (result.head_sha, result.overall_score)][-_REMEMBERED:]
        if self.fallen:
            self.fallen = self.usual - result.overall_score > most
            return "fallen" if self.fallen else "recovered"
        if usual - result.overall_score > most:
            self.fallen, self.usual, self.since = True, usual, result.head_sha
            self.issue, self.falls = 0, self.falls + 1
        return "fallen" if self.fallen else "steady"

    def take_as_usual(self) -> None:
        """The score as it is now is what the next ones are compared with."""
        self.scores, self.fallen, self.issue = self.scores[-1:], False, 0


def _median(scores: Sequence[float]) -> float:
    """Not that of `statistics`, which brings `random` into the workflows."""
    ordered, middle = sorted(scores), len(scores) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
