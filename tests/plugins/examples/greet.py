"""Says hello."""

from bot.commands import CommandAction, CommandLine, SlashCommand


def _parse(line: CommandLine) -> CommandAction:
    return CommandAction("greet", "reply", lines=("Hello!",))


GREET = SlashCommand("greet", str(__doc__), "/greet", _parse, permission="read")
