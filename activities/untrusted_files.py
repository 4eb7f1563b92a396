"""The one way to open files that untrusted code may have written: reports, checkouts, installed environments.

Such a name can be anything: a link to a file of this host, a pipe that blocks whoever opens it, a device, a file
without end. It can also be replaced while we look at it. So a path is walked from an open folder, one component at a
time, and every component is opened relative to the folder before it, without following links. Only regular files
are opened, and never more is read than the caller allows.

All functions block; call them in a thread where the file system may be slow.
"""

import contextlib
import errno
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe would wait for a writer for ever, so opening it must not block.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

# Each level may hold a descriptor, and no honest path is deeper.
_DEEPEST = 200
_MOST_LINKS = 40

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


@dataclass(frozen=True)
class UntrustedFolder:
    """A folder whose contents are untrusted. The way to `root` itself is trusted, and may lead through links.

    Paths are relative to the root, with forward slashes and without `..`. Names that are not UTF-8 are as Python
    decodes them (surrogate escapes). `follow_links`: reading follows relative links that do not lead out of the
    folder, as a repository may contain; writing never does. Methods raise `UntrustedFileError`.
    """

    root: Path
    follow_links: bool = False

    def read_bytes(self, path: str, limit: int) -> bytes:
        """The content of a regular file of at most `limit` bytes."""
        with self._open_file(path) as file:
            if os.fstat(file.fileno()).st_size > limit:
                size = f"{limit // 1024**2} MiB" if limit >= 1024**2 else f"{limit:,} bytes"
                raise UntrustedFileError(path, f"is larger than {size}")
            return file.read(limit)

    def read_text(self, path: str, limit: int) -> str:
        r"""The same as text: what is not UTF-8 is replaced, and every line ends with `\n`."""
        return self.read_bytes(path, limit).decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")

    def is_file(self, path: str) -> bool:
        """Whether there is a regular file that could be read."""
        try:
            with self._open_file(path):
                return True
        except UntrustedFileError:
            return False

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder that could be listed."""
        try:
            with self._open_folder(path):
                return True
        except UntrustedFileError:
            return False

    def names(self, path: str = ".") -> tuple[str, ...]:
        """The sorted names of everything in a folder; none if there is no such folder."""
        return tuple(name for name, _ in self._entries(path))

    def files(self, path: str = ".", enter: Callable[[str], bool] = lambda folder: True) -> Iterator[str]:
        """The paths of all regular files below a folder, and with `follow_links` those of links, which are not
        looked behind. Only folders for which `enter(path)` is true are walked; no folder behind a link is. A folder
        that cannot be read counts as empty."""
        pending = [path]
        while pending:
            folder = pending.pop()
            for name, mode in self._entries(folder):
                child = name if folder == "." else f"{folder}/{name}"
                if stat.S_ISDIR(mode):
                    if enter(child):
                        pending.append(child)
                elif stat.S_ISREG(mode) or (self.follow_links and stat.S_ISLNK(mode)):
                    yield child

    def write(self, path: str, data: bytes) -> None:
        """Writes a new file, and makes the folders on its way. A file, link or pipe of that name is replaced."""
        with self._create_file(path, 0o644) as file:
            file.write(data)

    def copy(self, path: str, to: "UntrustedFolder") -> None:
        """Copies a regular file, with its permissions and time of change, to the same path in another folder, as
        `write` does. A hole in it becomes zeros on the disk."""
        with self._open_file(path) as source:
            facts = os.fstat(source.fileno())
            with to._create_file(path, facts.st_mode & 0o777) as target:
                shutil.copyfileobj(source, target, 1024**2)
                target.flush()
                os.utime(target.fileno(), ns=(facts.st_atime_ns, facts.st_mtime_ns))

    def move(self, path: str, to: "UntrustedFolder") -> None:
        """Moves a regular file to the same path in another folder of the same file system, as `write` does."""
        with self._locate(path, writing=False) as (source, name), to._locate(path, writing=True) as (target, new_name):
            _require_regular(path, os.stat(name, dir_fd=source, follow_symlinks=False))
            os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
            if not stat.S_ISREG(os.stat(new_name, dir_fd=target, follow_symlinks=False).st_mode):
                os.unlink(new_name, dir_fd=target)  # replaced since the look above
                raise UntrustedFileError(path, "is not a regular file")

    def keep_regular_files(self) -> None:
        """Removes all but regular files and folders, and makes these readable. No process may still write here.

        Whoever opens a report later would follow a link to a file of this host, and wait at a pipe for ever.
        """
        pending = ["."]
        while pending:
            folder = pending.pop()
            with contextlib.suppress(UntrustedFileError), self._open_folder(folder) as handle:
                for name in os.listdir(handle):
                    with contextlib.suppress(OSError, RecursionError):
                        mode = os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode
                        if stat.S_ISREG(mode):
                            os.chmod(name, stat.S_IMODE(mode) | 0o600, dir_fd=handle)
                        elif not stat.S_ISDIR(mode):
                            os.unlink(name, dir_fd=handle)
                        elif folder.count("/") + 1 > _DEEPEST:  # nothing in it can be opened
                            shutil.rmtree(name, ignore_errors=True, dir_fd=handle)
                        else:
                            os.chmod(name, stat.S_IMODE(mode) | 0o700, dir_fd=handle)
                            pending.append(f"{folder}/{name}")

    def _entries(self, path: str) -> list[tuple[str, int]]:
        """The sorted names in a folder with their modes; empty for a folder that cannot be read."""
        found = []
        with contextlib.suppress(UntrustedFileError), self._open_folder(path) as handle:
            for name in sorted(os.listdir(handle)):
                with contextlib.suppress(OSError):  # removed meanwhile
                    found.append((name, os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode))
        return found

    @contextlib.contextmanager
    def _open_file(self, path: str) -> Iterator[BinaryIO]:
        with self._locate(path, writing=False) as (folder, name):
            # Opening a device can make it act, so that is asked first; what was opened is asked again.
            _require_regular(path, os.stat(name, dir_fd=folder, follow_symlinks=False))
            with os.fdopen(os.open(name, _FILE, dir_fd=folder), "rb") as file:
                _require_regular(path, os.fstat(file.fileno()))
                yield file

    @contextlib.contextmanager
    def _open_folder(self, path: str) -> Iterator[int]:
        with self._locate(path, writing=False) as (folder, name):
            handle = os.open(name, _FOLDER, dir_fd=folder)
            try:
                yield handle
            finally:
                os.close(handle)

    @contextlib.contextmanager
    def _create_file(self, path: str, mode: int) -> Iterator[BinaryIO]:
        with self._locate(path, writing=True) as (folder, name):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            with os.fdopen(os.open(name, _NEW_FILE, mode, dir_fd=folder), "wb") as file:
                yield file

    @contextlib.contextmanager
    def _locate(self, path: str, writing: bool) -> Iterator[tuple[int, str]]:
        """An open folder and a name in it, which together are the place of `path`; the name may be ".".

        What is then done with the two may raise OSError: it becomes an `UntrustedFileError` here.
        """
        if path.startswith("/") or ".." in path.split("/"):
            raise UntrustedFileError(path, "leads out of its folder")
        folders: list[int] = []
        try:
            folders.append(os.open(self.root, _FOLDER & ~os.O_NOFOLLOW))
            name = self._walk(path, writing, folders)
            yield folders[-1], name
        except OSError as error:
            raise UntrustedFileError(path, _REASONS.get(error.errno or 0, f"cannot be opened: {error}")) from error
        except ValueError as error:  # a NUL, or a surrogate that stands for no byte
            raise UntrustedFileError(path, "is not a path") from error
        finally:
            for folder in folders:
                os.close(folder)

    def _walk(self, path: str, writing: bool, folders: list[int]) -> str:
        """Opens the folders on the way, and gives the last name.

        All of them stay open: `..` in a link's target leads back to the one before, and can therefore never lead
        above the root, whatever is renamed meanwhile. For writing, missing folders are made, and a link is an error
        in the middle of the path and a name to be replaced at its end.
        """
        pending, links = _parts(path), 0
        while pending:
            part = pending.pop()
            if part == "..":
                if len(folders) == 1:
                    raise UntrustedFileError(path, "leads out of its folder")
                os.close(folders.pop())
            elif writing and not pending:
                return part
            elif (target := _link_target(part, folders[-1])) is not None:
                links += 1
                if writing or not self.follow_links or links > _MOST_LINKS:
                    raise UntrustedFileError(path, "is behind a link")
                if target.startswith("/"):
                    raise UntrustedFileError(path, "leads out of its folder")
                pending += _parts(target)
            elif not pending:
                return part
            else:
                if len(folders) > _DEEPEST:
                    raise UntrustedFileError(path, "is nested too deeply")
                if writing:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(part, 0o755, dir_fd=folders[-1])
                folders.append(os.open(part, _FOLDER, dir_fd=folders[-1]))
        return "."


def remove_tree(path: Path) -> None:
    """Removes a folder with all that untrusted code left in it: locked folders (mode 000), trees deeper than a path
    can name. Never follows a link out of it. What cannot be removed is left: nothing here is worth failing a check
    whose result is known."""
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return
    except (OSError, RecursionError):
        # chmod and rm walk by file descriptor, without recursion.
        for tool in (("chmod", "-R", "u+rwx"), ("rm", "-rf")):
            subprocess.run([*tool, "--", path], capture_output=True, check=False)


def _parts(path: str) -> list[str]:
    """The components of a path, the first one last."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


def _link_target(name: str, folder: int) -> str | None:
    """None for what is no link; what is wrong with it, whoever opens it finds out."""
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError:
        return None


def _require_regular(path: str, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise UntrustedFileError(path, "is not a regular file")
