"""One slash command a file: its name is the file's, its help the first line of the file's docstring.

A command is understood here, at the door, and done elsewhere: what it asks for travels as a
`workflows.deeds.Deed`, and so does the answer to a command that was not understood.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

from activities.plugins import load
from bot.comments.command_line import LONGEST, CommandError, CommandLine, Word, name_of, read, spot
from workflows.command_actions import CommandAction

__all__ = [
    "CommandAction",
    "CommandError",
    "CommandLine",
    "Permission",
    "SlashCommand",
    "Word",
    "nearest",
    "parse_commands",
    "registry",
]

Permission = Literal["read", "triage", "write", "maintain", "admin"]

_MOST = 10
"""Commands of one comment; the rest of a longer list is not meant seriously."""


@dataclass(frozen=True)
class SlashCommand:
    """`usage` is what one types, `permission` what one needs on the repository unless its configuration says
    otherwise. `understand` gives what is to be done; it raises Mistake. `flags` are the flags' names and whether
    each takes a value. `on` is where it can be used: `pull`, `issue`."""

    name: str
    help: str
    usage: str
    understand: Callable[[CommandLine], CommandAction]
    permission: Permission = "write"
    flags: Mapping[str, bool] = field(default_factory=dict)
    on: tuple[str, ...] = ("pull",)


@cache
def registry() -> dict[str, SlashCommand]:
    """Every command by its name."""
    import bot.commands as package

    return {command.name: command for command in load(package, SlashCommand).values()}


def parse_commands(lines: Iterable[str]) -> tuple[CommandAction, ...]:
    """What the slash lines of one comment ask for, each thing once, in order. Another bot's commands
    are ignored; a word that is nearly one of ours is answered."""
    found: list[CommandAction] = []
    for line in lines:
        deed = _asked(line)
        if deed and deed not in found:
            found.append(deed)
    return tuple(found[:_MOST])


def nearest(word: str, known: Iterable[str]) -> str:
    """The word that was meant, "" when none is near: one letter off, or two swapped."""
    names = list(known)
    close = difflib.get_close_matches(word[:40].lower(), names, n=1, cutoff=0.82)
    swapped = [name for name in names if sorted(name) == sorted(word[:40].lower())]
    return (close + swapped + [""])[0]


def _asked(line: str) -> CommandAction | None:
    name = name_of(line)
    command = registry().get(name)
    if command is None or len(line) > LONGEST:
        meant = nearest(name, registry()) if command is None else ""
        return _unknown(line, name, registry()[meant]) if meant else None
    try:
        parts = read(line)
        _check_flags(command, parts)
        deed = command.understand(parts)
    except CommandError as mistake:
        return CommandAction(command.name, "say", command.permission, ("issue", "pull"), lines=(spot(line, mistake),))
    return replace(deed, command=command.name, permission=command.permission, on=command.on)


def _unknown(line: str, name: str, meant: SlashCommand) -> CommandAction:
    """Nobody gets a mistake explained who could not have made it right, lest a stranger makes the bot talk."""
    mistake = CommandError(f"Did you mean `{meant.usage}`?", Word(name, 0, len(name) + 1))
    return CommandAction(meant.name, "say", meant.permission, ("issue", "pull"), lines=(spot(line, mistake),))


def _check_flags(command: SlashCommand, line: CommandLine) -> None:
    for name, word in line.flags.items():
        if name not in command.flags:
            meant = nearest(name, command.flags)
            hint = f"Did you mean `--{meant}`?" if meant else f"It is used like this: `{command.usage}`"
            raise CommandError(f"`/{command.name}` has no flag of that name. {hint}", word)
        if command.flags[name] != bool(word.text):
            wanted = f"needs a value: `--{name}=…`" if command.flags[name] else "takes no value"
            raise CommandError(f"`--{name}` {wanted}.", word)
