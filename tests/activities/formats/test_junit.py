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
        # A test and its teardown have an entry each, and are one failed test.
        assert sorted(outcomes.values()).count("failed") == 3
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
        """<testsuites name="vitest tests" tests="2" failures="0" errors="0" time="0.5">
  <testsuite name="src/a.test.ts" timestamp="x" hostname="h" tests="2" failures="0" errors="0" skipped="1" time="0.01">
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


def outcomes(*cases: str, suite: str = "") -> dict[str, str]:
    return {test.id: test.outcome for test in read(f"<testsuite name='s' {suite}>{''.join(cases)}</testsuite>")}


FAILED_A, PASSED_A = "<testcase name='a'><failure message='no'/></testcase>", "<testcase name='a'/>"


def test_a_test_that_passed_when_it_was_run_again_is_flaky() -> None:
    assert outcomes(FAILED_A, FAILED_A, PASSED_A, "<testcase name='b'/>") == {"a": "flaky", "b": "passed"}
    assert outcomes(FAILED_A, FAILED_A, FAILED_A) == {"a": "failed"}
    in_another_suite = f"<testsuite name='again'>{PASSED_A}</testsuite>"
    assert outcomes(FAILED_A, in_another_suite) == {"a": "flaky"}


def test_two_tests_of_one_name_are_no_run_and_its_repetition() -> None:
    """What passed is not run again: this report's names are not unique."""
    assert outcomes(PASSED_A, FAILED_A) == {"a": "passed", "a (2)": "failed"}
    twins = "<testcase name='b'/><testcase name='b'/>"
    assert outcomes(FAILED_A, PASSED_A, twins) == {"a": "failed", "a (2)": "passed", "b": "passed", "b (2)": "passed"}
    assert outcomes(PASSED_A, PASSED_A, "<testcase name='a (2)'/>") == {
        "a": "passed",
        "a (3)": "passed",
        "a (2)": "passed",
    }


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ("status='run' result='completed'", "passed"),
        ("status='notrun' result='suppressed'", "skipped"),
        ("status='run' result='skipped'", "skipped"),
        ("status='disabled'", "skipped"),
        ("status='Skipped'", "skipped"),
        ("status='fail'", "failed"),
        ("result='error'", "failed"),
        ("status='passed'", "passed"),
        ("", "passed"),
    ],
)
def test_status_of_googletest_and_its_like_is_read(case: str, outcome: str) -> None:
    assert outcomes(f"<testcase name='a' {case}/>") == {"a": outcome}
    assert outcomes(f"<testcase name='a' {case}><failure/></testcase>") == {"a": "failed"}


@pytest.mark.parametrize("child", ["skipped", "disabled", "ignored"])
def test_an_element_says_that_a_test_was_not_run(child: str) -> None:
    assert outcomes(f"<testcase name='a'><{child}/></testcase>") == {"a": "skipped"}


def test_rerun_elements_alone_are_a_failure() -> None:
    assert outcomes("<testcase name='a'><rerunFailure/></testcase>") == {"a": "failed"}
    flaky = "<testcase name='a'><flakyError message='once'><stackTrace>at x</stackTrace></flakyError></testcase>"
    assert [(test.outcome, test.message) for test in read(f"<testsuite>{flaky}</testsuite>")] == [
        ("flaky", "once\nat x")
    ]


@pytest.mark.parametrize(
    ("body", "failed"),
    [
        ("<testsuite name='a'><error message='Cannot find module'/></testsuite>", {"a::(suite)": "Cannot find module"}),
        ("<testsuite name='a' errors='1'><testcase name='t'/></testsuite>", {"a::(suite)": "counts 1 failures and errors"}),
        (
            "<testsuites errors='2' failures='1'><testsuite name='a' errors='1'/><testsuite name='b' tests='3'/></testsuites>",
            {"a::(suite)": "counts 1", "suite::(suite)": "counts 3 failures and errors here, and names 1"},
        ),
        (
            "<testsuites><testsuite name='src/a.test.ts' failures='1'><system-out>x</system-out></testsuite></testsuites>",
            {"src/a.test.ts::(suite)": "counts 1"},
        ),
        ("<testsuite failures='1' errors='1'><testcase name='t'><failure/><error/></testcase></testsuite>", {"t": ""}),
        ("<testsuite failures='1'><testcase name='t' status='fail'/></testsuite>", {"t": ""}),
        ("<testsuite failures='1'><testcase name='t'><failure/></testcase><testcase name='t'/></testsuite>", {}),
        ("<testsuite failures='x'><testcase name='t'/></testsuite>", {}),
    ],
    ids=["error element", "sums", "nested sums", "file", "two for one test", "by status", "run again", "nonsense"],
)  # fmt: skip
def test_what_failed_outside_of_every_test_is_a_failed_test(body: str, failed: dict[str, str]) -> None:
    found = {test.id: test.message for test in read(body) if test.outcome == "failed"}
    assert found.keys() == failed.keys()
    for name, message in failed.items():
        assert message in found[name]


@pytest.mark.parametrize(
    "message",
    [
        b"\x1b[31mred\x1b[0m \x00\x08\x0c",
        b"&#27;[31mred&#x1B;[0m &#0; &#8;",
        b"red \xef\xbf\xbf&#xFFFE;&#xD83D;&#55357;",
        b"red \xed\xa0\x80",
    ],
    ids=["raw", "references", "no characters", "half a pair"],
)
@pytest.mark.parametrize(
    "start",
    [
        b"", b"\n \r\n<?xml version='1.0'?>\n", b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>",
        b"\n\xef\xbb\xbf<?xml version='1.0'?>", b"<?xml version='1.0' encoding='utf-16'?>",
    ],
    ids=["nothing", "blanks", "mark", "blanks and mark", "another encoding"],
)  # fmt: skip
def test_one_bad_character_does_not_hide_the_tests(start: bytes, message: bytes) -> None:
    body = start + b"<testsuite><testcase name='\xc3\xa9'><failure>" + message + b"</failure></testcase></testsuite>"
    [test] = junit.read(body, "tool", "unit_tests").tests
    assert (test.id, test.outcome) == ("é", "failed")
    assert test.message.startswith("red")
    assert "\x1b" not in test.message


def test_an_old_encoding_is_kept_beside_a_bad_character() -> None:
    body = b"<?xml version='1.0' encoding='ISO-8859-1'?><testsuite><testcase name='\xe9\x1b[1m'/></testsuite>"
    assert [test.id for test in junit.read(body, "tool", "unit_tests").tests] == ["é"]
