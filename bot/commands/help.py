"""Lists what you may ask for here."""

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand, nearest, registry
from workflows.command_actions import HelpLine


def _help(line: CommandLine) -> CommandAction:
    """One line of Markdown a command, or only that of the command named."""
    topic = line.plain[0].removeprefix("/") if line.words else ""
    if topic and topic not in registry():
        meant = nearest(topic, registry())
        raise CommandError(
            f"There is no help on that. {f'Did you mean `/help {meant}`?' if meant else 'Try `/help`.'}", line.words[0]
        )
    commands = [registry()[topic]] if topic else registry().values()
    return CommandAction("help", "help", entries=tuple(_line(command) for command in commands))


def _line(command: SlashCommand) -> HelpLine:
    return HelpLine(command.name, f"`{command.usage}`: {command.help}", command.permission, command.on)


HELP = SlashCommand("help", str(__doc__), "/help [command]", _help, permission="read", on=("issue", "pull"))
