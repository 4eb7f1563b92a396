"""`/help`"""

from bot.commands import asked


def test_it_lists_every_command() -> None:
    assert asked(["/help"]) == (
        (
            "help",
            "`/help [command]`: Lists what can be asked for. (Needs read access.)",
            "`/ok-to-test <sha>`: Runs the checks on a fork's head that you have read; "
            "the trust is bound to that one commit. (Needs write access.)",
            "`/retest [check …]`: Runs the checks again: all of them, those named, or `failed` for those that did not pass. (Needs write access.)",
        ),
    )


def test_it_explains_one_command() -> None:
    assert asked(["/help retest"]) == asked(["/help /retest"])
    ((_, *lines),) = asked(["/help retest"])
    assert [line.split("`")[1] for line in lines] == ["/retest [check …]"]


def test_it_guesses_the_command() -> None:
    assert asked(["/help retset"]) == (("mistake", "There is no help on that. Did you mean `/help retest`?"),)
    assert asked(["/help me, please"]) == (("mistake", "There is no help on that. Try `/help`."),)
