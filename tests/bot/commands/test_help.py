"""`/help`"""

from bot.commands import asked, registry


def test_it_lists_every_command_with_what_it_needs() -> None:
    (deed,) = asked(["/help"])
    assert (deed.do, deed.permission, deed.on) == ("help", "read", ("issue", "pull"))
    assert [entry.command for entry in deed.entries] == list(registry())
    assert {entry.command: entry.permission for entry in deed.entries}["override"] == "maintain"
    assert (
        deed.entries[0].text == "`/fix [check …]`: Commits what tools can mend safely, of all checks or of those named."
    )


def test_it_explains_one_command() -> None:
    assert asked(["/help retest"]) == asked(["/help /retest"])
    (deed,) = asked(["/help retest"])
    assert [entry.command for entry in deed.entries] == ["retest"]


def test_it_guesses_the_command() -> None:
    assert "There is no help on that. Did you mean `/help retest`?" in asked(["/help retset"])[0].lines[0]
    assert "There is no help on that. Try `/help`." in asked(["/help me, please"])[0].lines[0]
