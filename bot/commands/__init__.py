"""One slash command a file: its name is the file's, its help the first line of the file's docstring.

A command is understood here, at the door, and done elsewhere: what it asks for travels in a
`workflows.messages.Request`, and so does the answer to a command that was not understood.
"""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from activities.errors import UserError
from activities.plugins import load

Permission = Literal["read", "write"]
Asked = tuple[str, ...]
"""(command, *args), as `workflows.messages.Request` explains them."""

MISTAKE = "mistake"
_MOST = 10
"""Commands of one comment; the rest of a longer list is not meant seriously."""


class Mistake(UserError):
    """What a person wrote after a command makes no sense. The text says what would."""


@dataclass(frozen=True)
class Command:
    """`usage` is what one types, `permission` what one needs on the repository. `understand` takes the
    words behind the name and gives the request's args; it raises Mistake."""

    name: str
    help: str
    usage: str
    understand: Callable[[Asked], Asked]
    permission: Permission = "write"


@cache
def registry() -> dict[str, Command]:
    """Every command by its name."""
    import bot.commands as package

    return {command.name: command for command in load(package, Command).values()}


def asked(lines: Iterable[str]) -> tuple[Asked, ...]:
    """What the slash lines of one comment ask for, each thing once, in order. Another bot's commands
    are ignored; a word that is nearly one of ours is answered."""
    found = (_asked(*line[1:].split()) for line in lines)
    return tuple(dict.fromkeys(one for one in found if one))[:_MOST]


def permission(asks: Iterable[Asked]) -> Permission:
    """What a person needs for the strictest of these. Nobody gets a mistake explained who could not
    have made it right, lest a stranger makes the bot talk."""
    mild = {name for name, command in registry().items() if command.permission == "read"}
    return "read" if all(name in mild for name, *_ in asks) else "write"


def nearest(word: str, known: Iterable[str]) -> str:
    """The word that was meant, "" when none is near: one letter off, or two swapped."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.82)
    swapped = [name for name in names if sorted(name) == sorted(word)]
    return (close + swapped + [""])[0]


def _asked(word: str = "", *words: str) -> Asked:
    command = registry().get(word)
    if command is None:
        meant = nearest(word[:40], registry())
        return (MISTAKE, f"Did you mean `{registry()[meant].usage}`?") if meant else ()
    try:
        return (command.name, *command.understand(words))
    except Mistake as mistake:
        return (MISTAKE, str(mistake))
