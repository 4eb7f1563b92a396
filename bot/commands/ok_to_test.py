"""Runs the checks on a fork's head that you have read; the trust is bound to that one commit."""

import re

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand

_SHA = re.compile(r"[0-9a-f]{7,40}|[0-9a-f]{64}")


def _trust(line: CommandLine) -> CommandAction:
    """The commit is written out, because a newer push must not inherit the trust."""
    if len(line.words) != 1 or not _SHA.fullmatch(line.plain[0].lower()):
        wrong = line.words[0] if line.words else None
        raise CommandError("Name the commit that you have read: `/ok-to-test <sha>`.", wrong)
    return CommandAction("ok-to-test", "trust", head=line.plain[0].lower())


OK_TO_TEST = SlashCommand("ok-to-test", str(__doc__), "/ok-to-test <sha>", _trust)
