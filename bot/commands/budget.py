"""Shows what agents spent here; a maintainer sets what they may spend for this issue or pull request."""

import re

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand

_DOLLARS = re.compile(r"\$?(\d{1,5}(?:\.\d{1,2})?)\$?")
_MOST = 10_000.0


def _budget(line: CommandLine) -> CommandAction:
    if not line.words:
        return CommandAction("budget")
    if len(line.words) > 1:
        raise CommandError("Name one number, in US dollars: `/budget 20`.", line.words[1])
    found = _DOLLARS.fullmatch(line.texts[0])
    dollars = float(found[1]) if found else 0.0
    if not 0.01 <= dollars <= _MOST:
        raise CommandError("Write what may be spent here in all, in US dollars: `/budget 20`.", line.words[0])
    return CommandAction("budget", dollars=dollars, at_least="maintain")


BUDGET = SlashCommand(_budget, "[dollars]", on=("issue", "pull"))
