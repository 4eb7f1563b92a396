"""A folder whose contents are untrusted, and what may be done in it."""

import contextlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Literal

from activities.host_trouble import IgnoredFileErrors, raise_host_trouble
from activities.untrusted_files.opening import (
    DEEPEST,
    FILE,
    FOLDER,
    NEW_FILE,
    Purpose,
    UntrustedFileError,
    grant,
    located,
    make_open_folder,
    require_regular,
)
from activities.untrusted_files.removal import remove_at

_CHUNK = 1024**2

EntryKind = Literal["file", "folder", "link", "other"]


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """Something in a folder, itself: nothing is looked up behind a link. `path` is relative to the untrusted folder."""

    path: str
    facts: os.stat_result

    @property
    def kind(self) -> EntryKind:
        """`other` is a pipe, a socket or a device."""
        mode = self.facts.st_mode
        if stat.S_ISREG(mode):
            return "file"
        if stat.S_ISDIR(mode):
            return "folder"
        return "link" if stat.S_ISLNK(mode) else "other"

    @property
    def executable(self) -> bool:
        return self.kind == "file" and bool(self.facts.st_mode & 0o100)


@dataclass(frozen=True)
class TreeLimits:
    """What a tree may hold. `size` is the sum of its files' sizes in bytes, with the holes in them."""

    entries: int = 2_000_000
    size: int = 64 * 1024**3


