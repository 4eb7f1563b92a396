"""A log file as blocks of whole lines, in bounded memory: plain or compressed, with lines of any length, holes of zero
bytes, bytes that are no text, and a writer that goes on."""

import codecs
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Protocol, cast

BLOCK: Final = 4 * 1024**2
_LONGEST_LINE: Final = 64 * 1024
_KEPT_OF_LONG: Final = 16 * 1024
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_MAGIC: Final = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ": "lzma", _ZSTD: "zstd"}


class UnreadableLog(Exception):
    """This file has no lines to read. The message says why, for a person."""


class _Compression(Protocol):
    def open(self, file: IO[bytes], mode: str) -> IO[bytes]: ...


def open_log(path: Path) -> IO[bytes]:
    """The file for reading, whatever it may have become since its name was found: never waits for a pipe."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableLog(f"it cannot be opened: {error.strerror}") from None
    file = os.fdopen(handle, "rb", buffering=0)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        file.close()
        raise UnreadableLog("it is no file")
    return file


def decompressed(file: IO[bytes]) -> IO[bytes] | None:
    """The stream of what is compressed in it; None for a plain file. Knows gzip, bzip2 and xz, and zstd since Python
    3.14."""
    head = file.read(6)
    file.seek(0)
    name = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")
    if not name:
        return None
    import importlib

    try:
        module = importlib.import_module("compression.zstd" if name == "zstd" else name)
    except ModuleNotFoundError:
        raise UnreadableLog("it is compressed with zstd, which this version of Python cannot read") from None
    return cast(_Compression, module).open(file, "rb")


def check_is_text(head: bytes) -> None:
    """Raises `UnreadableLog` for what are no lines of text by their first bytes."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return
    plain = head.replace(b"\0", b"")  # what a truncated file leaves
    odd = sum(1 for byte in plain if byte < 9 or 13 < byte < 27 or 27 < byte < 32 or byte == 127)
    if odd * 20 > len(plain) or (
        b"\0" in head and plain and len(plain) < len(head) * 0.9 and head.rstrip(b"\0") != plain
    ):
        raise UnreadableLog("it is not text")


def blocks_of_lines(file: IO[bytes], most: int | None = None) -> Iterator[bytes]:
    """Blocks of whole lines from the file's position, at most `most` bytes of it. What is beyond the first 16 KB of a
    line longer than 64 KB is left out."""
    read = _decoded(file, most)
    carry, inside_long = b"", False
    for data in read:
        if inside_long:
            end = data.find(b"\n")
            if end < 0:
                continue
            data, inside_long = data[end:], False  # noqa: PLW2901
        data = carry + data  # noqa: PLW2901
        end = _between_records(data)
        block, carry = data[:end], data[end:]
        if len(carry) > _LONGEST_LINE:
            carry, inside_long = carry[:_KEPT_OF_LONG], True
        if block:
            yield block
    if carry:
        yield carry


def _between_records(data: bytes) -> int:
    """Where the last whole line ends that no indented one follows, so that a stack trace stays in one block."""
    last = end = data.rfind(b"\n")
    for _ in range(200):
        if end < 0 or data[end + 1 : end + 2] not in (b" ", b"\t"):
            break
        end = data.rfind(b"\n", 0, end)
    return (end if end >= 0 else last) + 1


def _decoded(file: IO[bytes], most: int | None) -> Iterator[bytes]:
    """The bytes as they are read, as UTF-8 where the file is UTF-16, without zero bytes."""
    decoder: codecs.IncrementalDecoder | None = None
    first = True
    left = most if most is not None else 1 << 62
    while left > 0 and (data := file.read(min(BLOCK, left))):
        left -= len(data)
        if first and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
        first = False
        if decoder:
            data = decoder.decode(data).encode("utf-8", "replace")
        yield data.replace(b"\0", b"") if b"\0" in data else data
