"""A command that no program could be given is refused before anything is started."""

from activities.errors import UserError
from activities.sandbox import SandboxCommand


def checked(command: SandboxCommand) -> None:
    """Raises UserError for an empty command, a NUL anywhere and names that no variable can have."""
    if not command.argv or not command.argv[0]:
        raise UserError("The command is empty. Name the program to run.")
    if any("\0" in text for text in (*command.argv, command.cwd, *command.env, *command.env.values())):
        raise UserError("The command holds a NUL character, which no program can be given. Remove it.")
    for name in command.env:
        if not name or "=" in name:
            raise UserError(f"{name!r} cannot be the name of an environment variable. Rename it.")
