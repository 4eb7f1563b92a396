"""`autobuild serve`: takes events over HTTP and through a smee channel, before there is an App and after."""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import aiohttp

from bot import client as temporal_client
from bot import telemetry
from bot.settings import WEB_NEEDS, Settings, app_is_known
from bot.settings.data_folder import keep_private, mention_earlier_folder
from bot.settings.running_up import with_temporal_of_up
from bot.webhook.alert_batches import AlertBatches
from bot.webhook.alerts import AlertReceiver
from bot.webhook.connections import listening
from bot.webhook.liveness import dead_part
from bot.webhook.server import WebhookReceiver, app_of

if TYPE_CHECKING:
    from activities.incidents.deployment import IncidentDeployment
    from bot.app_setup.registration import AppRegistration

_log = logging.getLogger("autobuild.web")


async def serve(environ: Mapping[str, str]) -> None:
    """Until it is cancelled. Without an App it serves the page that registers one, and goes on with that."""
    keep_private()
    mention_earlier_folder(environ)
    environ = with_temporal_of_up(environ)
    settings = Settings.load(environ, needs=())
    if app_is_known(environ, settings.data):
        settings = Settings.load(environ, needs=WEB_NEEDS)
    telemetry.prepare(settings)
    # It starts without Temporal, and says 503 until that answers.
    temporal = await temporal_client.connect(environ=environ, lazy=True)
    receiver = WebhookReceiver(temporal)
    app = app_of(receiver, partial(dead_part, settings.data, temporal))
    batches = AlertBatches(temporal, settings.task_queue)
    AlertReceiver(_services(settings, environ), batches).add_to(app)
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
        also: list[Awaitable[None]] = [temporal_client.log_outages(temporal)]
        if settings.smee_url:
            also.append(_from_smee(settings.smee_url, receiver))
        if registration:
            also.append(_registered(registration, address, receiver, environ))
        await asyncio.gather(asyncio.Event().wait(), *also)


def _services(settings: Settings, environ: Mapping[str, str]) -> "IncidentDeployment | None":
    """None without a file of services, whose reader takes memory."""
    if not settings.incidents:
        return None
    from bot.settings.incidents import incident_deployment

    return incident_deployment(settings, environ)


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
