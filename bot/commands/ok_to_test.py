"""Approves running the checks of a fork's commit that you reviewed."""

import re

from bot.commands import BranchRequest, CommandAction, CommandError, CommandLine, SlashCommand

_HEX = re.compile(r"[0-9a-f]{0,64}")


def _trust(line: CommandLine) -> CommandAction:
    """The commit is written out in full: a newer push must not inherit the approval, and two commits with the same
    first digits are made in a second. What is short or missing is answered with the command to copy."""
    sha = line.texts[0].lower() if line.words else ""
    if len(line.words) > 1 or not _HEX.fullmatch(sha):
        raise CommandError("Name the commit that you have read: `/ok-to-test <sha>`.", line.words[-1])
    return CommandAction("signal", request=BranchRequest("trust", sha=sha))


OK_TO_TEST = SlashCommand(_trust, "<sha>")
