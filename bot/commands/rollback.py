"""Takes back a step of the running migration, or all of it; or an incident's fix."""

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand


def _rollback(line: CommandLine) -> CommandAction:
    if len(line.words) > 1:
        raise CommandError("Name one step, or none for the whole migration.", line.words[1])
    step = line.texts[0] if line.words else ""
    return CommandAction("migration", migration_signal="rollback", target=step)


ROLLBACK = SlashCommand(_rollback, "[step]", on=("issue", "pull"))
