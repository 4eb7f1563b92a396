"""Tries again what was stopped or did not pass: the gate of this pull request, or the work on this issue."""

from bot.commands import Command, Deed, Mistake, SlashLine
from workflows.command_actions import ACTOR, DELIVERY, HEAD


def _retry(line: SlashLine) -> Deed:
    if line.words:
        raise Mistake("`/retry` takes no words; `/retest <check>` runs one check again.", line.words[0])
    message = {"sha": HEAD, "checks": ("failed",), "actor": ACTOR, "delivery": DELIVERY}
    return Deed("retry", "signal", signal="rerun", message=message, work_signal="retry")


RETRY = Command("retry", str(__doc__), "/retry", _retry, on=("issue", "pull"))
