"""One slash command a file: its name is the file's, with hyphens, and its help the first line of the file's docstring.

A command is parsed here, in the webhook server, and carried out by `CommandWorkflow`: what it asks for travels as a
`CommandAction`, and so does the answer to a command that could not be parsed.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

from activities.plugins import help_line, load, plugin_names
from bot.comment_syntax import (
    LONGEST,
    CommandError,
    CommandLine,
    Word,
    command_lines,
    mark_mistake,
    name_of,
    parse_line,
    parse_text,
)
from workflows.messages import BranchRequest, CommandAction, HelpLine

__all__ = [
    "TO_ACCEPT",
    "BranchRequest",
    "CommandAction",
    "CommandError",
    "CommandLine",
    "HelpLine",
    "Permission",
    "SlashCommand",
    "Word",
    "accept_by_button",
    "check_names",
    "command_lines",
    "nearest",
    "parse_commands",
    "reason_of",
    "registry",
]

Permission = Literal["read", "triage", "write", "maintain", "admin"]

TO_ACCEPT = "override"
"""Who may let a commit pass without a check may let its findings pass."""

_SHORTEST, _LONGEST = 5, 300
"""Characters of a reason."""

_MOST = 10
"""Commands of one comment; the rest of a longer list is ignored."""


@dataclass(frozen=True)
class SlashCommand:
    """`parse` gives what is to be done; it raises CommandError. `arguments` are shown behind the name, `permission` is
    what one needs on the repository unless its configuration says otherwise. `flags` are the flags' names and whether
    each takes a value. `on` is where it can be used: `pull`, `issue`. `takes_text`: what stands behind the name is a
    text, which no history holds, and its words are no arguments.

    `name` and `help` are the file's: `registry` fills them in."""

    parse: Callable[[CommandLine], CommandAction]
    arguments: str = ""
    permission: Permission = "write"
    flags: Mapping[str, bool] = field(default_factory=dict)
    on: tuple[str, ...] = ("pull",)
    takes_text: bool = False
    name: str = ""
    help: str = ""

    @property
    def usage(self) -> str:
        """What one types: `/override <check> <reason>`."""
        return f"/{self.name} {self.arguments}".rstrip()


@cache
def registry() -> dict[str, SlashCommand]:
    """Every command by its name."""
    import bot.commands as package

    return {
        (name := file.replace("_", "-")): replace(command, name=name, help=help_line(package.__name__, file))
        for file, command in load(package, SlashCommand).items()
    }


def parse_commands(lines: Iterable[str]) -> tuple[CommandAction, ...]:
    """What the command lines of one comment ask for, each thing once, in order. Another bot's commands are ignored; a
    name that is nearly one of ours is answered."""
    actions: list[CommandAction] = []
    for line in lines:
        action = _parse(line)
        if action and action not in actions:
            actions.append(action)
    return tuple(actions[:_MOST])


def _parse(line: str) -> CommandAction | None:
    name = name_of(line)
    command, mistake = registry().get(name), None
    if command is None or (len(line) > LONGEST and not command.takes_text):
        # A misspelt command is answered only to who could have used the right one.
        meant = nearest(name, registry()) if command is None else ""
        if not meant:
            return None
        command = registry()[meant]
        # A text is not shown again: it would be in a history.
        wrong = None if command.takes_text else Word(name, 0, len(name) + 1)
        mistake = CommandError(f"Did you mean `{command.usage}`?", wrong)
    else:
        try:
            text = command.takes_text
            parts = parse_text(line, command.flags) if text else _with_values(command, parse_line(line))
            _check_flags(command, parts)
            action = command.parse(parts)
            needed = registry()[action.needs or command.name].permission
            # What is asked of a branch needs one; of a label's work too, it can be asked anywhere.
            on = ("pull",) if action.request and not action.work_signal else command.on
            return replace(action, command=command.name, permission=needed, on=on)
        except CommandError as error:
            mistake = error
    lines = (mark_mistake(line, mistake),)
    return CommandAction("reply", command.name, command.permission, ("issue", "pull"), lines=lines)


def _with_values(command: SlashCommand, line: CommandLine) -> CommandLine:
    """The line, each flag that takes a value and stands alone with the word behind it: `--until 2026-12-31`."""
    words, flags = list(line.words), dict(line.flags)
    for name, flag in flags.items():
        behind = next((word for word in words if line.text[flag.end : word.start].isspace()), None)
        if command.flags.get(name) and not flag.text and behind:
            words.remove(behind)
            flags[name] = Word(behind.text, flag.start, behind.end)
    return replace(line, words=tuple(words), flags=flags)


def _check_flags(command: SlashCommand, line: CommandLine) -> None:
    for name, word in line.flags.items():
        if name not in command.flags:
            meant = nearest(name, command.flags)
            hint = f"Did you mean `--{meant}`?" if meant else f"Usage: `{command.usage}`"
            raise CommandError(f"`/{command.name}` has no such flag. {hint}", word)
        if command.flags[name] != bool(word.text):
            needed = f"needs a value: `--{name}=…`" if command.flags[name] else "takes no value"
            raise CommandError(f"`--{name}` {needed}.", word)


def reason_of(line: CommandLine, check: Word, words: Iterable[Word]) -> str:
    """The words behind the check's name, quoted or not. Raises CommandError where they are too few or too many."""
    reason = " ".join(word.text for word in words).strip()
    if not _SHORTEST <= len(reason) <= _LONGEST:
        behind = Word(reason, check.end, len(line.text.rstrip()))
        raise CommandError(f"Give a reason of {_SHORTEST} to {_LONGEST} characters after the check's name.", behind)
    return reason


def accept_by_button(check: str) -> CommandAction:
    """What the button *Accept baseline* of this check stands for: `/baseline accept` without a reason."""
    request = BranchRequest("accept_baseline", (check,))
    needed = registry()[TO_ACCEPT].permission
    return CommandAction("signal", "baseline", needed, request=request, needs=TO_ACCEPT)


def nearest(word: str, known: Iterable[str]) -> str:
    """The word that was meant, "" when none is near: one letter off, or two swapped."""
    candidates = list(known)
    close = difflib.get_close_matches(word[:40].lower(), candidates, n=1, cutoff=0.82)
    swapped = [name for name in candidates if sorted(name) == sorted(word[:40].lower())]
    return (close + swapped + [""])[0]


def check_names(words: Iterable[Word], also: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The checks that are named, by spaces or commas, each once; `also` are words that are allowed beside them.

    `unit-tests` and `Unit_Tests` are `unit_tests`. Raises CommandError with the nearest name.
    """
    known, found = (*plugin_names("activities.checks"), *also), []
    for word in words:
        at = word.start
        for part in word.text.split(","):  # each part of `linting,coverage` has its own place in the line
            name = part.lower().replace("-", "_")
            if part and name not in known:
                meant = nearest(name, known)
                hint = f"Did you mean `{meant}`?" if meant else f"Known: {', '.join(f'`{one}`' for one in known)}."
                raise CommandError(f"There is no check of that name. {hint}", Word(part, at, at + len(part)))
            if part:
                found.append(name)
            at += len(part) + 1
    return tuple(dict.fromkeys(found))
