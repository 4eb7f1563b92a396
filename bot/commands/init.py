"""Opens a pull request with a first .github/autobuild.yml: what was found in the repository, with comments."""

from bot.commands import CommandAction, CommandError, CommandLine, SlashCommand


def _init(line: CommandLine) -> CommandAction:
    if line.words:
        raise CommandError("`/init` takes no words.", line.words[0])
    return CommandAction("init")


INIT = SlashCommand(_init, on=("issue", "pull"))
