"""Has the plan that waits for approval on this issue made anew, as the comment says."""

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand
from workflows.messages import PlannedRequest


def _revise(line: CommandLine) -> CommandAction:
    if not line.words:
        raise CommandError("Say what has to be different in the plan: `/revise Keep the old function too`.")
    return CommandAction("planned", planned=PlannedRequest("revise"), at_least="write")


REVISE = SlashCommand(_revise, "<text>", on=("issue",), takes_text=True)
