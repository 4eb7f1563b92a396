"""Commits what tools can mend safely, of all checks or of those named."""

from bot.commands import Command, Deed, SlashLine
from bot.comments.check_names import checks_of
from workflows.command_actions import ACTOR, DELIVERY, HEAD


def _fix(line: SlashLine) -> Deed:
    message = {"sha": HEAD, "checks": checks_of(line.words), "actor": ACTOR, "delivery": DELIVERY}
    return Deed("fix", "signal", signal="fix", message=message)


FIX = Command("fix", str(__doc__), "/fix [check …]", _fix)
