"""Which errors are this host's own trouble and not the repository's: decided here alone, wherever they come from.

An error of Python, and what it was raised for, is known by its number. A program of ours (git, bubblewrap, cp) has only
its words: those of the C library at the end of a line. What a repository's command prints is never read for that.
"""

import errno
import os
import re

from activities.errors import HostShortage, HostTrouble

_OF_DISKS: dict[int, HostShortage] = {
    errno.ENOSPC: "disk",
    errno.EDQUOT: "disk",
    errno.EROFS: "read-only",
    errno.EIO: "disk error",
    errno.EMFILE: "files",
    errno.ENFILE: "files",
    errno.ENOMEM: "memory",
}
# Of fork(2) and of a thread's start; where a file would have to be waited for, nobody gets to see it.
_OF_ERRNO: dict[int, HostShortage] = {**_OF_DISKS, errno.EAGAIN: "processes"}

# SQLite's primary result codes.
_OF_SQLITE: dict[int, HostShortage] = {7: "memory", 8: "read-only", 10: "disk error", 13: "disk"}

# At the end of a line: before it may be a path, which is the repository's. What a server says is not this host's.
_WORDS = "|".join(re.escape(os.strerror(number)) for number in _OF_ERRNO)
_SAID = re.compile(rf"^(?!remote: ).*?\b({_WORDS})[.)]?\s*$", re.MULTILINE)
_OF_WORDS = {os.strerror(number): shortage for number, shortage in _OF_ERRNO.items()}
_OUT_OF_MEMORY = re.compile(
    r"^(?:fatal: |error: )*(?:Out of memory\b|\S+ died of signal (?:7|9)$)|bad_alloc", re.MULTILINE
)
# What git says of some writes that failed, without the system's words; or of an object that its own mirror has lost.
_NOT_WRITTEN = re.compile(
    r"^(?:fatal: |error: )(?:unable to write (?:new )?(?:index file|file|object|loose object)|"
    r"unable to read sha1 file of|file write error|cannot store (?:pack|index) file|failed to write)\b",
    re.MULTILINE,
)
_KILLED_BY_KERNEL = frozenset({-7, -9, 135, 137})
"""SIGKILL, which the kernel sends when memory runs out, and SIGBUS, for a mapped file that the disk has no room for."""


def host_trouble(error: BaseException) -> HostTrouble | None:
    """The host's trouble that an error is, or that it was raised for."""
    seen: BaseException | None = error
    while seen is not None:
        if found := _shortage(seen):
            return seen if isinstance(seen, HostTrouble) else HostTrouble(found, f"{type(seen).__name__}: {seen}")
        if isinstance(seen, BaseExceptionGroup):
            return next((one for each in seen.exceptions if (one := host_trouble(each))), None)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return None


def _shortage(error: BaseException) -> HostShortage | None:
    if isinstance(error, HostTrouble):
        return error.shortage
    if isinstance(error, OSError):
        return _OF_ERRNO.get(error.errno or 0)
    if isinstance(error, MemoryError):
        return "memory"
    if code := getattr(error, "sqlite_errorcode", 0):
        return _OF_SQLITE.get(code & 0xFF)
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return "processes"
    return None


def trouble_of_program(code: int, said: str) -> HostTrouble | None:
    """The host's trouble by which a program of ours ended: by its exit code (negative for a signal) and what it printed
    to standard error."""
    if found := _SAID.search(said):
        return HostTrouble(_OF_WORDS[found[1]], found[0].strip()[-500:])
    if code in _KILLED_BY_KERNEL or _OUT_OF_MEMORY.search(said):
        return HostTrouble("memory", said.strip()[-500:] or f"exit code {code}")
    if _NOT_WRITTEN.search(said):
        return HostTrouble("disk error", said.strip()[-500:])
    return None


class IgnoredFileErrors:
    """A block that ignores an `OSError` about a file; one that is the host's own is raised as `HostTrouble`."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if not isinstance(error, OSError):
            return False
        raise_host_trouble(error)
        return True


def raise_host_trouble(error: OSError) -> None:
    """Raises an error that is the host's own; one about the file is the caller's."""
    if found := _OF_DISKS.get(error.errno or 0):
        raise HostTrouble(found, str(error)) from error
