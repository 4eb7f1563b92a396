"""The proxy on a port of this host, servers behind it that keep what they were sent, and clients that say anything."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from activities.egress.addresses import IPAddress
from activities.egress.allow_list import EgressTarget
from activities.egress.proxy import EgressProxy, EgressSession
from tests.deadlines import WITHIN_S


def words(text: str) -> list[str]:
    return text.split()


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@dataclass
class Origin:
    """A server that gives `answer` to the first bytes that it gets, and keeps all bytes of each connection."""

    answer: bytes = ANSWER
    port: int = 0
    received: list[bytearray] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got = bytearray()
        self.received.append(got)
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                first = not got
                got += data
                if first:
                    writer.write(self.answer)
                    await writer.drain()
        self.ended.set()
        writer.close()


@contextlib.asynccontextmanager
async def running(origin: Origin) -> AsyncIterator[Origin]:
    server = await asyncio.start_server(origin.serve, "127.0.0.1", 0)
    origin.port = server.sockets[0].getsockname()[1]
    try:
        yield origin
    finally:
        server.close()


@dataclass
class ServedProxy:
    session: EgressSession
    port: int

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, request: str | bytes) -> bytes:
        """All that comes back until the proxy closes the connection; the client's side stays open."""
        reader, writer = await self.connect()
        with contextlib.closing(writer):
            writer.write(request.encode("latin-1") if isinstance(request, str) else request)
            async with asyncio.timeout(WITHIN_S):
                return await reader.read()

    @property
    def refused(self) -> list[str]:
        return [one.name for one in self.session.refused]


@contextlib.asynccontextmanager
async def served(proxy: EgressProxy) -> AsyncIterator[ServedProxy]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    async with proxy.serve(listener) as session:
        yield ServedProxy(session, port)


class Names:
    """A resolver: the answers of each name one after the other, the last one for ever. `asked` counts."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self._answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, target: EgressTarget) -> Sequence[IPAddress]:
        self.asked.append(target.host)
        given = self._answers.get(target.host)
        if not given:
            raise OSError("no such name")
        return [ipaddress.ip_address(text) for text in (given.pop(0) if len(given) > 1 else given[0])]
