"""Commits what tools can mend safely, of all checks or of those named."""

from bot.commands import CommandAction, CommandLine, SlashCommand
from bot.comments.check_names import checks_of
from workflows.command_actions import ACTOR, DELIVERY, HEAD


def _fix(line: CommandLine) -> CommandAction:
    message = {"sha": HEAD, "checks": checks_of(line.words), "actor": ACTOR, "delivery": DELIVERY}
    return CommandAction("fix", "signal", signal="fix", message=message)


FIX = SlashCommand("fix", str(__doc__), "/fix [check …]", _fix)
