"""TAP as ava, tape, node-tap and node itself write it."""

import pytest

from activities.languages.javascript.tap import is_tap, read_tap

AVA = """TAP version 13
ok 1 - a \u203a works
not ok 2 - b \u203a breaks
  ---
    name: AssertionError
    message: "no"
  ...
ok 3 - later # SKIP
not ok 4 - some day # TODO

1..4
# tests 4
"""
TAPE = """TAP version 13
# adds
ok 1 should be equal
ok 2 should be equal
# breaks
not ok 3 should be truthy
  ---
    operator: ok
    at: Test.<anonymous> (/src/t.js:3:4)
  ...

1..3
# tests 3
# pass  2
"""
NESTED = """TAP version 14
# Subtest: test/a.js
    # Subtest: inner
        ok 1 - deep
        1..1
    ok 1 - inner # time=1ms
    not ok 2 - beside
    1..2
not ok 1 - test/a.js # time=9ms
ok 2 - test/b.js # time=5.1ms {
    ok 1 - only
    1..1
}
1..2
"""


@pytest.mark.parametrize(
    ("text", "tests"),
    [
        (AVA, {"a \u203a works": "passed", "b \u203a breaks": "failed", "later": "skipped", "some day": "skipped"}),
        (TAPE, {"adds > should be equal": "passed", "adds > should be equal (2)": "passed", "breaks > should be truthy": "failed"}),
        (NESTED, {"test/a.js > inner > deep": "passed", "test/a.js > beside": "failed", "test/b.js > only": "passed"}),
        ("1..4\nok 1 # SKIP\nok 2 - # skipped: no\nnot ok 3 # TODO\nok 4 - a # skip\n",
         {"(unnamed test)": "skipped", "(unnamed test) (2)": "skipped", "(unnamed test) (3)": "skipped", "a": "skipped"}),
        ("    not ok 1 - b\n    1..1\nnot ok 1 - a # TODO later\n1..1\n", {"a > b": "skipped"}),
        ("1..2\nok 1 - a \\# skip\nok 2 - skips # of all kinds\n", {"a # skip": "passed", "skips # of all kinds": "passed"}),
        ("ok 1 - a" + " " * 100_000 + "b\n1..1\n", {("a" + " " * 100_000 + "b")[:500]: "passed"}),
        ("TAP version 13\nok\n1..1\n", {"(unnamed test)": "passed"}),
    ],
)  # fmt: skip
def test_tap_is_read(text: str, tests: dict[str, str]) -> None:
    assert is_tap(text)
    assert {test.id: test.outcome for test in read_tap(text)[0]} == tests
    assert read_tap(text)[1] == ""


def test_message_of_a_failure_is_its_diagnosis() -> None:
    assert "/src/t.js:3:4" in read_tap(TAPE)[0][2].message


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1..5\nok 1 - a\nok 2 - b\n", "planned 5 tests and reported 2"),
        ("TAP version 13\nok 1 - a\nok, then\n1..2\n", "planned 2 tests and reported 1"),
        ("TAP version 13\nok 1 - a\n", "no plan"),
        ("TAP version 13\n1..1\nok 1 - a\nTAP version 13\nok 1 - b\n", "no plan"),
        ("TAP version 14\n    ok 1 - b\n    1..1\n", "no plan"),
        ("noise\nok 1 - a\nBail out! no `data`\n1..2\n", "gave up: `` Bail out! no `data` ``."),
    ],
)
def test_program_that_ended_before_it_was_done_is_a_problem(text: str, problem: str) -> None:
    assert is_tap(text)
    assert problem in read_tap(text)[1]


@pytest.mark.parametrize(
    "text",
    [
        "TAP version 13\n1..0 # SKIP no database\n",
        "1..1\nok 1 - a\n1..2\nok 1 - b\nok 2 - c\n",
        "1..1 # all\nok\nok 1\n",
    ],
)
def test_whole_plan_is_no_problem(text: str) -> None:
    assert read_tap(text)[1] == ""


@pytest.mark.parametrize("text", ["", "ok, all good\n", "1..2 things\n", "ok\n", "not ok at all"])
def test_other_output_is_no_tap(text: str) -> None:
    assert not is_tap(text)
