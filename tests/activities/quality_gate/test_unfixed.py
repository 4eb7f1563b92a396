"""What failed the default branch's last head stays new in the next one."""

import pytest

from activities.check_kinds.flaky import KnownFlaky
from activities.fingerprints import fingerprinted
from activities.model import Finding, TestCase, ToolReport
from activities.quality_gate.unfixed import without_unfixed
from tests.activities.check_kinds.cases import NOTHING_CHANGED, judge, plan, suite


def test_a_test_that_failed_in_the_base_is_new_until_it_passes() -> None:
    head, base = suite(a="passed", b="failed", c="failed"), suite(b="failed", c="failed")
    unfixed = without_unfixed((base,), ("test_a.py::b",))
    judged = judge(plan("unit_tests"), (head,), unfixed, NOTHING_CHANGED)
    assert judged.check.reason == ("1 passed, 1 newly failed (test_a.py::b), 1 failed as in the base (test_a.py::c).")
    assert judged.check.metrics["new_failures"] == ["test_a.py::b"]
    fixed = judge(plan("unit_tests"), (suite(a="passed", b="passed", c="failed"),), unfixed, NOTHING_CHANGED)
    assert fixed.check.status == "passed"


@pytest.mark.parametrize("name", ["parses: an empty text", "x" * 300, "a"])
def test_a_test_is_known_by_the_name_that_a_verdict_shows(name: str) -> None:
    failed = ToolReport("vitest", tests=(TestCase(name, "failed"),))
    judged = judge(plan("unit_tests"), (failed,), (), NOTHING_CHANGED)
    names = judged.check.metrics["new_failures"]
    assert isinstance(names, list)
    (unfixed,) = without_unfixed((failed,), names)
    assert [test.outcome for test in unfixed.tests] == ["passed"]
    assert KnownFlaky(frozenset(names)).covers(failed.tests[0])


def test_a_finding_that_failed_the_base_is_new_as_often_as_it_was() -> None:
    def report(*lines: str) -> ToolReport:
        found = [Finding("", "ruff", "F401", "a.py", number, "unused", "error") for number in range(1, len(lines) + 1)]
        return fingerprinted([ToolReport("ruff", findings=tuple(found))], lambda _path: lines)[0]

    base = report("import os", "import re", "import os")
    mark = base.findings[2].fingerprint
    unfixed = without_unfixed((base,), (mark,))
    assert [each.line for each in unfixed[0].findings] == [2, 3]
    judged = judge(plan("linting"), (base,), unfixed, NOTHING_CHANGED)
    assert (judged.check.status, judged.check.new_findings, judged.check.known_findings) == ("failed", 1, 2)


def test_without_anything_unfixed_the_base_is_as_it_is() -> None:
    base = (suite(a="failed"),)
    assert without_unfixed(base, ()) is base
