"""A smee server as small as can be: what each connection hears is the test's to say."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

Visit = Callable[[web.Request, web.StreamResponse], Awaitable[None]]
READY = b"id: 0\nevent: ready\ndata: {}\n\n"


def said(headers: Mapping[str, str], body: bytes, **more: Any) -> bytes:
    """A message as smee.io writes it, `body` as it is."""
    names = {name.lower(): value for name, value in headers.items()}
    rest = json.dumps({**names, "query": {}, "timestamp": 1, **more}, separators=(",", ":"))
    return b'data: {"body":' + body + b"," + rest[1:].encode() + b"\n\n"


class Channel:
    """`visits` are what comes to pass, one a connection; when they are used up, a connection stays silent."""

    def __init__(self) -> None:
        self.url = ""
        self.visits: list[Visit] = []
        self.requests: list[Mapping[str, str]] = []
        self._came = asyncio.Condition()

    def says(self, *chunks: bytes, stay: bool = True) -> None:
        """The next connection hears this; then it stays open, or is ended."""

        async def visit(request: web.Request, response: web.StreamResponse) -> None:
            await response.prepare(request)
            for chunk in chunks:
                await response.write(chunk)
            if stay:
                await asyncio.Event().wait()

        self.visits.append(visit)

    def answers(self, status: int, text: str = "", **headers: str) -> None:
        """The next connection gets a plain answer."""

        async def visit(request: web.Request, response: web.StreamResponse) -> None:
            raise _Plain(web.Response(status=status, text=text, headers=headers))

        self.visits.append(visit)

    async def came(self, count: int) -> None:
        """Returns once there were so many connections."""
        async with self._came:
            await self._came.wait_for(lambda: len(self.requests) >= count)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        async with self._came:
            self.requests.append(dict(request.headers))
            self._came.notify_all()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        if not self.visits:
            self.says(READY)
        try:
            await self.visits.pop(0)(request, response)
        except _Plain as plain:
            return plain.answer
        return response


class _Plain(Exception):
    def __init__(self, answer: web.Response) -> None:
        super().__init__()
        self.answer = answer


@contextlib.asynccontextmanager
async def smee_channel() -> AsyncIterator[Channel]:
    channel = Channel()
    app = web.Application()
    app.router.add_get("/{channel}", channel.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    channel.url = f"http://127.0.0.1:{runner.addresses[0][1]}/channel"
    try:
        yield channel
    finally:
        await runner.cleanup()
