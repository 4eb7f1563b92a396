"""What a repository remembers of tests that failed and passed on the same tree. Pure."""

import pytest

from activities.history import FlakyTest
from workflows.flaky_tests import remembered, since
from workflows.messages import RunOfTests

DAY, TREE = "2026-11-30", "tree"
Names = tuple[str, ...]


def after(*runs: RunOfTests) -> dict[str, str]:
    """Test → its recent runs."""
    tests: tuple[FlakyTest, ...] = ()
    known: tuple[RunOfTests, ...] = ()
    for run in runs:
        tests, known = remembered(tests, known, run, DAY)
        assert len(tests) <= 200
        assert len(known) <= 20
    return {each.test: each.recent for each in tests}


def ran(tree: str = TREE, failed: Names = (), flaky: Names = (), *, fresh: bool = False) -> RunOfTests:
    return RunOfTests("unit_tests", tree, failed, flaky, fresh)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([ran(failed=("a",))], {}),
        ([ran(failed=("a",)), ran("other")], {}),  # another tree, so it was fixed
        ([ran(flaky=("a",))], {"a": "1"}),
        ([ran(failed=("a",)), ran(fresh=True)], {"a": "1"}),
        ([ran(), ran(failed=("a",), fresh=True)], {"a": "1"}),
        ([ran(flaky=("a",)), ran(flaky=("a",))], {"a": "1"}),  # a stored report
        ([ran(flaky=("a",)), ran(flaky=("a",), fresh=True)], {"a": "11"}),
        ([ran(flaky=("a",)), ran("b"), ran("c", failed=("a",)), ran("d")], {"a": "1010"}),
        ([ran(flaky=("a",)), RunOfTests("integration_tests", TREE, failed=("a",))], {"a": "1"}),
    ],
)
def test_what_is_flaky(runs: list[RunOfTests], expected: dict[str, str]) -> None:
    assert after(*runs) == expected


def test_it_stays_small() -> None:
    runs = [ran(str(number), flaky=(f"test {number}",)) for number in range(250)]
    assert len(after(*runs)) == 200
    (recent,) = after(ran(flaky=("a",)), *(ran(str(number)) for number in range(50))).values()
    assert recent == "0" * 20


def test_what_was_not_flaky_for_long_is_forgotten() -> None:
    tests = (FlakyTest("unit_tests", "a", "1", "2026-10-31"), FlakyTest("unit_tests", "b", "1", DAY))
    assert [each.test for each in since(tests, "2026-11-01")] == ["b"]
