"""Changes the code as the comment says, answers open reviews and failing checks, and pushes what passes the checks."""

from bot.commands import CommandAction, CommandLine, SlashCommand
from workflows.messages import AskedPatch


def _patch(line: CommandLine) -> CommandAction:
    return CommandAction("patch", patch=AskedPatch(dry_run="dry-run" in line.flags))


PATCH = SlashCommand(_patch, "<instruction> [--dry-run]", flags={"dry-run": False}, takes_text=True)
