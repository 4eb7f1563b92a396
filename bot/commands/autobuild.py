"""Plans, writes and tests the change that this issue asks for, and opens a pull request."""

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand
from workflows.messages import PlannedRequest


def _autobuild(line: CommandLine) -> CommandAction:
    if line.words:
        raise CommandError("`/autobuild` takes no words: what it does is what the issue says.", line.words[0])
    request = PlannedRequest("start", dry_run="dry-run" in line.flags, anyway="anyway" in line.flags)
    return CommandAction("planned", planned=request, at_least="write")


AUTOBUILD = SlashCommand(
    _autobuild, "[--dry-run] [--anyway]", flags={"dry-run": False, "anyway": False}, on=("issue",)
)  # fmt: skip
