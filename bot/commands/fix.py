"""Commits the safe automatic fixes of all checks, or of those named."""

from bot.commands import BranchRequest, CommandAction, CommandLine, SlashCommand, check_names


def _fix(line: CommandLine) -> CommandAction:
    return CommandAction("signal", request=BranchRequest("fix", check_names(line.words)))


FIX = SlashCommand(_fix, "[check …]")
