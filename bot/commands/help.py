"""Lists the commands that you can use here."""

from bot.commands import CommandAction, CommandError, CommandLine, HelpLine, SlashCommand, nearest, registry


def _help(line: CommandLine) -> CommandAction:
    """One line of Markdown a command, or only that of the command named."""
    topic = line.texts[0].removeprefix("/") if line.words else ""
    if topic and topic not in registry():
        meant = nearest(topic, registry())
        hint = f"Did you mean `/help {meant}`?" if meant else "Try `/help`."
        raise CommandError(f"There is no such command. {hint}", line.words[0])
    commands = [registry()[topic]] if topic else registry().values()
    entries = (HelpLine(one.name, f"`{one.usage}`: {one.help}", one.permission, one.on) for one in commands)
    return CommandAction("help", entries=tuple(entries))


HELP = SlashCommand(_help, "[command]", permission="read", on=("issue", "pull"))
