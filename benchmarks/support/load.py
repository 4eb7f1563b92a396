"""A client that costs little: requests made beforehand, on connections that stay open."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Answered:
    """`seconds` of each answer, in no order; `wall_s` for all of them."""

    seconds: tuple[float, ...]
    wall_s: float

    @property
    def a_second(self) -> float:
        return len(self.seconds) / self.wall_s


async def load(
    port: int, requests: Sequence[bytes], connections: int, status: tuple[int, ...] = (202, 204)
) -> Answered:
    """Sends all requests to this machine's `port`, each connection its next one as soon as it has its answer.

    Raises RuntimeError for an answer with another status: an error would be answered fast.
    """
    waiting = iter(requests)
    seconds: list[float] = []
    begun = time.monotonic()
    await asyncio.gather(*(_connection(port, waiting, status, seconds) for _ in range(connections)))
    return Answered(tuple(seconds), time.monotonic() - begun)


async def _connection(port: int, waiting: Iterator[bytes], status: tuple[int, ...], seconds: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for request in waiting:
            begun = time.monotonic()
            writer.write(request)
            answer = await _answer(reader)
            seconds.append(time.monotonic() - begun)
            if answer not in status:
                raise RuntimeError(f"answered {answer}")
    finally:
        writer.close()
        await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> int:
    """The status; the body is read and thrown away."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, _, rest = head.partition(b"content-length:")
    if rest:
        await reader.readexactly(int(rest.partition(b"\r\n")[0]))
    return int(head.split(b" ", 2)[1])
