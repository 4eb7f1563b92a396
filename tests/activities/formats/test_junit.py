"""JUnit XML of real writers."""

import sys
from pathlib import Path
from subprocess import run

import pytest

from activities.formats.junit import junit
from activities.model import TestCase

SUITE = """
import pytest

class TestA:
    def test_passes(self): pass
    def test_fails(self): assert 1 == 2, "one is not two"

@pytest.fixture
def broken():
    yield
    raise RuntimeError("teardown")

def test_fails_twice(broken): assert False
@pytest.mark.parametrize("x", ["a.b", "a::b"])
def test_many(x): pass
@pytest.mark.skip(reason="not now")
def test_skipped(): pass
@pytest.mark.xfail
def test_known(): assert False
"""


def read(body: str) -> tuple[TestCase, ...]:
    return junit.read(body.encode(), "tool", "unit_tests").tests


@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_pytest_report_of_both_families_is_read(tmp_path: Path, family: str) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_it.py").write_text(SUITE)
    (folder / "test_broken.py").write_text("import nowhere_to_be_found\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--continue-on-collection-errors",
        "-p",
        "no:xdist",
        f"--rootdir={tmp_path}",
    ]
    run(
        [*command, "--junitxml=out.xml", "-o", f"junit_family={family}"], cwd=tmp_path, capture_output=True, check=False
    )
    found = {test.id: test for test in read((tmp_path / "out.xml").read_text())}
    outcomes = {name.removeprefix("tests/test_it.py::"): test.outcome for name, test in found.items()}
    if family == "xunit1":
        assert outcomes == {
            "tests.test_broken": "failed",
            "TestA::test_passes": "passed",
            "TestA::test_fails": "failed",
            "test_fails_twice": "failed",
            "test_many[a.b]": "passed",
            "test_many[a::b]": "passed",
            "test_skipped": "skipped",
            "test_known": "skipped",
        }
        assert found["tests/test_it.py::TestA::test_fails"].line == 6
        assert "RuntimeError: teardown" in found["tests/test_it.py::test_fails_twice"].message
    else:
        assert sorted(outcomes.values()).count("failed") == 4
    assert "nowhere_to_be_found" in found["tests.test_broken"].message


def test_jest_junit_report_is_read() -> None:
    found = read(
        """<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="jest tests" tests="2" failures="1" errors="0" time="1.2">
  <testsuite name="cart" errors="0" failures="1" skipped="0" timestamp="2026-01-01T00:00:00" time="0.9" tests="2">
    <testcase classname="cart adds" name="cart adds" time="0.003" file="src/cart.test.ts"></testcase>
    <testcase classname="cart adds" name="cart adds" time="0.001" file="src/cart.test.ts">
      <failure>Error: expect(received).toBe(expected)</failure>
    </testcase>
  </testsuite>
</testsuites>"""
    )
    assert [(test.id, test.outcome, test.path) for test in found] == [
        ("cart adds", "passed", "src/cart.test.ts"),
        ("cart adds (2)", "failed", "src/cart.test.ts"),
    ]


def test_vitest_report_is_read() -> None:
    found = read(
        """<testsuites name="vitest tests" tests="2" failures="1" errors="0" time="0.5">
  <testsuite name="src/a.test.ts" timestamp="x" hostname="h" tests="2" failures="1" errors="0" skipped="1" time="0.01">
    <testcase classname="src/a.test.ts" name="sum &gt; adds" time="0.0012"></testcase>
    <testcase classname="src/a.test.ts" name="sum &gt; later" time="0"><skipped/></testcase>
  </testsuite>
</testsuites>"""
    )
    assert [(test.id, test.outcome, test.path) for test in found] == [
        ("src/a.test.ts::sum > adds", "passed", "src/a.test.ts"),
        ("src/a.test.ts::sum > later", "skipped", "src/a.test.ts"),
    ]


def test_nested_suites_of_node_are_read() -> None:
    found = read(
        """<testsuites><testsuite name="outer"><testsuite name="inner" file="/src/a.test.js">
    <testcase name="adds" time="0.001" classname="test"><failure type="testCodeFailure" message="1 !== 2">
[Error: 1 !== 2]</failure></testcase></testsuite></testsuite></testsuites>"""
    )
    assert [(test.id, test.outcome, test.path, test.message) for test in found] == [
        ("test::adds", "failed", "/src/a.test.js", "[Error: 1 !== 2]")
    ]


def test_go_junit_report_with_bad_numbers_is_read() -> None:
    found = read(
        """<testsuite name="pkg" file="" time="x"><testcase name="TestA" classname="pkg" time="1,234.5"/>
    <testcase name="TestB" classname="pkg" time="nan"><error message="panic"/></testcase></testsuite>"""
    )
    assert [(test.id, test.outcome, test.duration_s) for test in found] == [
        ("pkg::TestA", "passed", 1234.5),
        ("pkg::TestB", "failed", 0.0),
    ]


def test_flaky_test_of_surefire_is_flaky() -> None:
    found = read(
        """<testsuite><testcase name="a" classname="C"><flakyFailure message="once" type="E">
    <stackTrace>at x</stackTrace></flakyFailure></testcase><testcase name="b" classname="C">
    <failure message="m"/><rerunFailure message="again" type="E"/></testcase></testsuite>"""
    )
    assert [test.outcome for test in found] == ["flaky", "failed"]


def test_a_long_message_loses_its_middle() -> None:
    body = f"<testsuite><testcase name='a'><failure>first{'x' * 100_000}last</failure></testcase></testsuite>"
    message = read(body)[0].message
    assert message.startswith("first")
    assert message.endswith("last")
    assert len(message) < 5000


def test_skipped_subtests_do_not_make_a_test_skipped() -> None:
    skip = '<skipped type="pytest.skip" message="absent">x</skipped>'
    found = read(
        f"<testsuite><testcase name='a'>{skip}{skip}</testcase><testcase name='b'>{skip}</testcase></testsuite>"
    )
    assert [test.outcome for test in found] == ["passed", "skipped"]
