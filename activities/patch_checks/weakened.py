"""Tests that a patch deletes, skips, empties or makes easier to pass.

A test that moved is the same test, and one that was written anew is replaced by what its file got instead, as long as
that asserts no less.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from activities.patch_checks.found_tests import tests_of
from activities.patch_checks.patch import Patch, PatchFile
from activities.patch_checks.summary import TestSummary
from activities.patch_checks.types import PatchProblem
from activities.reporting import patch_problems as texts

_OF_FILE = ("pytestmark", "//", "#![", "#[cfg")
"""Marks of a whole file begin so."""
_CONDITIONAL = frozenset(
    ("skipif", "skipIf", "skipUnless", "importorskip", "t.Skip", "t.Skipf", "testing.Short", "it.skipIf", "it.runIf")
)


@dataclass(frozen=True)
class _Placed:
    path: str
    test: TestSummary


def problems(patch: Patch) -> Iterator[tuple[PatchProblem, bool]]:
    """(the problem, whether it only is a note)."""
    pairs: list[tuple[_Placed, _Placed]] = []
    gone: list[_Placed] = []
    new: list[_Placed] = []
    for file in patch.files:
        before, after = _tests(file)
        same, left, added = _matched(file, before, after)
        pairs += same
        gone += left
        new += added
    by_name = defaultdict(list)
    for each in new:
        by_name[each.test.name.rpartition(".")[2].rpartition(" > ")[2]].append(each)
    still: list[_Placed] = []
    for each in gone:
        found = by_name[each.test.name.rpartition(".")[2].rpartition(" > ")[2]]
        if found:
            moved = min(found, key=lambda one: abs(one.test.total - each.test.total))
            found.remove(moved)
            new.remove(moved)
            pairs.append((each, moved))
        else:
            still.append(each)
    yield from _removed(still, new, patch)
    for before_test, after_test in pairs:
        yield from _weaker(before_test, after_test)
    for each in new:
        yield from _new(each, patch)


def _new(each: _Placed, patch: Patch) -> Iterator[tuple[PatchProblem, bool]]:
    """A new test that never runs, or that nothing can make fail, only looks like one."""
    test = each.test
    marks = [mark for mark in test.skips if not (mark.startswith(_OF_FILE) and mark in patch.text_before(each.path))]
    if marks:
        sentence = texts.new_skipped(test.name, marks[0])
        is_note = all(mark in _CONDITIONAL for mark in marks)
        yield PatchProblem("skipped-tests", each.path, test.line, sentence), is_note
    elif not test.total and not test.name.startswith(("Benchmark", "Example", "Fuzz")):
        yield PatchProblem("weakened-tests", each.path, test.line, texts.asserts_nothing(test.name)), not test.count


def _tests(file: PatchFile) -> tuple[Sequence[TestSummary], Sequence[TestSummary]]:
    before, after = file.before, file.after
    return (
        tests_of(before.path, before.text) if before and before.text and before.is_file else (),
        tests_of(after.path, after.text) if after and after.text and after.is_file else (),
    )


def _matched(
    file: PatchFile, before: Sequence[TestSummary], after: Sequence[TestSummary]
) -> tuple[list[tuple[_Placed, _Placed]], list[_Placed], list[_Placed]]:
    """(those of the same name, those that are there no more, those that are new)."""
    left = list(after)
    same, gone = [], []
    old_path = file.before.path if file.before else file.path
    for test in before:
        found = next((each for each in left if each.name == test.name), None)
        if found:
            left.remove(found)
            same.append((_Placed(old_path, test), _Placed(file.path, found)))
        else:
            gone.append(_Placed(old_path, test))
    return same, gone, [_Placed(file.path, each) for each in left]


def _removed(gone: Sequence[_Placed], new: list[_Placed], patch: Patch) -> Iterator[tuple[PatchProblem, bool]]:
    """What a file lost is compared with what it got as a whole: tests are joined, split and renamed."""
    of_file = defaultdict(list)
    for each in gone:
        of_file[each.path].append(each)
    for path, tests in of_file.items():
        file = next((one for one in patch.files if one.before and one.before.path == path), None)
        instead = [each for each in new if file and each.path == file.path and not each.test.skips]
        lost = [each for each in tests if not each.test.skips]
        runs = sum(each.test.cases for each in lost)
        worth = sum(each.test.total for each in lost)
        got = sum(each.test.total for each in instead)
        if instead and got >= worth and (got > 0 or sum(each.test.cases for each in instead) >= runs):
            continue
        # One that was skipped, and asserts nothing while it is, is no loss that counts.
        for each in tests:
            is_note = bool(each.test.skips)
            yield PatchProblem("removed-tests", path, each.test.line, texts.removed(each.test.name)), is_note


def _weaker(before: _Placed, after: _Placed) -> Iterator[tuple[PatchProblem, bool]]:
    was, now = before.test, after.test
    marks = list(now.skips)
    for mark in was.skips:
        if mark in marks:
            marks.remove(mark)
    if marks:
        yield PatchProblem("skipped-tests", after.path, now.line, texts.skipped(now.name, marks[0])), False
        return
    if now.cases < was.cases and now.total < was.total:
        yield (
            PatchProblem("removed-tests", after.path, now.line, texts.fewer_cases(now.name, was.cases, now.cases)),
            False,
        )
    elif now.total < was.total:
        sentence = texts.emptied(now.name) if not now.total else texts.weaker(now.name, was.count, now.count)
        yield PatchProblem("weakened-tests", after.path, now.line, sentence), False
    elif was.expected != now.expected and now.count <= was.count:
        yield PatchProblem("weakened-tests", after.path, now.line, texts.other_expected(now.name)), True
