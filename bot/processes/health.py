"""Whether a worker is well, for whoever starts and restarts it: it has no other port."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

from aiohttp import web

from bot import client as temporal_client
from bot.settings import Settings
from bot.webhook.dispatch import answers
from bot.webhook.serve import listening


@contextlib.asynccontextmanager
async def worker_health(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[Callable[[], None]]:
    """`/healthz` and `/readyz` on AUTOBUILD_HEALTH_PORT, for the block; nothing without one.

    Gives what is to be called when there is an App: before, a worker is alive and not ready.
    """
    if not settings.health_port:
        yield lambda: None
        return
    temporal = await temporal_client.connect(environ=environ, lazy=True)
    has_app = False

    def there_is_an_app() -> None:
        nonlocal has_app
        has_app = True

    async def ready(_request: web.Request) -> web.Response:
        why_not = "There is no App yet." if not has_app else "" if await answers(temporal) else "Temporal is away."
        return web.Response(status=503 if why_not else 200, text=f"{why_not or 'ready'}\n")

    app = web.Application()
    app.router.add_get("/healthz", _alive)
    app.router.add_get("/readyz", ready)
    async with listening(app, settings.host, settings.health_port):
        yield there_is_an_app


async def _alive(_request: web.Request) -> web.Response:
    return web.Response(text="alive\n")
