"""Shows the state of the gate or of the work on this issue."""

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand


def _status(line: CommandLine) -> CommandAction:
    if line.words:
        raise CommandError("`/status` takes no words.", line.words[0])
    return CommandAction("status")


STATUS = SlashCommand(_status, permission="read", on=("issue", "pull"))
