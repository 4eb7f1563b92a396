"""Overrides one check for this commit; the reason is shown."""

from bot.commands import BranchRequest, CommandAction, CommandError, CommandLine, SlashCommand, check_names, reason_of


def _override(line: CommandLine) -> CommandAction:
    """The reason may be quoted or not."""
    if not line.words:
        raise CommandError("Name the check and your reason: `/override <check> <reason>`.")
    checks = check_names(line.words[:1])
    if len(checks) != 1:
        raise CommandError("`/override` takes one check.", line.words[0])
    return CommandAction(
        "signal", request=BranchRequest("override", checks, reason_of(line, line.words[0], line.words[1:]))
    )


OVERRIDE = SlashCommand(_override, "<check> <reason>", permission="maintain")
