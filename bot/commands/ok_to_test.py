"""Approves running the checks of a fork's commit that you reviewed."""

import re

from bot.commands import BranchRequest, CommandAction, CommandError, CommandLine, SlashCommand

_SHA = re.compile(r"[0-9a-f]{7,40}|[0-9a-f]{64}")


def _trust(line: CommandLine) -> CommandAction:
    """The commit is written out, because a newer push must not inherit the approval."""
    if len(line.words) != 1 or not _SHA.fullmatch(line.texts[0].lower()):
        wrong = line.words[0] if line.words else None
        raise CommandError("Name the commit that you have read: `/ok-to-test <sha>`.", wrong)
    return CommandAction("signal", request=BranchRequest("trust", sha=line.texts[0].lower()))


OK_TO_TEST = SlashCommand(_trust, "<sha>")
