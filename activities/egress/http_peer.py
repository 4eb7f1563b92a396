"""One side of an HTTP/1.1 connection: h11 reads and writes, so that nothing is passed on that it has not understood."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import h11

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Headers = list[tuple[bytes, bytes]]

READ_SIZE = 64 * 1024
_LARGEST_HEAD = 16 * 1024
_CLOSING_S = 5.0

_OF_ONE_CONNECTION = frozenset(
    (
        *(b"connection", b"proxy-connection", b"keep-alive", b"te", b"trailer", b"upgrade", b"http2-settings"),
        *(b"proxy-authorization", b"proxy-authenticate", b"expect"),
    )
)
# These frame the body or say for whom a request is: `Connection` cannot declare them away.
_NEEDED = frozenset((b"content-length", b"transfer-encoding", b"host"))


class HttpPeer:
    """`role` is ours: h11.SERVER towards a sandbox, h11.CLIENT towards a registry."""

    def __init__(self, role: type[h11.CLIENT] | type[h11.SERVER], streams: Streams) -> None:
        self.reader, self.writer = streams
        self._http = h11.Connection(role, max_incomplete_event_size=_LARGEST_HEAD)

    async def receive(self) -> h11.Event | type[h11.PAUSED]:
        """The next event. Raises h11.RemoteProtocolError and OSError."""
        while True:
            event = self._http.next_event()
            if not isinstance(event, type) or event is h11.PAUSED:
                return event
            self._http.receive_data(await self.reader.read(READ_SIZE))

    async def send(self, event: h11.Event) -> None:
        """Raises h11.LocalProtocolError and OSError."""
        self.writer.write(self._http.send(event) or b"")
        await self.writer.drain()

    def trailing(self) -> bytes:
        """What was received after the end of HTTP, where a tunnel begins."""
        return self._http.trailing_data[0]

    async def close(self) -> None:
        """Sends what is still to be sent, for a moment at most: a descriptor must not wait for who does not read."""
        self.writer.close()
        try:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(_CLOSING_S):
                    await self.writer.wait_closed()
        finally:
            self.writer.transport.abort()


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers that are not of one connection alone."""
    headers = list(headers)
    words = (word.strip().lower() for name, value in headers if name == b"connection" for word in value.split(b","))
    dropped = (_OF_ONE_CONNECTION | set(words)) - _NEEDED
    if any(name == b"transfer-encoding" for name, _ in headers):
        dropped |= {b"content-length"}  # chunks count where a message has both, and not everybody knows that
    return [(name, value) for name, value in headers if name not in dropped]


async def exchange(client: HttpPeer, upstream: HttpPeer, request: h11.Request, idle_s: float) -> None:
    """Sends the request with the client's body, and the answer back. Raises h11.ProtocolError, OSError and
    TimeoutError."""
    await upstream.send(request)
    await _pass_body(client, upstream, idle_s)
    async with asyncio.timeout(idle_s):
        while not isinstance(answer := await upstream.receive(), h11.Response):
            if not isinstance(answer, h11.InformationalResponse):
                raise ConnectionError
    headers = [*end_to_end(answer.headers), (b"Connection", b"close")]
    await client.send(h11.Response(status_code=answer.status_code, headers=headers, reason=answer.reason))
    await _pass_body(upstream, client, idle_s)


async def _pass_body(source: HttpPeer, sink: HttpPeer, idle_s: float) -> None:
    event: object = None
    while not isinstance(event, h11.EndOfMessage):
        async with asyncio.timeout(idle_s):
            event = await source.receive()
            if not isinstance(event, h11.Data | h11.EndOfMessage):
                raise ConnectionError
            await sink.send(event)


async def tunnel(client: HttpPeer, upstream: HttpPeer, idle_s: float) -> None:
    """Passes bytes both ways until both sides have ended, or none came for `idle_s` (TimeoutError)."""
    loop = asyncio.get_running_loop()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(READ_SIZE):
            writer.write(data)
            await writer.drain()
            limit.reschedule(loop.time() + idle_s)
        if writer.can_write_eof():
            writer.write_eof()

    try:
        async with asyncio.timeout(idle_s) as limit, asyncio.TaskGroup() as group:
            group.create_task(copy(client.reader, upstream.writer))
            group.create_task(copy(upstream.reader, client.writer))
    except* OSError:
        pass  # one side is gone: so is the other
