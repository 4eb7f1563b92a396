"""`/retest`, and `/fix`, which names checks in the same way."""

import pytest

from activities.checks import registry
from bot.commands import parse_commands
from workflows.messages import BranchRequest


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("lintng", "Did you mean `linting`?"),
        ("unit-test", "Did you mean `unit_tests`?"),
        ("everything", "Known: "),
        ("failed linting", "takes no other names"),
        ("linting @octocat", "Known: "),
        ("linting,lintng", "              ^^^^^^\n"),
    ],
)
def test_mistake_is_explained(words: str, said: str) -> None:
    (action,) = parse_commands([f"/retest {words}"])
    assert action.do == "reply"
    assert said in action.lines[0]
    assert "@octocat" not in action.lines[0].rpartition("```")[2]


@pytest.mark.parametrize(
    ("words", "checks"),
    [
        ("", ()),
        ("all", ()),
        ("linting all", ()),
        ("failed", ("failed",)),
        ("linting", ("linting",)),
        ("Unit-Tests, coverage linting linting", ("unit_tests", "coverage", "linting")),
    ],
)
def test_retest_selects_checks(words: str, checks: tuple[str, ...]) -> None:
    (action,) = parse_commands([f"/retest {words}"])
    assert (action.do, action.request) == ("signal", BranchRequest("rerun", checks))


def test_every_check_can_be_named() -> None:
    for check in registry():
        assert parse_commands([f"/retest {check}"])[0].request == BranchRequest("rerun", (check,))
        assert parse_commands([f"/fix {check}"])[0].request == BranchRequest("fix", (check,))


def test_fix_rejects_the_words_of_retest() -> None:
    assert parse_commands(["/fix failed"])[0].do == "reply"
    assert parse_commands(["/fix"])[0].request == BranchRequest("fix")
