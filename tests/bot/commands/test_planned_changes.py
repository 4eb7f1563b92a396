"""`/autobuild`, `/approve`, `/revise` and `/cancel`: what is asked of an issue's planned change."""

import pytest

from bot.commands import command_lines, parse_commands
from workflows.messages import PlannedRequest

DIGEST = "0123456789ab"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/autobuild", PlannedRequest("start")),
        ("/autobuild --dry-run", PlannedRequest("start", dry_run=True)),
        ("/autobuild —anyway --dry-run", PlannedRequest("start", dry_run=True, anyway=True)),
        ("/approve", PlannedRequest("approve")),
        (f"/approve {DIGEST}", PlannedRequest("approve", digest=DIGEST)),
        (f"/approve `{DIGEST.upper()}`", PlannedRequest("approve", digest=DIGEST)),
        ("/revise Keep the old function too", PlannedRequest("revise")),
        ("/revise Don't \"say this", PlannedRequest("revise")),
        ("/cancel", PlannedRequest("cancel")),
    ],
)
def test_what_is_asked_for(line: str, expected: PlannedRequest) -> None:
    (action,) = parse_commands(command_lines(line))
    assert (action.do, action.permission, action.on, action.planned) == ("planned", "write", ("issue",), expected)
    assert "old function" not in repr(action)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/autobuild the parser", "`/autobuild` takes no words: what it does is what the issue says."),
        ("/autobuild --dryrun", "Did you mean `--dry-run`?"),
        ("/autobuild --anyway=yes", "`--anyway` takes no value."),
        ("/approve the plan", "`/approve` takes the digest of the plan and no other word."),
        ("/approve plan", "Name the digest as the plan shows it, at least six digits, or nothing."),
        ("/approve 01234", "Name the digest as the plan shows it, at least six digits, or nothing."),
        (f"/approve {'0' * 65}", "Name the digest as the plan shows it, at least six digits, or nothing."),
        ("/revise", "Say what has to be different in the plan"),
        ("/cancel it", "`/cancel` takes no words."),
        ("/autobulid", "Did you mean `/autobuild [--dry-run] [--anyway]`?"),
    ],
)
def test_a_mistake_is_answered(line: str, answer: str) -> None:
    (action,) = parse_commands(command_lines(line))
    assert action.do == "reply"
    assert answer in action.lines[0]


def test_a_configuration_cannot_let_readers_decide() -> None:
    """Whoever may start it, or says what an agent is asked, needs write access whatever the configuration says."""
    actions = parse_commands(["/autobuild", "/approve", "/revise a b", "/cancel"])
    assert [action.at_least for action in actions] == ["write", "write", "write", ""]
