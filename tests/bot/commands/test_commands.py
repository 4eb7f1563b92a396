"""What a comment's lines ask for."""

import pytest

from bot.commands import nearest, parse_commands, registry


def said(line: str) -> str:
    """What is answered to a line that cannot be parsed."""
    (action,) = parse_commands([line])
    assert action.do == "reply"
    (text,) = action.lines
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
def test_commands_of_other_bots_are_ignored(line: str) -> None:
    assert parse_commands([line]) == ()


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
def test_misspelt_command_is_marked_in_the_reply(word: str, usage: str) -> None:
    text = said(f"/{word} linting")
    assert f"Did you mean `{usage}" in text
    assert f"/{word} linting\n{'^' * (len(word) + 1)}\n" in text


def test_correction_needs_the_permission_of_the_command() -> None:
    """Nobody gets a mistake explained who could not have made it right."""
    assert [action.permission for action in parse_commands(["/retset", "/retest no-such", "/hepl", "/overide x"])] == [
        "write", "write", "read", "maintain",
    ]  # fmt: skip


def test_repeated_commands_run_once_and_in_order() -> None:
    actions = parse_commands(["/retest linting", "/deploy", "/help retest", "/retest  linting", "/retest"])
    assert [(action.command, action.request and action.request.checks) for action in actions] == [
        ("retest", ("linting",)), ("help", None), ("retest", ()),
    ]  # fmt: skip


def test_commands_per_comment_are_limited() -> None:
    checks = ["linting", "coverage", "security", "performance", "unit_tests", "dependencies"]
    lines = [f"/retest {one} {two}" for one in checks for two in checks]
    assert len(parse_commands(lines)) == 10


@pytest.mark.parametrize("line", ["/retest --all", "/help --retset", "/fix --force=1"])
def test_unknown_flag_is_marked(line: str) -> None:
    text = said(line)
    assert "has no such flag" in text
    assert " ^^" in text


def test_every_command_has_its_file_name_and_a_help_line() -> None:
    assert list(registry()) == sorted(registry())
    for name, command in registry().items():
        assert command.name == name
        assert command.usage.split(" ")[0] == f"/{name}"
        assert "\n" not in command.help
        assert command.help.endswith(".")


def test_every_action_names_its_command() -> None:
    for line in ("/fix", "/help", "/ok-to-test abcdef0", "/override linting too old", "/retest", "/status", "/stop"):
        (action,) = parse_commands([line])
        command = registry()[action.command]
        assert line.startswith(f"/{action.command}")
        assert (action.permission, action.on) == (command.permission, command.on)


def test_nearest_word_is_found() -> None:
    assert nearest("lintng", ["linting", "coverage"]) == "linting"
    assert nearest("x", ["linting"]) == ""
    assert nearest("", ["linting"]) == ""
