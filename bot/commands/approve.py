"""Approves the plan that waits for it on this issue, or the one with that digest only; or an incident's fix."""

import re

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand
from workflows.messages import PlannedRequest

_DIGEST = re.compile(r"[0-9a-f]{6,64}")


def _approve(line: CommandLine) -> CommandAction:
    if len(line.words) > 1:
        raise CommandError("`/approve` takes the digest of the plan and no other word.", line.words[1])
    digest = line.texts[0].lower() if line.words else ""
    if digest and not _DIGEST.fullmatch(digest):
        raise CommandError("Name the digest as the plan shows it, at least six digits, or nothing.", line.words[0])
    return CommandAction("planned", planned=PlannedRequest("approve", digest=digest), at_least="write")


APPROVE = SlashCommand(_approve, "[digest]", on=("issue",))
