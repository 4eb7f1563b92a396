"""Tests that the repository remembers as flaky: their failures are tried more often before they count.

Such a failure is new only where the test fails each time on the head and passes each time on the base, so what a change
breaks for good is never hidden. A test that the change touches is judged like any other.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from activities.checking import ComparedTree, Options, ToolRun
from activities.model import TestCase, ToolReport
from activities.reporting.wording import shortened
from activities.tool_reports import with_flaky

_TRIES = 3
_MOST = 20
"""More failures than this are not flakiness."""


@dataclass(frozen=True)
class KnownFlaky:
    """The names of tests that were flaky lately, as verdicts show them, and the paths that the change touches."""

    names: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()

    def covers(self, test: TestCase) -> bool:
        """Whether a failure of the test may be none of the change's. Where a report gives no path, a changed file that
        looks like a test's, or has a name that is part of the test's, may be its own."""
        if shortened(test.id) not in self.names:
            return False
        if test.path:
            return test.path not in self.changed
        words = set(re.split(r"\W+", test.id.lower()))
        stems = (PurePosixPath(path).stem.lower() for path in self.changed)
        return not any("test" in stem or "spec" in stem or stem in words for stem in stems)


async def tried_again_on_head(
    tree: ComparedTree, tool_run: ToolRun, report: ToolReport, known: KnownFlaky, options: Options
) -> ToolReport:
    """The report, in which a test is flaky that passes once."""
    for attempt in range(_TRIES):
        failed = tuple(sorted(each.id for each in report.tests if each.outcome == "failed" and known.covers(each)))
        if not failed or len(failed) > _MOST or not report.lasting:
            break
        again = await tree.run(tool_run, {**options, "only": failed, "again": attempt})
        report = replace(report, tests=with_flaky(report.tests, again.tests))
    return report


async def tried_again_on_base(
    tree: ComparedTree, tool_run: ToolRun, report: ToolReport, ids: Collection[str], options: Options
) -> ToolReport:
    """The report, in which a test of these has failed that fails once."""
    failed = {each.id for each in report.tests if each.outcome in ("failed", "flaky")}
    for attempt in range(_TRIES):
        only = tuple(sorted({each.id for each in report.tests if each.id in ids} - failed))
        if not only:
            break
        again = await tree.run(tool_run, {**options, "only": only, "again": attempt})
        failed |= {each.id for each in again.tests if each.outcome in ("failed", "flaky")}
    tests = (replace(each, outcome="failed") if each.id in failed & set(ids) else each for each in report.tests)
    return replace(report, tests=tuple(tests))
