"""Starts a program as an ordinary user, for tests that root runs.

In a mount namespace of its own the program can also reach what lies in folders that root keeps for itself: this
interpreter, our code, a test's temporary folders.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

USER = 12345
_BECOME_USER = f"setpriv --reuid {USER} --regid {USER} --clear-groups"
_OURS = (Path(sys.base_prefix), Path(sys.prefix), Path(__file__).parents[1])


def as_user(argv: Sequence[str], *owned: Path, as_root: bool = False) -> list[str]:
    """The command that runs `argv` as `USER`, who owns everything in the folders `owned`. `as_root`: it is root of a
    user namespace that has this one user, as in a container of a rootless engine."""
    prefix = "unshare --user --map-root-user " if as_root else ""
    script = "\n".join((*_mounts(*_OURS, *owned), *_owning(owned), f'exec {_BECOME_USER} -- {prefix}"$@"'))
    return ["unshare", "--mount", "/bin/sh", "-euc", script, "sh", *argv]


def _mounts(*needed: Path) -> Iterator[str]:
    """The shell's: what is behind a folder that is closed to the user is mounted again, in an open one."""
    closed = {path: parent for path in needed if (parent := _closed_parent(path))}
    yield "mask=$(umask); umask 022; mount -t tmpfs none /mnt"
    for number, path in enumerate(closed):
        yield f"mkdir /mnt/{number}; mount --bind '{path}' /mnt/{number}"
    for parent in set(closed.values()):
        yield f"mount -t tmpfs -o mode=755 none '{parent}'"
    for number, path in enumerate(closed):
        yield f"mkdir -p '{path}'; mount --move /mnt/{number} '{path}'"


def _owning(folders: Sequence[Path]) -> Iterator[str]:
    yield from (f"chown -R -h {USER}:{USER} '{folder}'" for folder in folders)
    yield 'umask "$mask"'


def _closed_parent(path: Path) -> Path | None:
    return next((parent for parent in reversed(path.parents) if not parent.stat().st_mode & 0o001), None)
