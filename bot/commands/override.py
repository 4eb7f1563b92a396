"""Overrides one check for this commit; the reason is shown."""

from bot.commands import BranchRequest, CommandAction, CommandError, CommandLine, SlashCommand, Word, check_names

_SHORTEST = 5
_LONGEST = 300


def _override(line: CommandLine) -> CommandAction:
    """The reason may be quoted or not."""
    if not line.words:
        raise CommandError("Name the check and your reason: `/override <check> <reason>`.")
    checks = check_names(line.words[:1])
    if len(checks) != 1:
        raise CommandError("`/override` takes one check.", line.words[0])
    reason = " ".join(line.texts[1:]).strip()
    if not _SHORTEST <= len(reason) <= _LONGEST:
        behind = Word(reason, line.words[0].end, len(line.text.rstrip()))
        raise CommandError(f"Give a reason of {_SHORTEST} to {_LONGEST} characters after the check's name.", behind)
    return CommandAction("signal", request=BranchRequest("override", checks, reason))


OVERRIDE = SlashCommand(_override, "<check> <reason>", permission="maintain")
