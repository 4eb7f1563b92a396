"""`/help`"""

from bot.commands import parse_commands, registry


def test_help_lists_every_command_with_its_permission() -> None:
    (action,) = parse_commands(["/help"])
    assert (action.do, action.permission, action.on) == ("help", "read", ("issue", "pull"))
    assert [entry.command for entry in action.entries] == list(registry())
    assert {entry.command: entry.permission for entry in action.entries}["override"] == "maintain"
    (fix,) = (entry for entry in action.entries if entry.command == "fix")
    assert fix.text == "`/fix [check …]`: Commits the safe automatic fixes of all checks, or of those named."


def test_help_explains_one_command() -> None:
    assert parse_commands(["/help retest"]) == parse_commands(["/help /retest"])
    (action,) = parse_commands(["/help retest"])
    assert [entry.command for entry in action.entries] == ["retest"]


def test_help_suggests_the_nearest_command() -> None:
    assert "There is no such command. Did you mean `/help retest`?" in parse_commands(["/help retset"])[0].lines[0]
    assert "There is no such command. Try `/help`." in parse_commands(["/help me, please"])[0].lines[0]
