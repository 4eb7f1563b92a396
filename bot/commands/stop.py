"""Stops the running gate until the next push, or the work on this issue."""

from bot.commands import BranchRequest, CommandAction, CommandError, CommandLine, SlashCommand


def _stop(line: CommandLine) -> CommandAction:
    if line.words:
        raise CommandError("`/stop` takes no words.", line.words[0])
    return CommandAction("signal", request=BranchRequest("stop"), work_signal="stop", running=True)


STOP = SlashCommand(_stop, on=("issue", "pull"))
