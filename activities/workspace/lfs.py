"""Git LFS: a commit has a pointer where its work tree has a large file. Nothing of git-lfs is run."""

import contextlib
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from activities.untrusted_files import UntrustedFileError, UntrustedFolder
from activities.workspace.commits import EXECUTABLE, FILE
from activities.workspace.git import GitError, git

FILTER = "lfs"
LARGEST_POINTER = 1024
LARGEST_CONTENT = 512 * 1024**2
_SMALLEST = 100
_MOST = 20_000

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


async def pointers_of(mirror: Path, commit: str) -> dict[str, LfsPointer]:
    """The files of a commit that are pointers, where its attributes say that it has some."""
    try:
        attributes = ":(glob)**/.gitattributes"
        await git(mirror, "grep", "--quiet", "--fixed-strings", "filter=lfs", commit, "--", attributes)
    except GitError:
        return {}
    rows = (await git(mirror, "ls-tree", "-r", "-l", "-z", "--full-tree", commit)).split(b"\0")[:-1]
    blobs: dict[str, str] = {}
    for row in rows:
        facts, _, path = row.partition(b"\t")
        mode, _, blob, size = facts.decode("ascii").split()
        if mode in (FILE, EXECUTABLE) and size.isdigit() and _SMALLEST <= int(size) < LARGEST_POINTER:
            blobs[os.fsdecode(path)] = blob
    contents = await _contents(mirror, list(dict.fromkeys(blobs.values()))[:_MOST])
    found = {path: read_pointer(contents.get(blob, b"")) for path, blob in blobs.items()}
    return {path: pointer for path, pointer in found.items() if pointer}


async def _contents(mirror: Path, blobs: list[str]) -> dict[str, bytes]:
    if not blobs:
        return {}
    out = await git(mirror, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in blobs).encode())
    contents, at = {}, 0
    for blob in blobs:
        end = out.index(b"\n", at)
        size = int(out[at:end].split()[2])
        contents[blob] = out[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
    return contents


def content_path(oid: str) -> str:
    """Where git-lfs and our mirrors keep a content, in their folder for these."""
    return f"{oid[:2]}/{oid[2:4]}/{oid}"


def keep_content(pointer: LfsPointer, source: UntrustedFolder, store: UntrustedFolder) -> bool:
    """Copies a content if it is there and the right one; whether it was new."""
    path = content_path(pointer.oid)
    if store.is_file(path) or not source.is_file(path):
        return False
    with contextlib.suppress(UntrustedFileError):
        data = source.read_bytes(path, LARGEST_CONTENT)
        if hashlib.sha256(data).hexdigest() == pointer.oid:
            store.write(path, data)
            return True
    return False


def lay_out(contents: Mapping[str, str], store: UntrustedFolder, checkout: UntrustedFolder) -> None:
    """Replaces the pointers in a checkout by their contents (path → id), which the mirror has."""
    for path, oid in contents.items():
        entry = checkout.look(path)
        if entry and entry.kind == "file":
            data = store.read_bytes(content_path(oid), LARGEST_CONTENT)
            checkout.write(path, data, executable=entry.executable)
