"""Retries what was stopped or failed."""

from bot.commands import BranchRequest, CommandAction, CommandError, CommandLine, SlashCommand


def _retry(line: CommandLine) -> CommandAction:
    if line.words:
        raise CommandError("`/retry` takes no words; `/retest <check>` runs one check again.", line.words[0])
    return CommandAction("signal", request=BranchRequest("rerun", ("failed",)), work_signal="retry")


RETRY = SlashCommand(_retry, on=("issue", "pull"))
