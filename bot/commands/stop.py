"""Stops the running gate of this pull request until its next push, or the work on this issue."""

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand
from workflows.command_actions import ACTOR, DELIVERY, HEAD


def _stop(line: CommandLine) -> CommandAction:
    if line.words:
        raise CommandError("`/stop` takes no words.", line.words[0])
    message = {"sha": HEAD, "actor": ACTOR, "delivery": DELIVERY}
    return CommandAction("stop", "signal", signal="halt", message=message, work_signal="stop", running=True)


STOP = SlashCommand("stop", str(__doc__), "/stop", _stop, on=("issue", "pull"))
