"""A command held at the door until its limits are set.

A shell waits for a line of ours on standard input before it becomes the command. If the worker dies in
that moment the line never comes and nothing runs. The shell also gives every runner the same answer to
a program that is not there: exit code 127.

The command is nicer than the process that waits for it, which matters most for a fork bomb: the kernel
prefers new processes to an equal one that has to act on its own kill, for as long as new ones come.
"""

from activities.sandbox import SandboxCommand

_WITH_STDIN = 'read -r go && exec nice -n "$0" -- "$@"'
_WITHOUT_STDIN = 'read -r go && exec nice -n "$0" -- "$@" </dev/null'
_NICE = {False: "10", True: "5"}
"""By whether the run is urgent."""


def held(command: SandboxCommand) -> tuple[str, ...]:
    """What to start in place of `command.argv`, its standard input a pipe."""
    script = _WITH_STDIN if command.stdin else _WITHOUT_STDIN
    return ("/bin/sh", "-c", script, _NICE[command.limits.urgent], *command.argv)


def release(command: SandboxCommand) -> bytes:
    """What to write to the pipe. The shell reads its line byte by byte and leaves the rest."""
    return b"go\n" + command.stdin
