"""Tries again what was stopped or did not pass: the gate of this pull request, or the work on this issue."""

from bot.commands import BranchRequest, CommandAction, CommandError, CommandLine, SlashCommand


def _retry(line: CommandLine) -> CommandAction:
    if line.words:
        raise CommandError("`/retry` takes no words; `/retest <check>` runs one check again.", line.words[0])
    return CommandAction("retry", "signal", request=BranchRequest("rerun", ("failed",)), work_signal="retry")


RETRY = SlashCommand("retry", str(__doc__), "/retry", _retry, on=("issue", "pull"))
