"""A command's output, drained to its end and kept in bounded memory: the head and the tail."""

import asyncio

# A pipe holds 64 KiB by default; larger reads only help once it was enlarged.
_CHUNK = 256 * 1024


async def drain(stream: asyncio.StreamReader, kept: "Kept") -> None:
    """Reads to the end into `kept`.

    Reading never stops early: a command that finds its pipe full would wait for ever.
    """
    while chunk := await stream.read(_CHUNK):
        kept.add(chunk)


class Kept:
    """The first and the last half of `limit` bytes of what is added."""

    def __init__(self, limit: int) -> None:
        self._half = max(limit // 2, 1)
        self._head = bytearray()
        self._tail = bytearray()
        self.dropped = 0

    def add(self, chunk: bytes) -> None:
        room = self._half - len(self._head)
        self._head += chunk[:room] if room > 0 else b""
        self._tail += chunk[max(room, 0) :]
        if len(self._tail) > 2 * self._half + _CHUNK:
            self._trim()

    def text(self) -> bytes:
        """What was kept, with a line in the gap that says how much is missing."""
        self._trim()
        gap = f"\n[... {self.dropped:,} bytes left out ...]\n".encode() if self.dropped else b""
        return bytes(self._head + gap + self._tail)

    def _trim(self) -> None:
        excess = len(self._tail) - self._half
        if excess > 0:
            del self._tail[:excess]
            self.dropped += excess
