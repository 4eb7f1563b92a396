"""Lets this head pass without one check, for a reason that is written down beside the verdict."""

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand, Word
from bot.comments.check_names import check_of
from workflows.command_actions import ACTOR, DELIVERY, HEAD

_SHORTEST = 5
_LONGEST = 300


def _override(line: CommandLine) -> CommandAction:
    """The reason may stand in quotes or not."""
    if not line.words:
        raise CommandError("Name the check and your reason: `/override <check> <reason>`.")
    check = check_of(line.words[0])
    reason = " ".join(line.plain[1:]).strip()
    if not _SHORTEST <= len(reason) <= _LONGEST:
        behind = Word(reason, line.words[0].end, len(line.text.rstrip()))
        raise CommandError(f"Say why behind the check's name, in {_SHORTEST} to {_LONGEST} characters.", behind)
    message = {"sha": HEAD, "check": check, "reason": reason, "actor": ACTOR, "delivery": DELIVERY}
    return CommandAction("override", "signal", signal="override", message=message)


OVERRIDE = SlashCommand("override", str(__doc__), "/override <check> <reason>", _override, permission="maintain")
