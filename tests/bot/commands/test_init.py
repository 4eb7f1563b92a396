"""`/init`."""

from bot.commands import parse_commands, registry


def test_init_takes_no_words() -> None:
    (action,) = parse_commands(["/init"])
    assert (action.do, action.permission, action.on) == ("init", "write", ("issue", "pull"))
    (mistake,) = parse_commands(["/init please"])
    assert "takes no words" in mistake.lines[0]
    assert registry()["init"].permission == "write"
