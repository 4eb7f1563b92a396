"""Resumes a paused migration."""

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand


def _resume(line: CommandLine) -> CommandAction:
    if line.words:
        raise CommandError("`/resume` takes no words.", line.words[0])
    return CommandAction("migration", migration_signal="resume_migration")


RESUME = SlashCommand(_resume, on=("issue", "pull"))
