"""What failed the last head of the default branch stays new in the next one, until it is gone: pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from activities.checking import Reports
from activities.fingerprints import stem_of
from activities.model import Finding, TestCase, ToolReport
from activities.reporting.wording import shortened


def without_unfixed(base: Reports, unfixed: Sequence[str]) -> Reports:
    """The base's reports as if it did not have what was new in its own verdict: `unfixed` are names of tests, which
    then passed, and fingerprints, whose findings then are not there."""
    if not unfixed:
        return base
    names, stems = frozenset(unfixed), Counter(map(stem_of, unfixed))

    def kept(finding: Finding) -> bool:
        stem = stem_of(finding.fingerprint)
        stems[stem] -= 1
        return not finding.fingerprint or stems[stem] < 0

    def as_before(test: TestCase) -> TestCase:
        return replace(test, outcome="passed") if shortened(test.id) in names else test

    def changed(report: ToolReport) -> ToolReport:
        findings, tests = filter(kept, report.findings), map(as_before, report.tests)
        return replace(report, findings=tuple(findings), tests=tuple(tests))

    return tuple(map(changed, base))
