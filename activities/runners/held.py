"""A command held at the door until its limits are set.

A shell waits for a line of ours on standard input before it becomes the command. If the worker dies in
that moment the line never comes and nothing runs. The shell also gives every runner the same answer to
a program that is not there: exit code 127.

The command is nicer than the process that waits for it, which matters most for a fork bomb: the kernel
prefers new processes to an equal one that has to act on its own kill, for as long as new ones come.
"""

from activities.runners import Command

_WITH_STDIN = 'read -r go && exec nice -n 10 -- "$@"'
_WITHOUT_STDIN = 'read -r go && exec nice -n 10 -- "$@" </dev/null'


def held(command: Command) -> tuple[str, ...]:
    """What to start in place of `command.argv`, its standard input a pipe."""
    return ("/bin/sh", "-c", _WITH_STDIN if command.stdin else _WITHOUT_STDIN, "sh", *command.argv)


def release(command: Command) -> bytes:
    """What to write to the pipe. The shell reads its line byte by byte and leaves the rest."""
    return b"go\n" + command.stdin
