"""Pauses the running migration after its step."""

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand


def _pause(line: CommandLine) -> CommandAction:
    if line.words:
        raise CommandError("`/pause` takes no words.", line.words[0])
    return CommandAction("migration", migration_signal="pause_migration")


PAUSE = SlashCommand(_pause, on=("issue", "pull"))
