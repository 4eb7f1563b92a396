"""Which tests of the base did not run on the head: removed, deselected or skipped there."""

from collections import Counter
from collections.abc import Callable

from activities.checking import Comparison
from activities.model import TestCase

Named = tuple[str, str]
"""A test's path and id."""


def missing_tests(comparison: Comparison) -> list[str] | None:
    """Their ids, sorted; None where the whole run of the base or of the head is not known.

    A file that could not be loaded in the base is none. One of the same function with other parameters or in another
    file takes the place of one, and so does a new test of the same file: it was renamed.
    """
    head, base = comparison.head, comparison.base
    if not base or any(report.partial for report in base) or any(one.problem or not one.completed for one in head):
        return None
    tests = (test for report in base for test in report.tests if test.outcome != "skipped" and test.id != test.path)
    before = {as_on_head(comparison, test) for test in tests}
    now = {(test.path, test.id) for report in head for test in report.tests if test.outcome != "skipped"}
    missing, new = _unpaired(before - now, now - before, _function)
    missing, _ = _unpaired(missing, new, lambda test: test[0])
    return sorted(name for _, name in missing)


def as_on_head(comparison: Comparison, test: TestCase) -> Named:
    """A test of the base as the head names it: most runners begin a test's id with its file."""
    path = comparison.renamed.get(test.path, test.path)
    return path, test.id if path == test.path else test.id.replace(test.path, path, 1)


def _function(test: Named) -> str:
    """The last part of the id, without parameters."""
    return test[1].rpartition("::")[2].partition("[")[0]


def _unpaired(missing: set[Named], new: set[Named], key: Callable[[Named], str]) -> tuple[set[Named], set[Named]]:
    """Those without one of the same key on the other side, each used once."""

    def without(tests: set[Named], others: set[Named]) -> set[Named]:
        left = Counter(map(key, others))
        kept = set()
        for test in sorted(tests):
            left[key(test)] -= 1
            if left[key(test)] < 0:
                kept.add(test)
        return kept

    return without(missing, new), without(new, missing)