@dataclass(frozen=True)
class UntrustedFolder:
    """A folder whose contents are untrusted. The way to `root` itself is trusted, and may lead through links.

    Paths are relative to the root, with forward slashes and without `..`. Names that are not UTF-8 are as Python
    decodes them (surrogate escapes). `follow_links`: reading follows relative links that do not lead out of the
    folder, as a repository may contain; writing never does. Methods raise `UntrustedFileError` and `HostTrouble`.
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

    def read_each(self, paths: Iterable[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
        """(path, content) of each, None for what `read_bytes` would raise for. Quicker for many: a folder is opened
        once for all of its paths that follow one another."""
        for folder, group in groupby(paths, lambda path: path[: path.rfind("/") + 1]):
            inside = list(group)
            try:
                with self._open_folder(folder or ".") as handle:
                    yield from ((path, self._content_in(handle, path, limit)) for path in inside)
            except UntrustedFileError:  # of the folder
                yield from ((path, None) for path in inside)

    def read_text(self, path: str, limit: int) -> str:
        r"""The same as text: what is not UTF-8 is replaced, and every line ends with `\n`."""
        return self.read_bytes(path, limit).decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")

    def is_file(self, path: str) -> bool:
        """Whether there is a regular file."""
        with contextlib.suppress(UntrustedFileError), self._located(path, "read") as (folder, name):
            return stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
        return False

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder that could be listed."""
        try:
            with self._open_folder(path):
                return True
        except UntrustedFileError:
            return False

    def look(self, path: str) -> FoundEntry | None:
        """What has that name, a link itself; None where there is nothing, or the way to it is not open."""
        with contextlib.suppress(UntrustedFileError), self._located(path, "look") as (folder, name):
            return FoundEntry(path, os.stat(name, dir_fd=folder, follow_symlinks=False))
        return None

    def link_target(self, path: str) -> str:
        """The text of a link."""
        with self._located(path, "look") as (folder, name):
            return os.readlink(name, dir_fd=folder)

    def names(self, path: str = ".") -> tuple[str, ...]:
        """The sorted names of everything in a folder; none if there is no such folder."""
        with contextlib.suppress(UntrustedFileError), self._open_folder(path) as handle:
            return tuple(sorted(os.listdir(handle)))
        return ()

    def entries(self, path: str = ".") -> tuple[FoundEntry, ...]:
        """Everything in a folder, sorted by name; nothing for a folder that cannot be read."""
        found = []
        with contextlib.suppress(UntrustedFileError), self._open_folder(path) as handle:
            for name in sorted(os.listdir(handle)):
                with IgnoredFileErrors():  # removed meanwhile
                    facts = os.stat(name, dir_fd=handle, follow_symlinks=False)
                    found.append(FoundEntry(name if path == "." else f"{path}/{name}", facts))
        return tuple(found)

    def walk(
        self,
        path: str = ".",
        enter: Callable[[str], bool] = lambda folder: True,
        limits: TreeLimits | None = None,
    ) -> Iterator[FoundEntry]:
        """Everything below a folder, a folder before what is in it. Only folders for which `enter(path)` is true are
        walked; no folder behind a link is. A folder that cannot be read counts as empty. Raises where the tree
        exceeds `limits`."""
        pending, count, size = [path], 0, 0
        while pending:
            below = []
            for entry in self.entries(pending.pop()):
                count += 1
                size += entry.facts.st_size if entry.kind == "file" else 0
                if limits and (count > limits.entries or size > limits.size):
                    raise UntrustedFileError(path, f"holds more than {limits.entries:,} files or {limits.size:,} bytes")
                yield entry
                if entry.kind == "folder" and enter(entry.path):
                    below.append(entry.path)
            pending += reversed(below)

    def files(self, path: str = ".", enter: Callable[[str], bool] = lambda folder: True) -> Iterator[str]:
        """The paths of all regular files below a folder, those in a folder before those in its folders; with
        `follow_links` those of links too, which are not looked behind. Otherwise as `walk`."""
        kinds = ("file", "link") if self.follow_links else ("file",)
        pending = [path]
        while pending:
            found = self._kinds(pending.pop())
            yield from (child for child, kind in found if kind in kinds)
            pending += reversed([child for child, kind in found if kind == "folder" and enter(child)])

    def folders(self, path: str = ".") -> tuple[str, ...]:
        """The paths of the folders in a folder, sorted, without links to folders."""
        return tuple(child for child, kind in self._kinds(path) if kind == "folder")

    def make_folder(self, path: str) -> None:
        """Makes a folder, and those on its way, where they are missing."""
        with self._located(path, "write") as (folder, name):
            with contextlib.suppress(FileExistsError):
                make_open_folder(name, folder)
            os.close(os.open(name, FOLDER, dir_fd=folder))

    def make_link(self, path: str, target: str) -> None:
        """Makes a link, and the folders on its way. A file, link or pipe of that name is replaced."""
        with self._located(path, "write") as (folder, name):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            os.symlink(target, name, dir_fd=folder)

    def write(self, path: str, data: bytes, executable: bool = False) -> None:
        """Writes a new file, and makes the folders on its way. A file, link or pipe of that name is replaced."""
        with self._create_file(path, 0o755 if executable else 0o644) as file:
            file.write(data)

    def copy(self, path: str, to: "UntrustedFolder") -> None:
        """Copies a regular file, with its permissions and time of change, to the same path in another folder, as
        `write` does. A hole in it becomes zeros on the disk."""
        with self._open_file(path) as source:
            facts = os.fstat(source.fileno())
            with to._create_file(path, facts.st_mode & 0o777) as target:
                _copy_bytes(source, target, facts.st_size)
                os.utime(target.fileno(), ns=(facts.st_atime_ns, facts.st_mtime_ns))

    def copy_tree(self, to: "UntrustedFolder", limits: TreeLimits | None = None) -> None:
        """Copies everything into another folder: folders, files as `copy` does, links as links. Pipes, sockets,
        devices and what cannot be read are left out. Raises where the tree exceeds `limits`."""
        for entry in self.walk(limits=limits or TreeLimits()):
            with contextlib.suppress(UntrustedFileError):
                if entry.kind == "folder":
                    to.make_folder(entry.path)
                elif entry.kind == "file":
                    self.copy(entry.path, to)
                elif entry.kind == "link":
                    to.make_link(entry.path, self.link_target(entry.path))

    def move(self, path: str, to: "UntrustedFolder") -> None:
        """Moves a regular file to the same path in another folder of the same file system, as `write` does."""
        with self._located(path, "read") as (source, name), to._located(path, "write") as (target, new_name):
            require_regular(path, os.stat(name, dir_fd=source, follow_symlinks=False))
            os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
            if not stat.S_ISREG(os.stat(new_name, dir_fd=target, follow_symlinks=False).st_mode):
                os.unlink(new_name, dir_fd=target)  # replaced since the look above
                raise UntrustedFileError(path, "is not a regular file")

    def remove(self, path: str) -> None:
        """Removes a file, a link, or a folder with all that is in it. Nothing is done where nothing is."""
        with self._located(path, "look") as (folder, name), contextlib.suppress(FileNotFoundError):
            remove_at(folder, name)

    def keep_regular_files(self) -> None:
        """Removes all but regular files and folders, and makes these readable. No process may still write here.

        Whoever opens a report later would follow a link to a file of this host, and wait at a pipe for ever.
        """
        pending = ["."]
        while pending:
            folder = pending.pop()
            with contextlib.suppress(UntrustedFileError), self._open_folder(folder) as handle:
                for name in os.listdir(handle):
                    with IgnoredFileErrors():
                        mode = os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode
                        if stat.S_ISREG(mode):
                            grant(name, handle, mode, 0o600)
                        elif not stat.S_ISDIR(mode) or folder.count("/") + 1 > DEEPEST:  # nothing in it can be opened
                            remove_at(handle, name)
                        else:
                            grant(name, handle, mode, 0o700)
                            pending.append(f"{folder}/{name}")

    def _kinds(self, path: str) -> list[tuple[str, EntryKind]]:
        """`entries`, as far as the folder itself says it: most file systems do, without a look at each entry."""
        found: list[tuple[str, EntryKind]] = []
        with contextlib.suppress(UntrustedFileError), self._open_folder(path) as handle, os.scandir(handle) as entries:
            for entry in entries:
                with IgnoredFileErrors():
                    child = entry.name if path == "." else f"{path}/{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        found.append((child, "folder"))
                    elif entry.is_file(follow_symlinks=False):
                        found.append((child, "file"))
                    else:
                        found.append((child, "link" if entry.is_symlink() else "other"))
        return sorted(found)

    @contextlib.contextmanager
    def _open_file(self, path: str) -> Iterator[BinaryIO]:
        with self._located(path, "read") as (folder, name):
            # Opening a device can make it act, so that is asked first; what was opened is asked again.
            require_regular(path, os.stat(name, dir_fd=folder, follow_symlinks=False))
            with os.fdopen(os.open(name, FILE, dir_fd=folder), "rb") as file:
                require_regular(path, os.fstat(file.fileno()))
                yield file

    def _content_in(self, folder: int, path: str, limit: int) -> bytes | None:
        """The content of a file in its open folder."""
        if self.follow_links:
            with contextlib.suppress(UntrustedFileError):
                return self.read_bytes(path, limit)
            return None
        name = path.rpartition("/")[2]
        try:
            if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                return None
            file = os.open(name, FILE, dir_fd=folder)
        except (OSError, ValueError) as error:
            if isinstance(error, OSError):
                raise_host_trouble(error)
            return None
        try:
            facts = os.fstat(file)
            is_fine = stat.S_ISREG(facts.st_mode) and facts.st_size <= limit
            return os.read(file, facts.st_size) if is_fine else None
        finally:
            os.close(file)

    @contextlib.contextmanager
    def _open_folder(self, path: str) -> Iterator[int]:
        with self._located(path, "read") as (folder, name):
            handle = os.open(name, FOLDER, dir_fd=folder)
            try:
                yield handle
            finally:
                os.close(handle)

    @contextlib.contextmanager
    def _create_file(self, path: str, mode: int) -> Iterator[BinaryIO]:
        with self._located(path, "write") as (folder, name):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            with os.fdopen(os.open(name, NEW_FILE, mode, dir_fd=folder), "wb") as file:
                os.fchmod(file.fileno(), mode)  # whatever the worker's umask is
                yield file

    def _located(self, path: str, purpose: Purpose) -> AbstractContextManager[tuple[int, str]]:
        return located(self.root, path, purpose, self.follow_links)


def _copy_bytes(source: BinaryIO, target: BinaryIO, size: int) -> None:
    """At most `size` bytes; inside the kernel and by reference to the same blocks, where it and the file system can."""
    copied = 0
    with contextlib.suppress(OSError, AttributeError):  # another file system, or not Linux
        while copied < size and (step := os.copy_file_range(source.fileno(), target.fileno(), size - copied)):
            copied += step
    if copied < size:
        source.seek(copied)
        target.seek(copied)
        while copied < size and (data := source.read(min(_CHUNK, size - copied))):
            target.write(data)
            copied += len(data)
    target.flush()
