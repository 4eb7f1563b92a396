"""The webhook server's connections: slow and idle ones are closed, and there is a limit to their number.

aiohttp closes a connection that is idle between two requests. What it does not limit is the time before the first
request is complete: whoever opens a connection and sends nothing, or a byte a minute, would keep it for ever.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web

from activities.errors import UserError

_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104
# Answers that are on their way still get out.
_GRACE_S = 10.0
_END_OF_HEADERS = b"\r\n\r\n"


@dataclass(frozen=True)
class ConnectionLimits:
    """`patience_s`: how long the headers of a first request, its body, or the next request may take. GitHub gives up
    after ten seconds itself. `most`: connections at once; one more is closed unanswered."""

    patience_s: float = 10.0
    most: int = 1000


PATIENCE = web.AppKey("patience", float)
"""How many seconds a body may take, for the handlers that read one."""


@contextlib.asynccontextmanager
async def listening(
    app: web.Application, host: str, port: int, limits: ConnectionLimits = ConnectionLimits()
) -> AsyncIterator[str]:
    """Serves it for the block; gives the address by which this machine reaches it."""
    app[PATIENCE] = limits.patience_s
    # A signature is of the bytes as they came, so nothing is decompressed before it is verified, or ever.
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=_GRACE_S,
        keepalive_timeout=limits.patience_s,
        lingering_time=min(1.0, limits.patience_s),
        auto_decompress=False,
    )
    await runner.setup()
    try:
        assert runner.server
        make_handler, open_connections = runner.server, set["_Connection"]()
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                lambda: _Connection(make_handler(), open_connections, limits), host, port, backlog=128
            )
        except OSError as error:
            raise UserError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
        try:
            here = "127.0.0.1" if host in _EVERYWHERE else host
            port = server.sockets[0].getsockname()[1]
            yield f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"
        finally:
            server.close()
    finally:
        await runner.cleanup()


class _Connection(asyncio.Protocol):
    """One connection, handled by aiohttp's protocol once it is admitted."""

    def __init__(self, handler: asyncio.Protocol, connections: "set[_Connection]", limits: ConnectionLimits) -> None:
        self._handler, self._connections, self._limits = handler, connections, limits
        self._admitted = False
        self._timer: asyncio.TimerHandle | None = None
        self._last = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if len(self._connections) >= self._limits.most:
            transport.abort()
            return
        self._admitted = True
        self._connections.add(self)
        self._timer = asyncio.get_running_loop().call_later(self._limits.patience_s, transport.abort)
        self._handler.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not self._admitted:
            return
        if self._timer:
            if _END_OF_HEADERS in self._last + data:
                self._stop_timer()
            self._last = (self._last + data)[-3:]
        self._handler.data_received(data)

    def eof_received(self) -> bool | None:
        return self._handler.eof_received() if self._admitted else None

    def pause_writing(self) -> None:
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        self._handler.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        if self._admitted:
            self._connections.discard(self)
            self._handler.connection_lost(exc)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
