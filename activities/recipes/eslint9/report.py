"""The last step: what ESLint says that it did not say before the migration has a row."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from activities.migration.recipe import SourceTree, StepBench, StepReport, Transform
from activities.migration.types import Leftover
from activities.model import Finding
from activities.recipes.eslint9.packages import FLAT
from activities.reporting.markdown import code, escape_markdown

_MOST = 200


@dataclass(frozen=True)
class DifferenceReport(Transform):
    """It changes nothing."""

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        return tree.named(*FLAT)

    async def apply(self, bench: StepBench) -> StepReport:
        before, now = await bench.findings("eslint")
        return StepReport(tuple(differences(before, now))[:_MOST])


def differences(before: Iterable[Finding], now: Iterable[Finding]) -> Iterable[Leftover]:
    """A row for each finding that only one of them has, by file, line and rule."""
    known, found = Counter(map(_key, before)), Counter(map(_key, now))
    for finding in now:
        if known[_key(finding)] < 1:
            what = f"{escape_markdown(finding.message)} ({code(finding.rule)})"
            said = f"ESLint 9 reports this, and ESLint 8 did not: {what}"
            yield Leftover(finding.path, finding.line, said, "Fix it, or set the rule in `eslint.config`.")
        known[_key(finding)] -= 1
    for finding in before:
        if found[_key(finding)] < 1:
            said = f"ESLint 8 reported this, and ESLint 9 does not: {code(finding.rule)}"
            yield Leftover(finding.path, finding.line, said, "Look at whether the rule should still be on.")
        found[_key(finding)] -= 1


def _key(finding: Finding) -> tuple[str, int, str]:
    return finding.path, finding.line, finding.rule
