"""`/retest`, and `/fix`, which names checks in the same way."""

import pytest

from activities.checks import registry
from bot.commands import parse_commands
from workflows.command_actions import ACTOR, DELIVERY, HEAD


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("lintng", "Did you mean `linting`?"),
        ("unit-test", "Did you mean `unit_tests`?"),
        ("everything", "There are: "),
        ("failed linting", "takes no other names"),
        ("linting @octocat", "There are: "),
        ("linting,lintng", "              ^^^^^^\n"),
    ],
)
def test_mistake_is_explained(words: str, said: str) -> None:
    (action,) = parse_commands([f"/retest {words}"])
    assert action.do == "say"
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
    assert (action.do, action.signal) == ("signal", "rerun")
    assert action.message == {"sha": HEAD, "checks": checks, "actor": ACTOR, "delivery": DELIVERY}


def test_every_check_can_be_named() -> None:
    for check in registry():
        assert parse_commands([f"/retest {check}"])[0].message["checks"] == (check,)
        assert parse_commands([f"/fix {check}"])[0].message["checks"] == (check,)


def test_fix_rejects_the_words_of_retest() -> None:
    assert parse_commands(["/fix failed"])[0].do == "say"
    assert (parse_commands(["/fix"])[0].signal, parse_commands(["/fix"])[0].message["checks"]) == ("fix", ())
