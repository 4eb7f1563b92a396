"""Tells how the gate of this pull request stands, or the work on this issue."""

from bot.commands import Command, Deed, Mistake, SlashLine


def _status(line: SlashLine) -> Deed:
    if line.words:
        raise Mistake("`/status` takes no words.", line.words[0])
    return Deed("status", "status")


STATUS = Command("status", str(__doc__), "/status", _status, permission="read", on=("issue", "pull"))
