"""Tests that failed and passed on the same tree, as a repository's history remembers them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from activities.history import FlakyTest
from activities.model import QualityCheck
from activities.quality_gate.types import GateInput, GateOutcome
from workflows.messages import RunOfTests

REMEMBERED_DAYS = 30
_MOST_TESTS, _MOST_RUNS = 200, 20
_LISTED = 20  # names that a check's metrics have at most: where more tests failed, that was no flakiness


def runs_of(input: GateInput, outcome: GateOutcome) -> tuple[RunOfTests, ...]:
    """What a verdict says of tests that failed, or that are remembered; nothing of stored verdicts, and of forks."""
    if input.head.fork or not outcome.workspace or not outcome.plan:
        return ()
    tree, remembered = outcome.workspace.head_tree, {one.name for one in outcome.plan.checks if one.flaky}
    found = []
    for check in outcome.result.checks:
        if check.cached or check.status not in ("passed", "failed") or "flaky_tests" not in check.metrics:
            continue
        failed = _names(check, "new_failures", "known_failures", "other_failures")
        flaky = _names(check, "flaky_tests")
        complete = len(failed) == check.metrics.get("failed") and len(flaky) == check.metrics.get("flaky")
        fresh = input.refresh and (not input.only or check.name in input.only)
        if complete and (failed or flaky or input.attempt or check.name in remembered):
            found.append(RunOfTests(check.name, tree, failed, flaky, fresh))
    return tuple(found)


def _names(check: QualityCheck, *metrics: str) -> tuple[str, ...]:
    found = [check.metrics.get(metric) for metric in metrics]
    return tuple(str(name) for names in found if isinstance(names, (list, tuple)) for name in names)


def remembered(
    tests: Sequence[FlakyTest], runs: Sequence[RunOfTests], run: RunOfTests, day: str
) -> tuple[tuple[FlakyTest, ...], tuple[RunOfTests, ...]]:
    """The flaky tests and the last runs after one more; `day` is that of the run (2026-12-31).

    A test is flaky that failed and passed in one run, or in two runs of the same tree. A gate that found the report of
    an earlier one stored has run nothing.
    """
    of_tree = [each for each in runs if (each.check, each.tree) == (run.check, run.tree)]
    if not run.fresh and any((each.failed, each.flaky) == (run.failed, run.flaky) for each in of_tree):
        return tuple(tests), tuple(runs)
    failed = {*run.failed, *run.flaky}
    flaky = set(run.flaky).union(*(set(run.failed) ^ set(each.failed) for each in of_tree))
    known = {each.test for each in tests if each.check == run.check}
    counted = [
        replace(
            each,
            recent=f"{each.recent}{int(each.test in failed)}"[-_MOST_RUNS:],
            last=day if each.test in flaky else each.last,
        )
        if each.check == run.check
        else each
        for each in tests
    ]
    counted += [FlakyTest(run.check, name, "1", day) for name in sorted(flaky - known)]
    newest = sorted(counted, key=lambda each: each.last)[-_MOST_TESTS:]
    return tuple(newest), (*runs, run)[-_MOST_RUNS:]


def since(tests: Iterable[FlakyTest], day: str) -> tuple[FlakyTest, ...]:
    """Those that were flaky on that day or later."""
    return tuple(each for each in tests if each.last >= day)
