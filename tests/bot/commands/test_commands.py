"""What a comment's lines ask for."""

import pytest

from bot.commands import asked, nearest, registry


def said(line: str) -> str:
    """What is answered to a line that makes no sense."""
    (deed,) = asked([line])
    assert deed.do == "say"
    (text,) = deed.lines
    return text


@pytest.mark.parametrize(
    "line",
    [
        "/deploy",
        "/test all",
        "/lgtm",
        "/assign @octocat",
        "/",
        "//",
        "/re-test-everything",
        "/" + "x" * 60_000,
        "/retest " + "x" * 60_000,
        "/retest/linting",
        "/retest:",
    ],
)
def test_another_bots_command_is_none_of_ours(line: str) -> None:
    assert asked([line]) == ()


@pytest.mark.parametrize(
    ("word", "usage"),
    [
        ("retset", "/retest"),
        ("restest", "/retest"),
        ("retests", "/retest"),
        ("RETEST", "/retest"),
        ("hepl", "/help"),
        ("helpp", "/help"),
        ("overide", "/override"),
        ("ok-to-tets", "/ok-to-test"),
    ],
)
def test_a_slip_is_answered_with_its_spot(word: str, usage: str) -> None:
    text = said(f"/{word} linting")
    assert f"Did you mean `{usage}" in text
    assert f"/{word} linting\n{'^' * (len(word) + 1)}\n" in text


def test_a_slip_needs_what_the_command_would_have_needed() -> None:
    """Nobody gets a mistake explained who could not have made it right."""
    assert [deed.permission for deed in asked(["/retset", "/retest no-such", "/hepl", "/overide x"])] == [
        "write", "write", "read", "maintain",
    ]  # fmt: skip


def test_several_commands_are_asked_once_each_and_in_order() -> None:
    deeds = asked(["/retest linting", "/deploy", "/help retest", "/retest  linting", "/retest"])
    assert [(deed.command, deed.message.get("checks")) for deed in deeds] == [
        ("retest", ("linting",)), ("help", None), ("retest", ()),
    ]  # fmt: skip


def test_a_long_list_is_cut() -> None:
    checks = ["linting", "coverage", "security", "performance", "unit_tests", "dependencies"]
    lines = [f"/retest {one} {two}" for one in checks for two in checks]
    assert len(asked(lines)) == 10


@pytest.mark.parametrize("line", ["/retest --all", "/help --retset", "/fix --force=1"])
def test_a_flag_that_is_none_is_shown(line: str) -> None:
    text = said(line)
    assert "has no flag of that name" in text
    assert " ^^" in text


def test_every_command_has_its_files_name_and_a_help_line() -> None:
    assert list(registry()) == ["fix", "help", "ok-to-test", "override", "retest", "retry", "status", "stop"]
    for name, command in registry().items():
        assert command.name == name
        assert command.usage.startswith(f"/{name}")
        assert "\n" not in command.help
        assert command.help.endswith(".")


def test_every_deed_knows_its_command() -> None:
    for line in ("/fix", "/help", "/ok-to-test abcdef0", "/override linting too old", "/retest", "/status", "/stop"):
        (deed,) = asked([line])
        command = registry()[deed.command]
        assert line.startswith(f"/{deed.command}")
        assert (deed.permission, deed.on) == (command.permission, command.on)


def test_the_nearest_word() -> None:
    assert nearest("lintng", ["linting", "coverage"]) == "linting"
    assert nearest("x", ["linting"]) == ""
    assert nearest("", ["linting"]) == ""
