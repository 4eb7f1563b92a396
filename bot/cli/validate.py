"""`autobuild validate`"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from activities.errors import UserError
from bot.printable import printable

if TYPE_CHECKING:
    from activities.repo_config import Mistake


@click.command(name="validate")
@click.argument("file", type=click.Path(path_type=Path), default=Path(".github/autobuild.yml"))
def command(file: Path) -> int:
    """Validate a repository's .github/autobuild.yml. Exit code: 0 valid, 1 invalid."""
    found = mistakes(file)
    for mistake in found:
        click.echo(printable(f"{file}:{mistake.line}: {mistake.message}"))
    if not found:
        click.echo(printable(f"{file} is valid."))
    return 1 if found else 0


def mistakes(file: Path) -> "list[Mistake]":
    """Every mistake, in the order of the lines. Raises UserError where the file cannot be read."""
    from activities.plugins import plugin_names
    from activities.repo_config import Mistake, unknown_commands, validate
    from activities.reporting.github_errors import CONFIG_IS_NO_FILE

    if file.is_symlink():
        return [Mistake(1, CONFIG_IS_NO_FILE)]  # the gate reads git's files, where a link is a text of its own
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read: {error}.") from error
    if found := validate(text):
        return found
    # Their names are those of their files: to import the commands is to import all that they start.
    return unknown_commands(text, [name.replace("_", "-") for name in plugin_names("bot.commands")])
