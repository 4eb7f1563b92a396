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
    """Every mistake, in the order of the lines. Raises UserError where the file cannot be read.

    The configuration's own rules do not know the slash commands, so those are checked here: a permission for a
    command that does not exist protects nothing.
    """
    from activities.repo_config import Mistake, parse, validate
    from activities.repo_config.strict_yaml import read
    from activities.reporting.github_errors import CONFIG_IS_NO_FILE
    from bot.commands import nearest, registry

    if file.is_symlink():
        return [Mistake(1, CONFIG_IS_NO_FILE)]  # the gate reads git's files, where a link is a text of its own
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read: {error}.") from error
    if found := validate(text):
        return found
    document, known = read(text), registry()
    for name in parse(text).commands:
        if name not in known:
            meant = nearest(name, known)
            fix = f"did you mean `{meant}`?" if meant else f"the commands are {', '.join(f'`{one}`' for one in known)}."
            found.append(Mistake(document.line(("commands", name)), f"There is no command `/{name}`: {fix}"))
    return found
