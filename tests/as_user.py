"""Starts a program as an ordinary user that can reach what it needs, on a host where that lies below private folders.

`as_user(...)` gives the command line; this file is also that command's program. In a mount namespace of its own it binds
the given folders at their own places, below folders that everybody may enter, then becomes the user and the program.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

UID = 61999
"""An account without a name, and with nothing that is its own but what a test gives it."""


def as_user(argv: Sequence[str], reachable: Sequence[Path]) -> list[str]:
    """`argv` as user `UID`, who can reach `reachable`; this process has to be root."""
    itself = [os.path.realpath(sys.executable), "-I", "-S", __file__]
    return ["unshare", "--mount", "--propagation", "private", "--", *itself, *map(str, reachable), "--", *argv]


def _main() -> None:
    end = sys.argv.index("--")
    paths = [path for path in map(Path, sys.argv[1:end]) if _private_above(path)]
    holders = []
    for number, path in enumerate(paths):
        holder = Path(f"/run/as-user-{os.getpid()}-{number}")
        holder.mkdir()
        _mount("--bind", path, holder)
        holders.append(holder)
    for path in paths:
        while above := _private_above(path):
            _mount("-t", "tmpfs", "-o", "mode=755", "none", above)
            path.parent.mkdir(parents=True, exist_ok=True)
    for path, holder in zip(paths, holders, strict=True):
        path.mkdir(parents=True, exist_ok=True)
        _mount("--move", holder, path)
        holder.rmdir()
    os.setgroups([])
    os.setresgid(UID, UID, UID)
    os.setresuid(UID, UID, UID)
    os.execvp(sys.argv[end + 1], sys.argv[end + 1 :])


def _private_above(path: Path) -> Path | None:
    """The highest folder above `path` that others may not enter."""
    return next((folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001), None)


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)


if __name__ == "__main__":
    _main()
