"""The default branch over its heads: which one the next is compared with, and whether the branch is red. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from activities.history import RedBranch
from activities.model import QualityCheck, QualityGateResult, Status
from activities.reporting import gate_states
from workflows.quality.score_trend import ScoreTrend

_REMEMBERED = 20
_NOT_JUDGED: frozenset[Status] = frozenset({"error", "timed_out", "cancelled"})


@dataclass
class JudgedHeads:
    """`shas` are the heads that were judged, the newest last; the first is what was there before the first push that
    was heard of, "" for nothing. `red`: the newest verdict is a failure. `unfixed` is check → what was new in it."""

    shas: list[str] = field(default_factory=list)
    red: RedBranch | None = None
    unfixed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    """Head → what was there before it, of the pushes until the first verdict: they may come in any order."""
    trend: ScoreTrend = field(default_factory=ScoreTrend)

    def heard(self, sha: str, before: str) -> bool:
        """A push, perhaps a late one. Whether what was there before the first one is another commit than it seemed."""
        if len(self.shas) > 1 or len(self.before) >= _REMEMBERED or sha == before:
            return False
        self.before[sha] = before if before.strip("0") else ""
        moved = False
        while self.shas and self.shas[0] in self.before:
            self.shas, moved = [self.before.pop(self.shas[0])], True
        return moved

    def compared_with(self, sha: str, before: str) -> str:
        """What a new head is compared with: the last head that was judged, since nobody has looked at those between.
        One that was judged itself (a force push took it back) is compared with the one before it."""
        if not self.shas:
            self.shas = [before if before.strip("0") else ""]
        if sha in self.shas:
            return self.shas[max(self.shas.index(sha) - 1, 0)]
        return self.shas[-1]

    def ended(self, result: QualityGateResult) -> None:
        """A gate of one of its heads has ended. A verdict for which a required check did not run to its end does not
        count: what that would have found is not lost with it."""
        lost = [each for each in result.checks if each.name in result.blocking and each.status in _NOT_JUDGED]
        if result.state in ("passed", "failed") and result.checks and not lost:
            known = self.shas.index(result.head_sha) if result.head_sha in self.shas else len(self.shas)
            self.shas = [*self.shas[:known], result.head_sha][-_REMEMBERED:]


def red_after(result: QualityGateResult, branch: str, before: RedBranch | None) -> RedBranch | None:
    """Whether the branch is red by this verdict on one of its heads, and since when. A gate that came to no verdict
    changes nothing, and so does one whose worker died."""
    if result.state == "passed":
        return None
    blocking = [each for each in result.checks if each.name in result.blocking]
    if result.state != "failed" or (blocking and all(each.reason == gate_states.WORKER_DIED for each in blocking)):
        return before
    tests = [name for each in blocking for name in new_failures(each)]
    red = RedBranch(branch, result.head_sha, result.blocking, tuple(tests[:_REMEMBERED]))
    return replace(red, sha=before.sha) if before else red


def new_failures(check: QualityCheck) -> tuple[str, ...]:
    """The names of tests that failed the check."""
    names = check.metrics.get("new_failures")
    return tuple(map(str, names)) if isinstance(names, (list, tuple)) else ()


def news_of(
    red: RedBranch,
    sha: str,
    before: RedBranch | None,
    unfixed: Mapping[str, tuple[str, ...]],
    known: Mapping[str, tuple[str, ...]],
) -> RedBranch | None:
    """What of a red head is new since the verdict before; None where everything was red before."""
    if before is None:
        return replace(red, sha=sha)
    new = {check for check, marks in unfixed.items() if set(marks) - set(known.get(check, ()))}
    checks = tuple(check for check in red.checks if check not in before.checks or check in new)
    tests = tuple(name for name in red.tests if name not in before.tests)
    return RedBranch(red.branch, sha, checks, tests) if checks else None
