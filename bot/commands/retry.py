"""Tries again what was stopped or did not pass: the gate of this pull request, or the work on this issue."""

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand
from workflows.command_actions import ACTOR, DELIVERY, HEAD


def _retry(line: CommandLine) -> CommandAction:
    if line.words:
        raise CommandError("`/retry` takes no words; `/retest <check>` runs one check again.", line.words[0])
    message = {"sha": HEAD, "checks": ("failed",), "actor": ACTOR, "delivery": DELIVERY}
    return CommandAction("retry", "signal", signal="rerun", message=message, work_signal="retry")


RETRY = SlashCommand("retry", str(__doc__), "/retry", _retry, on=("issue", "pull"))
