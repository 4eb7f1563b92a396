"""Stands for Sentry: keeps every byte that it is sent."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web

from tests.deadlines import WITHIN_S

Json = dict[str, Any]


class Ingest:
    """`received` are the envelopes as they were, unzipped; `events` what they hold. `visits` are the
    headers of requests to `/elsewhere`, which stands for GitHub."""

    def __init__(self) -> None:
        self.dsn = self.elsewhere_url = ""
        self.received: list[bytes] = []
        self.events: list[Json] = []
        self.visits: list[Json] = []
        self._news = asyncio.Condition()

    async def until(self, true: Callable[[Json], bool]) -> Json:
        """The first event that is so, once it came."""
        async with asyncio.timeout(WITHIN_S), self._news:
            await self._news.wait_for(lambda: any(map(true, self.events)))
        return next(event for event in self.events if true(event))

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()  # aiohttp has unzipped it
        async with self._news:
            self.received.append(body + json.dumps(dict(request.headers)).encode())
            lines = body.splitlines()
            self.events += [
                json.loads(data) for head, data in zip(lines[1::2], lines[2::2], strict=True) if b'"event"' in head
            ]
            self._news.notify_all()
        return web.json_response({})

    async def elsewhere(self, request: web.Request) -> web.Response:
        self.visits.append(dict(request.headers))
        return web.Response()


@contextlib.asynccontextmanager
async def ingest() -> AsyncIterator[Ingest]:
    server = Ingest()
    app = web.Application(client_max_size=2**26)
    app.router.add_post("/api/7/envelope/", server.take)
    app.router.add_get("/elsewhere", server.elsewhere)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host = f"127.0.0.1:{runner.addresses[0][1]}"
    server.dsn, server.elsewhere_url = f"http://public@{host}/7", f"http://{host}/elsewhere"
    try:
        yield server
    finally:
        await runner.cleanup()
