"""The data folder and what is in it are this user's alone: private sources, the App's key, everybody's results."""

import contextlib
import os
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

DEFAULT_DATA = "~/.local/share/autobuild"
"""What the documentation says of `default_data`."""

OURS = (
    *("app", "mirrors", "checkouts", "environments", "prepared", "downloads", "results", "accepted", "scratch", "demo"),
    *("pretend", "transcripts"),
)
"""The folders in it. What is in them may be open to others: a checkout has git's modes."""

_DATABASE = "temporal.db*"
_FOLDER, _FILE = 0o700, 0o600
_EARLIER = Path(".autobuild")


def default_data() -> Path:
    """The platform's folder for this account's data: the same from every working directory. Raises ValueError where the
    account has none."""
    from platformdirs import user_data_path

    return _of_account(user_data_path)


def default_cache() -> Path:
    """The platform's folder for what this account can compute again. Raises ValueError where it has none."""
    from platformdirs import user_cache_path

    return _of_account(user_cache_path)


def _of_account(path: Callable[[str], Path]) -> Path:
    try:
        return path("autobuild")
    except RuntimeError:
        raise ValueError("must be set: this account has no home folder") from None


def mention_earlier_folder(environ: Mapping[str, str]) -> None:
    """An earlier version kept its data in the folder `.autobuild` of the working directory. Nothing is moved."""
    if environ.get("AUTOBUILD_DATA", "").strip():
        return
    here = _EARLIER.absolute()
    if any(os.path.lexists(here / name) for name in (*OURS, "temporal.db")):
        print(
            f"The data folder is {default_data()}; {here} of an earlier version is not used. "
            f"Move what is in it there, or set AUTOBUILD_DATA={here}.",
            file=sys.stderr,
            flush=True,
        )


def make_private(data: Path) -> None:
    """Makes the data folder, and closes it and what an earlier version left open. What belongs to another user stays as
    it is, and so does a folder like `/tmp`, in which everybody has files."""
    with contextlib.suppress(OSError):
        data.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    if data.is_dir() and not data.stat().st_mode & stat.S_ISVTX:
        _close(data, _FOLDER)
    for name in OURS:
        _close(data / name, _FOLDER)
    for file in data.glob(_DATABASE):
        _close(file, _FILE)


def keep_private() -> None:
    """From now on no file or folder that this process makes is open to others, unless it says so. Its child processes
    do the same; a repository's commands, and git for a checkout, have a mask of their own."""
    os.umask(0o077)


def _close(path: Path, mode: int) -> None:
    try:
        facts = path.lstat()
    except OSError:
        return
    if facts.st_uid == os.geteuid() and not stat.S_ISLNK(facts.st_mode) and stat.S_IMODE(facts.st_mode) & 0o077:
        path.chmod(mode)
