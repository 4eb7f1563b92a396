"""What a verdict is made from, and what it is made of."""

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from activities.globs import path_matches
from activities.model import SEVERITIES, CheckPlan, Finding, ToolReport


@dataclass(frozen=True)
class Case:
    """Everything that speaks for or against a head in one check; see `judging.judge` for the parts."""

    plan: CheckPlan
    head: tuple[ToolReport, ...]
    base: tuple[ToolReport, ...]
    changed: Mapping[str, frozenset[int]]
    accepted: Set[str]
    renamed: Mapping[str, str]

    def ignored(self, paths: Iterable[str]) -> frozenset[str]:
        """Those of the paths that `ignore` names; each is matched once, whatever number of findings it has."""
        patterns = self.plan.judging.get("ignore") or ()
        return frozenset(path for path in set(paths) if path_matches(patterns, path)) if patterns else frozenset()


@dataclass(frozen=True)
class Verdict:
    """`reason` is one or two sentences. `neutral` says why the check does not judge, "" when it does.
    `metrics` are plain JSON and small enough for a history."""

    failed: bool
    score: float | None
    reason: str
    findings: tuple[Finding, ...] = ()
    metrics: Mapping[str, object] = field(default_factory=dict)
    neutral: str = ""


def plural(number: int, one: str, many: str = "") -> str:
    """`1 test`, `2 tests`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(words: Iterable[str], most: int = 5) -> str:
    """The first few, then how many more; each cut to a length that fits a line."""
    given = list(words)
    shown = ", ".join(shortened(word, 100) for word in given[:most])
    return f"{shown} and {len(given) - most} more" if len(given) > most else shown


def shortened(text: str, longest: int = 200) -> str:
    """The text, its middle left out where it is too long."""
    half = (longest - 1) // 2
    return text if len(text) <= longest else f"{text[:half]}…{text[-half:]}"


def by_severity(findings: Iterable[Finding]) -> dict[str, int]:
    """How many of each severity, worst first; those that do not occur are left out."""
    counts = Counter(finding.severity for finding in findings)
    return {severity: counts[severity] for severity in reversed(SEVERITIES) if counts[severity]}
