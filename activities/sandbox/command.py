"""How a command is started under limits: checked, with a clean environment, behind a gate until limits are set.

A shell waits for a line of ours on standard input before it becomes the command. If the worker dies in that moment,
the line never comes and nothing runs. The shell also gives every runner the same answer to a program that does not
exist: exit code 127.

The command is nicer than the process that waits for it, which matters most for a fork bomb: the kernel prefers new
processes to an equal one that has to act on its own kill, for as long as new ones come.
"""

import contextlib
import os
import re
import resource
import sys
from collections.abc import Mapping
from pathlib import Path

from activities.errors import UserError
from activities.reporting.markdown import code
from activities.sandbox import ResourceLimits, SandboxCommand

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

# What was withheld, each under a number. `command`: a name that this shell reserves is skipped, as it would be at the
# shell's start.
_GIVE_VARIABLES = (
    'autobuild_n=0; while eval "autobuild_v=\\${AUTOBUILD_$autobuild_n-}" && [ "$autobuild_v" ]; do '
    'command export "$autobuild_v" 2>/dev/null; unset "AUTOBUILD_$autobuild_n"; autobuild_n=$((autobuild_n + 1)); '
    "done; unset autobuild_n autobuild_v"
)
_GATE = (
    'umask 022; cd -- "$1" && unset OLDPWD && shift && read -r go && '
    f'{{ {_GIVE_VARIABLES}; exec nice -n "$0" -- "$@"; }}'
)
_GATE_WITHOUT_STDIN = f"{_GATE} </dev/null"
_EXPORTABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NICE, _NICE_URGENT = "10", "5"
_OPEN_FILES = 8192


def validate(command: SandboxCommand) -> None:
    """Raises UserError for an empty command, a NUL anywhere and names that no variable can have."""
    if not command.argv or not command.argv[0]:
        raise UserError("The command is empty. Name the program to run.")
    if any("\0" in text for text in (*command.argv, command.cwd, *command.env, *command.env.values())):
        raise UserError("The command contains a NUL character. Remove it.")
    for name in command.env:
        if not name or "=" in name:
            raise UserError(f"{code(name) or 'An empty name'} is not a valid variable name. Rename it.")


def clean_environment(command: SandboxCommand, home: str, tmp: str, install_env: Mapping[str, str]) -> dict[str, str]:
    """The command's variables over the install step's (with network only) over the basic ones. Nothing of the worker's
    own environment."""
    basic = {"PATH": SYSTEM_PATH, "HOME": home, "LANG": "C.UTF-8", "TMPDIR": tmp, "CI": "true"}
    return {**basic, **(install_env if command.network else {}), **command.env}


def withheld(environment: Mapping[str, str]) -> dict[str, str]:
    """The same under names that mean nothing, until the gate of `gated_command` is open: the command's user is set by
    a program that is root still, and whose loader would obey a repository's `LD_PRELOAD`. A name that no shell can
    export means nothing to that program either."""
    names = [name for name in environment if _EXPORTABLE.fullmatch(name)]
    given = {f"AUTOBUILD_{number}": f"{name}={environment[name]}" for number, name in enumerate(names)}
    return {**given, **{name: value for name, value in environment.items() if name not in names}}


def gated_command(command: SandboxCommand, folder: str) -> tuple[str, ...]:
    """What to start in place of `command.argv`, its standard input a pipe. It goes to `folder` and waits for
    `gated_stdin`."""
    nice = _NICE_URGENT if command.limits.urgent else _NICE
    return ("/bin/sh", "-c", _GATE if command.stdin else _GATE_WITHOUT_STDIN, nice, folder, *command.argv)


def gated_stdin(command: SandboxCommand) -> bytes:
    """Opens the gate. The shell reads its line byte by byte and leaves the rest to the command."""
    return b"go\n" + command.stdin


def set_rlimits(pid: int, limits: ResourceLimits, count_processes: bool = True) -> None:
    """Sets the kernel's limits of a process and all that it starts, before it starts others.

    Memory and process count are set at twice the limit: exceeding the limit itself is noticed by `supervise`, so that
    the result can say so, while these stop what grows faster than it looks. Never RLIMIT_AS: node and Go reserve far
    more address space than they use.
    """
    if sys.platform != "linux":  # prlimit(2) is Linux's alone
        return
    values = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_DATA: 2 * limits.memory,
    }
    major, minor = os.uname().release.split(".")[:2]
    # Since Linux 5.14 it counts the user's processes in the process's own user namespace; before, those of the whole
    # host, so that a busy account could start nothing. It never binds root.
    if count_processes and (int(major), int("".join(c for c in minor if c.isdigit()) or 0)) >= (5, 14):
        values[resource.RLIMIT_NPROC] = 2 * limits.processes
    for kind, value in values.items():
        _, hard = resource.prlimit(pid, kind)  # only root may raise the hard limit
        lowered = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.prlimit(pid, kind, (lowered, lowered))
    with contextlib.suppress(OSError):  # when memory runs out, untrusted code is killed first
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000")
