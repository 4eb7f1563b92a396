"""`/retest`, and `/fix`, which names checks in the same way."""

import pytest

from activities.checks import registry
from bot.commands import asked
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
def test_a_mistake_is_explained(words: str, said: str) -> None:
    (deed,) = asked([f"/retest {words}"])
    assert deed.do == "say"
    assert said in deed.lines[0]
    assert "@octocat" not in deed.lines[0].rpartition("```")[2]


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
def test_what_is_run_again(words: str, checks: tuple[str, ...]) -> None:
    (deed,) = asked([f"/retest {words}"])
    assert (deed.do, deed.signal) == ("signal", "rerun")
    assert deed.message == {"sha": HEAD, "checks": checks, "actor": ACTOR, "delivery": DELIVERY}


def test_every_check_can_be_named() -> None:
    for check in registry():
        assert asked([f"/retest {check}"])[0].message["checks"] == (check,)
        assert asked([f"/fix {check}"])[0].message["checks"] == (check,)


def test_fix_knows_no_words_of_retest() -> None:
    assert asked(["/fix failed"])[0].do == "say"
    assert (asked(["/fix"])[0].signal, asked(["/fix"])[0].message["checks"]) == ("fix", ())
