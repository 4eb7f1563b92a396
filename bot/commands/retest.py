"""Runs the checks again: all of them, those named, or `failed` for those that did not pass."""

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand
from bot.comments.check_names import checks_of
from workflows.command_actions import ACTOR, DELIVERY, HEAD

_EVERY, _FAILED = "all", "failed"


def _rerun(line: CommandLine) -> CommandAction:
    wanted = checks_of(line.words, (_EVERY, _FAILED))
    if _FAILED in wanted and len(wanted) > 1:
        raise CommandError(f"`/retest {_FAILED}` takes no other names.", line.words[0])
    checks = () if _EVERY in wanted else wanted
    message = {"sha": HEAD, "checks": checks, "actor": ACTOR, "delivery": DELIVERY}
    return CommandAction("retest", "signal", signal="rerun", message=message)


RETEST = SlashCommand("retest", str(__doc__), "/retest [check …]", _rerun)
