"""`/retest`"""

import pytest

from activities.checks import registry
from bot.commands import asked


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("lintng", "Did you mean `linting`?"),
        ("unit-test", "Did you mean `unit_tests`?"),
        ("everything", "There are: "),
        ("failed linting", "takes no other names"),
        ("linting @octocat", "There are: "),
    ],
)
def test_a_mistake_is_explained(words: str, said: str) -> None:
    ((name, text),) = asked([f"/retest {words}"])
    assert name == "mistake"
    assert said in text
    assert "@octocat" not in text


@pytest.mark.parametrize(
    ("words", "checks"),
    [
        ("", []),
        ("all", []),
        ("linting all", []),
        ("failed", ["failed"]),
        ("linting", ["linting"]),
        ("Unit-Tests, coverage linting linting", ["unit_tests", "coverage", "linting"]),
    ],
)
def test_what_is_run_again(words: str, checks: list[str]) -> None:
    assert asked([f"/retest {words}"]) == (("retest", *checks),)


def test_every_check_can_be_named() -> None:
    for check in registry():
        assert asked([f"/retest {check}"]) == (("retest", check),)
