"""Where and why a test failed, from the traces of real runners."""

import pytest

from activities.check_kinds.failures import failing_line, short_reason
from activities.model import TestCase, ToolReport
from activities.reporting.check_run import annotations
from tests.activities.check_kinds.cases import judge, plan

PYTEST = """AssertionError: assert 3 == 4
def test_total():
>       check(3)

tests/test_a.py:9:
_ _ _
    def check(value):
>       assert value == 4
E       AssertionError: assert 3 == 4

tests/test_a.py:5: AssertionError"""
HELPER = "tests/test_a.py:9:\n_ _\nE   ValueError: no\n\nshop/cart.py:3: ValueError"
JEST = "Error: expect(received).toBe(expected)\n    at check (/src/web/a.test.js:4:9)\n    at Object.<anonymous> (/src/web/a.test.js:12:3)"
JAVA = "expected:<1> but was:<2>\n\tat org.junit.Assert.fail(Assert.java:88)\n\tat a.BarTest.testX(BarTest.java:42)"


@pytest.mark.parametrize(
    ("path", "message", "line", "reason"),
    [
        ("tests/test_a.py", PYTEST, 5, "AssertionError: assert 3 == 4"),
        ("web/tests/test_a.py", HELPER, 9, "ValueError: no"),
        ("web/a.test.js", JEST, 4, "Error: expect(received).toBe(expected)"),
        ("src/test/a/BarTest.java", JAVA, 42, "expected:<1> but was:<2>"),
        ("a_test.go", "    a_test.go:12: got 3", 12, "a_test.go:12: got 3"),
        ("A.cs", "Assert failed\n   in /app/A.cs:line 7", 7, "Assert failed"),
        ("test_a.py", 'File "/src/test_a.py", line 8, in test_x\nKeyError: 1', 8, 'File "/src/test_a.py", line 8, in test_x'),
        ("tests/test_a.py", "other/test_a.py:70: no", 3, "other/test_a.py:70: no"),
        ("", "a.py:1: no", 3, "a.py:1: no"),
        ("a.py", "", 3, ""),
    ],
)  # fmt: skip
def test_the_failing_line_is_the_deepest_call_in_the_tests_own_file(
    path: str, message: str, line: int, reason: str
) -> None:
    assert failing_line(TestCase("x", "failed", path, 3, message)) == line
    assert short_reason(message) == reason


def test_an_annotation_has_the_tests_name_a_short_message_and_the_trace_once() -> None:
    test = TestCase("tests/test_a.py::test_total: [a: b]", "failed", "tests/test_a.py", 8, PYTEST)
    judged = judge(plan("unit_tests"), (ToolReport("pytest", tests=(test,)),), None, {})
    assert judged.check.metrics["new_failures"] == [test.id]
    assert annotations(judged.findings) == (
        {
            "path": "tests/test_a.py", "start_line": 5, "end_line": 5, "annotation_level": "failure", "title": test.id,
            "message": "AssertionError: assert 3 == 4", "raw_details": PYTEST,
        },
    )  # fmt: skip
