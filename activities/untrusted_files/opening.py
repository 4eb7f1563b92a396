"""Walking a path from an open folder, and the system calls that follow no link."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from activities.host_trouble import raise_host_trouble

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe would wait for a writer for ever, so opening it must not block.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

# Each level may hold a descriptor, and no honest path is deeper.
DEEPEST = 200
_MOST_LINKS = 40

Purpose = Literal["read", "look", "write"]
"""What a path is walked for. `read`: what is behind a link at its end, where links are followed at all. `look`: the
link itself. `write`: no link at all on the way, missing folders are made, and what is at its end will be replaced."""

_REASONS = {
    errno.ENOENT: "is missing",
    errno.ENOTDIR: "is missing",
    errno.ENAMETOOLONG: "has a name that is too long",
    errno.ELOOP: "is behind a link",
    errno.EACCES: "is not accessible (permission denied)",
    errno.ENXIO: "is not a regular file",
    errno.EISDIR: "is not a regular file",
}


class UntrustedFileError(Exception):
    """A file or folder that is not opened. `reason` completes a sentence: "is missing", "is not a regular file"."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path!r} {reason}.")


@contextlib.contextmanager
def located(root: Path, path: str, purpose: Purpose, follow_links: bool) -> Iterator[tuple[int, str]]:
    """An open folder and a name in it, which together are the place of `path`; the name may be ".".

    What is then done with the two may raise OSError: it becomes an `UntrustedFileError` here, or `HostTrouble`: what
    this host could not open is not missing.
    """
    if path.startswith("/") or ".." in path.split("/"):
        raise UntrustedFileError(path, "leads out of its folder")
    folders: list[int] = []
    try:
        folders.append(os.open(root, FOLDER & ~os.O_NOFOLLOW))
        name = _walk(path, purpose, follow_links, folders)
        yield folders[-1], name
    except OSError as error:
        raise_host_trouble(error)
        raise UntrustedFileError(path, _REASONS.get(error.errno or 0, f"cannot be opened: {error}")) from error
    except ValueError as error:  # a NUL, or a surrogate that stands for no byte
        raise UntrustedFileError(path, "is not a path") from error
    finally:
        for folder in folders:
            os.close(folder)


def _walk(path: str, purpose: Purpose, follow_links: bool, folders: list[int]) -> str:
    """Opens the folders on the way, and gives the last name.

    All of them stay open: `..` in a link's target leads back to the one before, and can therefore never lead above the
    root, whatever is renamed meanwhile.
    """
    pending, links = _parts(path), 0
    while pending:
        part = pending.pop()
        if part == "..":
            if len(folders) == 1:
                raise UntrustedFileError(path, "leads out of its folder")
            os.close(folders.pop())
            continue
        if not pending and (purpose != "read" or not follow_links):
            return part
        target = _link_target(part, folders[-1]) if not pending else _enter(path, part, purpose, folders)
        if target is None:
            if pending:
                continue
            return part
        links += 1
        if purpose == "write" or not follow_links or links > _MOST_LINKS:
            raise UntrustedFileError(path, "is behind a link")
        if target.startswith("/"):
            raise UntrustedFileError(path, "leads out of its folder")
        pending += _parts(target)
    return "."


def _enter(path: str, part: str, purpose: Purpose, folders: list[int]) -> str | None:
    """Opens a folder in the last of `folders`, and adds it there; what a link of that name says instead."""
    if len(folders) > DEEPEST:
        raise UntrustedFileError(path, "is nested too deeply")
    if purpose == "write":
        with contextlib.suppress(FileExistsError):
            make_open_folder(part, folders[-1])
    try:
        folders.append(os.open(part, FOLDER, dir_fd=folders[-1]))
    except OSError as error:
        if error.errno in (errno.ENOTDIR, errno.ELOOP) and (target := _link_target(part, folders[-1])) is not None:
            return target
        raise
    return None


def make_open_folder(name: str, folder: int) -> None:
    """With mode 755, whatever the worker's umask is: a repository's commands read it."""
    os.mkdir(name, 0o700, dir_fd=folder)
    handle = os.open(name, FOLDER, dir_fd=folder)
    try:
        os.fchmod(handle, 0o755)
    finally:
        os.close(handle)


def _parts(path: str) -> list[str]:
    """The components of a path, the first one last."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


def _link_target(name: str, folder: int) -> str | None:
    """None for what is no link; what is wrong with it, whoever opens it finds out."""
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError:
        return None


def require_regular(path: str, facts: os.stat_result) -> None:
    """Raises `UntrustedFileError` for what is no regular file."""
    if stat.S_ISLNK(facts.st_mode):
        raise UntrustedFileError(path, "is behind a link")
    if not stat.S_ISREG(facts.st_mode):
        raise UntrustedFileError(path, "is not a regular file")


def grant(name: str, folder: int, mode: int, bits: int) -> None:
    """Adds permissions to a file or folder whose mode was `mode`; never to what is behind a link of that name."""
    if mode & bits == bits:
        return
    if os.chmod in os.supports_follow_symlinks:
        os.chmod(name, stat.S_IMODE(mode) | bits, dir_fd=folder, follow_symlinks=False)
        return
    # Linux cannot say "not behind a link" before 6.6. A descriptor that only names the file can be made without any
    # permission for it.
    handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        found = os.fstat(handle).st_mode
        if stat.S_ISREG(found) or stat.S_ISDIR(found):
            os.chmod(f"/proc/self/fd/{handle}", stat.S_IMODE(found) | bits)
    finally:
        os.close(handle)
