"""Removing trees that untrusted code has left: locked folders, links to anywhere, trees deeper than a path can name."""

import contextlib
import itertools
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from activities.untrusted_files.opening import FOLDER, grant


def remove_tree(path: Path) -> None:
    """Removes a folder with all that is in it, also locked folders (mode 000) and any depth; or the file or link that
    has its name. The way to its parent is trusted. What cannot be removed is left: nothing here is worth failing a
    check whose result is known."""
    with contextlib.suppress(OSError):
        parent = os.open(path.parent, FOLDER & ~os.O_NOFOLLOW)
        try:
            remove_at(parent, path.name)
        finally:
            os.close(parent)


def remove_at(folder: int, name: str) -> None:
    """The same in an open folder. Raises OSError for what is left."""
    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    if not stat.S_ISDIR(mode):
        os.unlink(name, dir_fd=folder)
        return
    grant(name, folder, mode, 0o700)
    top = os.open(name, FOLDER, dir_fd=folder)
    try:
        _empty(top)
    finally:
        os.close(top)
    os.rmdir(name, dir_fd=folder)


def _empty(top: int) -> None:
    """Folders of a folder are moved up before it is removed. So no depth needs more than two descriptors, and no
    name leads through a folder that somebody could have replaced by a link."""
    new_names = (f"removed-{secrets.token_hex(8)}-{number}" for number in itertools.count())
    progress = True
    while progress:
        progress = False
        for name in os.listdir(top):
            with contextlib.suppress(OSError):
                mode = os.stat(name, dir_fd=top, follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    grant(name, top, mode, 0o700)
                    handle = os.open(name, FOLDER, dir_fd=top)
                    try:
                        _move_up(handle, top, new_names)
                    finally:
                        os.close(handle)
                    os.rmdir(name, dir_fd=top)
                else:
                    os.unlink(name, dir_fd=top)
                progress = True


def _move_up(folder: int, top: int, new_names: Iterator[str]) -> None:
    for name in os.listdir(folder):
        with contextlib.suppress(OSError):
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                grant(name, folder, mode, 0o700)  # a folder that moves is written to: its `..` changes
                os.rename(name, next(new_names), src_dir_fd=folder, dst_dir_fd=top)
            else:
                os.unlink(name, dir_fd=folder)
