"""Git LFS: a commit has a pointer where its work tree has a large file. Nothing of git-lfs is run."""

import hashlib
import re
from dataclasses import dataclass

FILTER = "lfs"
LARGEST_POINTER = 1024

_POINTER = re.compile(
    rb"version https://(?:git-lfs\.github\.com|hawser\.github\.com)/spec/v1\n(?:ext-[^\n]*\n)*"
    rb"oid sha256:([0-9a-f]{64})\nsize ([0-9]{1,18})\n?"
)


@dataclass(frozen=True)
class LfsPointer:
    """`oid` is the SHA-256 of the content, `size` its length in bytes."""

    oid: str
    size: int


def read_pointer(data: bytes) -> LfsPointer | None:
    """None for what is no pointer."""
    found = _POINTER.fullmatch(data) if len(data) < LARGEST_POINTER else None
    return LfsPointer(found[1].decode("ascii"), int(found[2])) if found else None


def make_pointer(content: bytes) -> bytes:
    """What git-lfs puts into a commit for this content; a pointer and an empty file stay as they are."""
    if not content or read_pointer(content):
        return content
    oid = hashlib.sha256(content).hexdigest()
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (oid.encode(), len(content))
