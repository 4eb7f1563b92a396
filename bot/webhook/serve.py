"""`autobuild serve`: takes events over HTTP and through a smee channel, before there is an App and after."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from activities.errors import UserError
from bot import client as temporal_client
from bot import telemetry
from bot.settings import WEB_NEEDS, Settings, app_is_known
from bot.webhook.server import WebhookReceiver, app_of

if TYPE_CHECKING:
    from bot.app_setup.registration import AppRegistration

_log = logging.getLogger("autobuild.web")
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104
# Answers that are on their way still get out.
_GRACE_S = 10.0


async def serve(environ: Mapping[str, str]) -> None:
    """Until it is cancelled. Without an App it serves the page that registers one, and goes on with that."""
    settings = Settings.load(environ, needs=())
    if app_is_known(environ, settings.data):
        settings = Settings.load(environ, needs=WEB_NEEDS)
    telemetry.prepare(settings)
    # It starts without Temporal, and says 503 until that answers.
    receiver = WebhookReceiver(await temporal_client.connect(environ=environ, lazy=True))
    app = app_of(receiver)
    registration = None
    if settings.app_id:
        receiver.open(settings)
    else:
        from bot.app_setup.registration import AppRegistration

        registration = AppRegistration(settings, lambda made: _open(receiver, settings.of_app(made, environ)))
        registration.add_to(app)
    async with listening(app, settings.host, settings.port) as address:
        print(f"Listening on {address}/webhook", flush=True)
        gc.freeze()  # all that is loaded stays: looking through it again and again is a tenth of an answer's time
        also = [_from_smee(settings.smee_url, receiver)] if settings.smee_url else []
        if registration:
            also.append(_registered(registration, address, receiver, environ))
        await asyncio.gather(asyncio.Event().wait(), *also)


@contextlib.asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serves it for the block; gives the address by which this machine reaches it."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE_S)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise UserError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
        here = "127.0.0.1" if host in _EVERYWHERE else host
        port = runner.addresses[0][1]
        yield f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"
    finally:
        await runner.cleanup()


async def _registered(
    registration: "AppRegistration", address: str, receiver: WebhookReceiver, environ: Mapping[str, str]
) -> None:
    """Waits for the App; another process that stores one opens this receiver too."""
    if not await registration.run(address):
        _open(receiver, Settings.load(environ, needs=WEB_NEEDS))


def _open(receiver: WebhookReceiver, settings: Settings) -> None:
    telemetry.prepare(settings)  # from now on there is a secret to keep out of the log
    receiver.open(settings)
    _log.info("app=%d slug=%s events=taken", settings.app_id, settings.app_slug)


async def _from_smee(channel: str, receiver: WebhookReceiver) -> None:
    from bot.webhook import smee

    async def deliver(headers: Mapping[str, str], body: bytes) -> int:
        async def read() -> bytes:
            return body

        return (await receiver.deliver(headers, read)).status

    async with aiohttp.ClientSession() as session:
        await smee.listen(channel, deliver, session)
