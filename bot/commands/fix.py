"""Commits safe automatic fixes of all checks, or of those named."""

from bot.commands import BranchRequest, CommandAction, CommandLine, SlashCommand, check_names


def _fix(line: CommandLine) -> CommandAction:
    return CommandAction("fix", "signal", request=BranchRequest("fix", check_names(line.words)))


FIX = SlashCommand("fix", str(__doc__), "/fix [check …]", _fix)
