"""`/patch`: its words are a text, of which nothing goes on its way."""

import pytest

from bot.commands import command_lines, parse_commands, registry
from workflows.messages import AskedPatch


@pytest.mark.parametrize(
    ("comment", "dry_run"),
    [
        ("/patch Handle an empty list", False),
        ("/patch Don't \"say this", False),
        ("/patch --dry-run Use `--force`, as --all does", True),
        ("Well.\n\n/patch Do it —dry-run\nso:\n- one\n- two", True),
        ("/patch", False),
        ("/patch\n```\n/retest\n```", False),
        (f"/patch {'word ' * 13_000}", False),
        (f"/patch Do\n{'word ' * 13_000}", False),
    ],
    ids=lambda value: str(value)[:20],
)
def test_patch_takes_a_text(comment: str, dry_run: bool) -> None:
    (action,) = parse_commands(command_lines(comment))
    assert (action.do, action.permission, action.on) == ("patch", "write", registry()["patch"].on)
    assert action.patch == AskedPatch(dry_run)
    assert "word" not in repr(action)
    assert "Handle" not in repr(action)


def test_a_misspelt_one_is_answered_without_its_words() -> None:
    (action,) = parse_commands(command_lines("/pacth Handle an empty list"))
    assert action.lines == ("Did you mean `/patch <instruction> [--dry-run]`?",)


@pytest.mark.parametrize(
    "comment",
    [
        f"<details>\n\n/patch {'word ' * 13_000}",
        f"`{'word ' * 3_000}\n/override linting it is fine`",
        f"/retest {'word ' * 3_000}",
        f"{'word ' * 3_000} <details>\n\n/retest",
    ],
    ids=lambda value: value[:20],
)
def test_a_long_paragraph_gives_no_other_command(comment: str) -> None:
    assert parse_commands(command_lines(comment)) == ()
