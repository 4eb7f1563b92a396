"""Runs the checks again: all of them, those named, or `failed` for those that failed."""

from bot.commands import BranchRequest, CommandAction, CommandError, CommandLine, SlashCommand, check_names

_ALL, _FAILED = "all", "failed"


def _rerun(line: CommandLine) -> CommandAction:
    checks = check_names(line.words, (_ALL, _FAILED))
    if _FAILED in checks and len(checks) > 1:
        raise CommandError(f"`/retest {_FAILED}` takes no other names.", line.words[0])
    request = BranchRequest("rerun", () if _ALL in checks else checks)
    return CommandAction("signal", request=request)


RETEST = SlashCommand(_rerun, "[check …]")
