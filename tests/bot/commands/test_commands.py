"""What a comment's lines ask for."""

import pytest

from bot.commands import asked, nearest, permission, registry


@pytest.mark.parametrize(
    "line",
    [
        "/deploy",
        "/test all",
        "/lgtm",
        "/assign @octocat",
        "/",
        "//",
        "/RETEST",
        "/re-test-everything",
        "/" + "x" * 60_000,
    ],
)
def test_another_bots_command_is_none_of_ours(line: str) -> None:
    assert asked([line]) == ()


@pytest.mark.parametrize(
    ("word", "usage"),
    [("retset", "/retest"), ("restest", "/retest"), ("retests", "/retest"), ("hepl", "/help"), ("helpp", "/help")],
)
def test_a_slip_is_answered(word: str, usage: str) -> None:
    ((name, text),) = asked([f"/{word} linting"])
    assert name == "mistake"
    assert f"Did you mean `{usage}" in text


def test_several_commands_are_asked_once_each_and_in_order() -> None:
    asks = asked(["/retest linting", "/deploy", "/help retest", "/retest  linting", "/retest"])
    assert [(name, *args[:1]) for name, *args in asks][::2] == [("retest", "linting"), ("retest",)]
    assert [name for name, *_ in asks] == ["retest", "help", "retest"]


def test_a_long_list_is_cut() -> None:
    checks = ["linting", "coverage", "security", "performance", "unit_tests", "dependencies"]
    lines = [f"/retest {one} {two}" for one in checks for two in checks]
    assert len(asked(lines)) == 10


def test_the_strictest_command_decides() -> None:
    assert permission([("help",)]) == "read"
    assert permission([("help",), ("retest",)]) == "write"
    assert permission([("mistake", "Did you mean")]) == "write"


def test_every_command_has_its_files_name_and_a_help_line() -> None:
    assert list(registry()) == ["help", "ok-to-test", "retest"]
    for name, command in registry().items():
        assert command.name == name
        assert command.usage.startswith(f"/{name}")
        assert "\n" not in command.help
        assert command.help.endswith(".")


def test_the_nearest_word() -> None:
    assert nearest("lintng", ["linting", "coverage"]) == "linting"
    assert nearest("x", ["linting"]) == ""
    assert nearest("", ["linting"]) == ""
