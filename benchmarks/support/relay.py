"""A proxy before the webhook server: passes GitHub's deliveries on, and remembers when each came."""

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web


@dataclass(frozen=True)
class Delivered:
    """`at` and `answered` are monotonic seconds."""

    event: str
    at: float
    answered: float
    status: int


@dataclass
class Relay:
    """`url` is what GitHub sends to; `to` is where its deliveries are passed on to."""

    to: str
    url: str = ""
    delivered: list[Delivered] = field(default_factory=list)

    def last(self, event: str) -> Delivered:
        """The newest delivery of an event."""
        return next(one for one in reversed(self.delivered) if one.event == event)

    async def take(self, request: web.Request, session: aiohttp.ClientSession) -> web.Response:
        at = time.monotonic()
        body = await request.read()
        headers = {name: value for name, value in request.headers.items() if name.startswith(("X-", "Content-Type"))}
        async with session.post(self.to, data=body, headers=headers) as answer:
            text = await answer.text()
            event = request.headers.get("X-GitHub-Event", "")
            self.delivered.append(Delivered(event, at, time.monotonic(), answer.status))
            return web.Response(status=answer.status, text=text)


@contextlib.asynccontextmanager
async def relay(to: str) -> AsyncIterator[Relay]:
    """Listens for the block."""
    made = Relay(to)
    async with aiohttp.ClientSession() as session:
        app = web.Application(client_max_size=25 * 2**20)

        async def receive(request: web.Request) -> web.Response:
            return await made.take(request, session)

        app.router.add_post("/webhook", receive)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
            yield made
        finally:
            await runner.cleanup()
