"""Rejects the plan of this issue, or ends the work on it."""

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand
from workflows.messages import PlannedRequest


def _cancel(line: CommandLine) -> CommandAction:
    if line.words:
        raise CommandError("`/cancel` takes no words.", line.words[0])
    return CommandAction("planned", planned=PlannedRequest("cancel"))


CANCEL = SlashCommand(_cancel, on=("issue",))
