"""`POST /alerts/{source}`: an alert is verified, read, and answered 202 when Temporal has it.

Who cannot authenticate learns nothing but that: not whether the source is configured, nor what is wrong.
"""

import asyncio
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from activities.incidents.types import Alert
from bot.alert_bodies.json_bodies import LARGEST_ALERTS, BadAlert
from bot.alerts import AlertSource, registry
from bot.webhook.alert_batches import AlertBatches
from bot.webhook.connections import PATIENCE
from bot.webhook.dispatch import TemporalUnavailable

if TYPE_CHECKING:
    from activities.incidents.deployment import IncidentDeployment

_RETRY = {"Retry-After": "10"}
_READ_IN_THREAD = 2**16
"""Bytes of a body whose reading would hold up other answers."""

_log = logging.getLogger("autobuild.web")


class AlertReceiver:
    """Takes the alerts of the sources that this deployment configures."""

    def __init__(self, deployment: "IncidentDeployment | None", batches: AlertBatches) -> None:
        self._deployment, self._batches = deployment, batches
        self._sources = registry()

    def add_to(self, app: web.Application) -> None:
        """Adds its address to a server that does not run yet."""
        app.router.add_post("/alerts/{source}", self.receive)

        async def close(_app: web.Application) -> None:
            await self._batches.close()

        app.on_cleanup.append(close)

    async def receive(self, request: web.Request) -> web.Response:
        """202 taken, 204 nothing in it that matters, 400 malformed, 401, 404, 408, 413, 503 later."""
        source = self._sources.get(request.match_info["source"])
        if source is None:
            return web.Response(status=404, text="There is no source of alerts of this name.\n")
        secret = self._secret(source.name)
        body = await _body(request) if secret else b""
        headers = {name.lower(): ",".join(request.headers.getall(name)) for name in request.headers}
        if not secret or not source.verify(headers, body, secret):
            _log.warning("source=%s answer=401", source.name)
            return web.Response(status=401, text="Unauthorized.\n")
        try:
            alerts = await self._read(source, body)
        except BadAlert as error:
            _log.warning("source=%s answer=400 why=%r", source.name, str(error))
            return web.Response(status=400, text=f"The alert cannot be read: {error}.\n")
        if not alerts:
            return web.Response(status=204)
        try:
            await self._batches.send(alerts)
        except TemporalUnavailable as error:
            _log.error("source=%s alerts=%d answer=503 why=%r", source.name, len(alerts), str(error))
            return web.Response(status=503, text="Temporal is unavailable; send it again later.\n", headers=_RETRY)
        return web.Response(status=202)

    def _secret(self, name: str) -> str:
        configured = self._deployment.file.alerts.get(name) if self._deployment else None
        return self._deployment.secret(configured.secret) if self._deployment and configured else ""

    async def _read(self, source: AlertSource, body: bytes) -> tuple[Alert, ...]:
        names = self._deployment.file.labels if self._deployment else ()
        if len(body) > _READ_IN_THREAD:
            return await asyncio.to_thread(source.read, body, names)
        return source.read(body, names)


async def _body(request: web.Request) -> bytes:
    """Not more than the limit is kept, whatever length is announced."""
    if (request.content_length or 0) > LARGEST_ALERTS:
        raise _too_large()
    received = bytearray()
    try:
        async with asyncio.timeout(request.app.get(PATIENCE)):
            async for chunk in request.content.iter_any():
                received += chunk
                if len(received) > LARGEST_ALERTS:
                    raise _too_large()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="The body did not arrive in time.", headers={"Connection": "close"}) from None
    except web.RequestPayloadError:
        raise web.HTTPBadRequest(text="Malformed request body.") from None
    return bytes(received)


def _too_large() -> web.HTTPRequestEntityTooLarge:
    text = f"The body is larger than {LARGEST_ALERTS:,} bytes: send fewer alerts at once.\n"
    return web.HTTPRequestEntityTooLarge(LARGEST_ALERTS, LARGEST_ALERTS, text=text)
