"""Says hello."""

from bot.commands import CommandAction, CommandLine, SlashCommand


def _parse(line: CommandLine) -> CommandAction:
    return CommandAction("reply", lines=("Hello!",))


GREET = SlashCommand(_parse, permission="read")
