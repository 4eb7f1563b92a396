"""The health of a worker over HTTP, for whatever starts and restarts it: a worker has no other port."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

from aiohttp import web

from bot import client as temporal_client
from bot.host_state import host_problem
from bot.settings import Settings
from bot.webhook.connections import listening
from bot.webhook.dispatch import answers


@contextlib.asynccontextmanager
async def worker_health(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[Callable[[], None]]:
    """`/healthz` and `/readyz` on AUTOBUILD_HEALTH_PORT for the block, or nothing without that port.

    Gives the function to call once the App is known: until then a worker is alive and not ready.
    """
    if not settings.health_port:
        yield lambda: None
        return
    temporal = await temporal_client.connect(environ=environ, lazy=True)
    app_is_known = asyncio.Event()

    async def alive(_request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def ready(_request: web.Request) -> web.Response:
        if not app_is_known.is_set():
            return web.Response(status=503, text="No GitHub App is registered yet.\n")
        if not await answers(temporal):
            return web.Response(status=503, text="Temporal is unavailable.\n")
        if problem := await host_problem(settings.data, settings.data_reserve):
            return web.Response(status=503, text=f"{problem.message}\n")
        return web.Response(text="ready\n")

    app = web.Application()
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    async with listening(app, settings.host, settings.health_port):
        yield app_is_known.set
