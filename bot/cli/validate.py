"""`autobuild validate`: a repository's configuration, with the names that only the door knows."""

from collections.abc import Iterator
from pathlib import Path

from activities.errors import UserError
from activities.repo_config import Mistake, parse, validate
from activities.repo_config.strict_yaml import read
from bot.commands import nearest, registry


def mistakes(file: Path) -> list[Mistake]:
    """Everything that is wrong, in the order of the lines. Raises UserError where the file cannot be read."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read: {error}.") from error
    return validate(text) or list(_commands(text))


def _commands(text: str) -> Iterator[Mistake]:
    """A permission for a command that does not exist protects nothing."""
    document = read(text)
    for name in parse(text).commands:
        if name not in registry():
            meant = nearest(name, registry())
            mend = f"did you mean `{meant}`?" if meant else f"there are {', '.join(f'`{one}`' for one in registry())}."
            yield Mistake(document.line(("commands", name)), f"There is no command `/{name}`: {mend}")
