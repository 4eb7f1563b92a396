"""Stops the running gate of this pull request until its next push, or the work on this issue."""

from bot.commands import Command, Deed, Mistake, SlashLine
from workflows.command_actions import ACTOR, DELIVERY, HEAD


def _stop(line: SlashLine) -> Deed:
    if line.words:
        raise Mistake("`/stop` takes no words.", line.words[0])
    message = {"sha": HEAD, "actor": ACTOR, "delivery": DELIVERY}
    return Deed("stop", "signal", signal="halt", message=message, work_signal="stop", running=True)


STOP = Command("stop", str(__doc__), "/stop", _stop, on=("issue", "pull"))
