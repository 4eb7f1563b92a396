"""Lists what can be asked for."""

from bot.commands import Asked, Command, Mistake, nearest, registry


def _lines(words: Asked) -> Asked:
    """One line of Markdown a command, or only that of the command named."""
    topic = words[0].removeprefix("/") if words else ""
    if topic and topic not in registry():
        meant = nearest(topic[:40], registry())
        raise Mistake(f"There is no help on that. {f'Did you mean `/help {meant}`?' if meant else 'Try `/help`.'}")
    commands = [registry()[topic]] if topic else registry().values()
    return tuple(f"`{command.usage}`: {command.help} (Needs {command.permission} access.)" for command in commands)


HELP = Command("help", str(__doc__), "/help [command]", _lines, permission="read")
