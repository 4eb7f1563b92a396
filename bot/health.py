"""Whether a worker is well, for whoever starts and restarts it: it has no other port.

`python -m bot.health` asks the processes of this container, and ends with 0 if one of them answers.
"""

import contextlib
import os
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping

from aiohttp import web

from bot import client as temporal_client
from bot.dispatch import answers
from bot.serving import listening
from bot.settings import Settings

_PATIENCE_S = 4.0


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


def main() -> int:
    """0 when the web process or the worker that shares these settings answers, else 1."""
    settings = Settings.load(os.environ, needs=())
    return 0 if any(_answers(port) for port in (settings.port, settings.health_port) if port) else 1


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=_PATIENCE_S) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
