"""The web process: takes GitHub's events, and says whether it is healthy. It never calls GitHub itself.

One event's walk: `_receive` → `WebhookReceiver.deliver` → `parse_event` → `route` → `carry_out` → 202. Nothing is
kept in memory: what is answered 202 is in Temporal, what is answered 503 is for GitHub to send again.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from gidgethub import ValidationFailure, sansio
from multidict import CIMultiDict, CIMultiDictProxy
from temporalio.client import Client

from activities.errors import UserError
from bot.host_state import host_problem
from bot.settings import Settings
from bot.webhook.connections import PATIENCE
from bot.webhook.dispatch import TemporalUnavailable, answers, carry_out
from bot.webhook.events import Event, Ignored
from bot.webhook.parsing import parse_event
from bot.webhook.payloads import LARGEST_BODY, BadPayload
from bot.webhook.routes import Rules, route

_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_RETRY = {"Retry-After": "60"}

_log = logging.getLogger("autobuild.web")


class WebhookReceiver:
    """Takes deliveries, by HTTP or through a smee channel. It is closed until there is an App, and may be opened while
    the server runs."""

    def __init__(self, temporal: Client) -> None:
        self.temporal = temporal
        self._settings: Settings | None = None

    def open(self, settings: Settings) -> None:
        """For this App from now on. Raises UserError without a webhook secret: it could verify nothing."""
        if not settings.webhook_secret.strip():
            raise UserError("AUTOBUILD_WEBHOOK_SECRET is missing. Without it anybody could send events.")
        self._settings = settings

    @property
    def settings(self) -> Settings | None:
        """Those that it was opened with."""
        return self._settings

    @property
    def is_open(self) -> bool:
        return self._settings is not None

    async def deliver(self, headers: Mapping[str, str], read: Callable[[], Awaitable[bytes]]) -> web.Response:
        """Answers one delivery: 202 done, 204 nothing to do, 400 and 401 not GitHub's, 503 later.

        `read` gives the body. It is not called for what could not be verified anyway.
        """
        settings = self._settings
        if settings is None:
            return _no_app()
        if not isinstance(headers, CIMultiDictProxy):  # aiohttp's are; copying them takes time
            headers = CIMultiDictProxy(CIMultiDict(headers))
        signature = ",".join(headers.getall("X-Hub-Signature-256", ()))  # one only: which of two would count?
        if not _SIGNATURE.fullmatch(signature):
            return web.Response(status=401, text="Missing or malformed X-Hub-Signature-256 header.")
        body = await read()
        try:  # in constant time, over the body as it came; SHA-1 is not taken
            sansio.validate_event(body, signature=signature, secret=settings.webhook_secret)
        except ValidationFailure:
            return web.Response(status=401, text="Invalid signature.")
        name, delivery = headers.get("X-GitHub-Event", ""), headers.get("X-GitHub-Delivery", "")
        if not (_WORD.fullmatch(name) and _WORD.fullmatch(delivery)):
            return web.Response(status=400, text="Missing or malformed X-GitHub-Event or X-GitHub-Delivery header.")
        try:
            event = parse_event(name, body, delivery)
        except BadPayload as error:
            _log.warning("delivery=%s event=%s answer=400 why=%r", delivery, name, str(error))
            return web.Response(status=400, text=f"Malformed payload: {error}.")
        return await self._act(settings, name, event)

    async def _act(self, settings: Settings, name: str, event: Event | Ignored) -> web.Response:
        """Hands what the event asks for to Temporal."""
        if isinstance(event, Ignored):
            return web.Response(status=204)
        action = route(event, Rules(settings.own_login, settings.app_id, settings.push_branches))
        if isinstance(action, Ignored):
            return web.Response(status=204)
        facts = (event.origin.delivery, name, event.origin.repo.full_name, action.id)
        try:
            await carry_out(self.temporal, action, settings.task_queue)
        except TemporalUnavailable as error:
            _log.error("delivery=%s event=%s repository=%s workflow=%s answer=503 why=%r", *facts, str(error))
            return web.Response(status=503, text="Temporal is unavailable; retry later.", headers=_RETRY)
        _log.info("delivery=%s event=%s repository=%s workflow=%s answer=202", *facts)
        return web.Response(status=202)


RECEIVER = web.AppKey("receiver", WebhookReceiver)


def make_app(settings: Settings, temporal: Client) -> web.Application:
    """The web process's application for one App. Raises UserError without a webhook secret."""
    receiver = WebhookReceiver(temporal)
    receiver.open(settings)
    return app_of(receiver)


async def _alone() -> str:
    return ""


def app_of(receiver: WebhookReceiver, dead_part: Callable[[], Awaitable[str]] = _alone) -> web.Application:
    """The addresses of this receiver, which may be closed still. `dead_part` says which other part of `autobuild up`
    is not alive, "" without one."""
    app = web.Application(client_max_size=LARGEST_BODY)
    app[RECEIVER] = receiver
    app.router.add_post("/webhook", _receive)

    async def alive(_request: web.Request) -> web.Response:
        """A supervisor need not restart this process, nor the `autobuild up` that it is a part of. A Temporal elsewhere
        does not matter: restarting this process would not bring it back."""
        problem = await dead_part()
        return web.Response(status=503, text=f"{problem}\n") if problem else web.Response(text="alive\n")

    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", _ready)
    return app


async def _receive(request: web.Request) -> web.Response:
    async def read() -> bytes:
        if (request.content_length or 0) > LARGEST_BODY:  # before any of it is read
            raise web.HTTPRequestEntityTooLarge(LARGEST_BODY, request.content_length or 0)
        try:
            if request.content.is_eof():  # all of it is here
                return await request.read()
            async with asyncio.timeout(request.app.get(PATIENCE)):
                return await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout(
                text="The body did not arrive in time.", headers={"Connection": "close"}
            ) from None
        except web.RequestPayloadError:
            raise web.HTTPBadRequest(text="Malformed request body.") from None

    return await request.app[RECEIVER].deliver(request.headers, read)


async def _ready(request: web.Request) -> web.Response:
    """There is an App, and Temporal answers too: events may be sent here. Also with a full disk, which it names: the
    events are in Temporal, and only the checks wait."""
    receiver = request.app[RECEIVER]
    if receiver.settings is None:
        return _no_app()
    if not await answers(receiver.temporal):
        return web.Response(status=503, text="Temporal is unavailable.\n")
    problem = await host_problem(receiver.settings.data, receiver.settings.data_reserve)
    if problem and not problem.only_checks:
        return web.Response(status=503, text=f"{problem.message}\n")
    return web.Response(text=f"ready\n{problem.message}\n" if problem else "ready\n")


def _no_app() -> web.Response:
    return web.Response(status=503, text="No GitHub App is registered yet.\n", headers=_RETRY)
