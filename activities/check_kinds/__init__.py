"""The kinds of checks: what each measures of head and base, and how it comes to a verdict that anybody can calculate.

- findings (linting, security, static_analysis, dependencies): 100 minus 40 for each new critical finding, 10 for
  each error, 3 for each warning, 1 for each notice; not below 0.
- tests: 100 x (passed + flaky / 2) / (passed + flaky + newly failed). What fails in the base too is not counted.
- coverage: 100 when the minimum of the changed lines is reached, else 100 x reached / minimum.
- benchmarks: 100 x benchmarks that are not slower / benchmarks compared, and only with `mode: fail`.

A check that timed out or could not look at everything scores 0; one that is neutral, skipped or cancelled has no score.
"""

import asyncio
from dataclasses import replace

from activities.checking import ComparedTree, Comparison, Options, Reports


async def run_all(tree: ComparedTree, check: str, options: Options | None = None) -> Reports:
    """The reports of all tools that answer the check on this tree."""
    return tuple(await asyncio.gather(*(tree.run(each, options) for each in await tree.tool_runs(check))))


def without_empty_suites(comparison: Comparison) -> tuple[Comparison, str]:
    """The comparison, where one project of several has no tests, without what would make that a fault of all; and what
    is to be said of it."""
    head = comparison.head
    empty = [one.no_tests for one in head]
    if not any(report.tests for report in head) or not any(empty):
        return comparison, ""
    said = dict.fromkeys(report.advice for report, is_empty in zip(head, empty, strict=True) if is_empty)
    reports = (replace(one, advice="") if is_empty else one for one, is_empty in zip(head, empty, strict=True))
    return replace(comparison, head=tuple(reports)), " ".join(said)
