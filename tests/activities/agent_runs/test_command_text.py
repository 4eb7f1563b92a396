"""Slash commands in comments: what stands behind one, and what is left without them."""

import pytest

from activities.agent_runs.command_text import text_behind, without_commands


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("no command", None),
        ("see /patch", None),
        ("/patched up", None),
        ("```\n/patch in code\n```", None),
        ("> /patch in a quote", None),
        ("> a quote\n> /patch in its second line", None),
        ("- /patch in a list", None),
        ("<!-- /patch hidden -->", None),
        ("/patch", ""),
        ("/PATCH Sort.", "Sort."),
        ("@Octo-bot: sort", "sort"),
        ("@octo-bot[bot] sort", "sort"),
        ("@octo-bot2 sort", None),
        ("Please\r\n\r\n/patch Sort.\r\nAll of them.\r\n", "Sort.\nAll of them."),
        ("```\n/patch no\n```\n\n/patch yes\n\n```\n/patch kept\n```", "yes\n\n```\n/patch kept\n```"),
        ("/patch one\n/patch two", "one\n/patch two"),
    ],
)
def test_text_behind_a_command(body: str, text: str | None) -> None:
    assert text_behind(body, ("patch",), "octo-bot") == text


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("/status", ""),
        ("/status\n/approve abc\n", ""),
        ("/other stays", "/other stays"),
        ("/usr/bin is missing", "/usr/bin is missing"),
        ("One.\n/status\nTwo.", "One.\nTwo."),
        ("One.\n\n/revise all of this\n\nis the command's", "One."),
        ("```\n/status\n```", "```\n/status\n```"),
        ("One <!-- hidden -->", "One [left out: what readers do not see]"),
    ],
)
def test_a_comment_without_its_commands(body: str, left: str) -> None:
    assert without_commands(body, ("approve", "revise", "status"), ("revise",)) == left
