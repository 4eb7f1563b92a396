"""The web process: hears GitHub's events, and says whether it is well. It never calls GitHub itself.

One event's walk: `_receive` → `Door.deliver` → `_verified` → `parse_event` → `route` → `carry_out` → 202. Nothing is
kept in memory: what is answered 202 is in Temporal, what is answered 503 is for GitHub to send again.
"""

import logging
import re
from collections.abc import Mapping

from aiohttp import web
from gidgethub import ValidationFailure, sansio
from multidict import CIMultiDict
from temporalio.client import Client

from activities.errors import UserError
from bot.settings import Settings
from bot.webhook.dispatch import TemporalUnavailable, answers, carry_out
from bot.webhook.events import Event, Ignored
from bot.webhook.parsing import parse_event
from bot.webhook.payloads import BadPayload
from bot.webhook.routes import Rules, route

# GitHub sends nothing bigger than 25 MB.
_LARGEST = 25 * 2**20
_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,100}")

_log = logging.getLogger("autobuild.web")


class WebhookReceiver:
    """Where deliveries come in. It is shut until there is an App, and may be opened while it stands there."""

    def __init__(self, temporal: Client) -> None:
        self.temporal = temporal
        self._settings: Settings | None = None

    def open(self, settings: Settings) -> None:
        """For this App from now on. Raises UserError without a webhook secret: it could trust nobody."""
        if not settings.webhook_secret.strip():
            raise UserError("AUTOBUILD_WEBHOOK_SECRET is missing: without it anybody could send events.")
        self._settings = settings

    @property
    def is_open(self) -> bool:
        return self._settings is not None

    async def deliver(self, headers: Mapping[str, str], body: bytes) -> web.Response:
        """Answers one delivery: 202 done, 204 nothing to do, 400 and 401 not GitHub's, 503 later."""
        settings, headers = self._settings, CIMultiDict(headers)
        if settings is None:
            return _no_app_yet()
        if not _signed(headers):
            return _not_signed()
        if not _verified(body, headers["X-Hub-Signature-256"], settings.webhook_secret):
            return web.Response(status=401, text="The signature is not this body's.")
        name, delivery = headers.get("X-GitHub-Event", ""), headers.get("X-GitHub-Delivery", "")
        if not (_WORD.fullmatch(name) and _WORD.fullmatch(delivery)):
            return web.Response(status=400, text="X-GitHub-Event and X-GitHub-Delivery are needed.")
        try:
            event = parse_event(name, body, delivery)
        except BadPayload as error:
            _log.warning("delivery=%s event=%s answer=400 why=%r", delivery, name, str(error))
            return web.Response(status=400, text=f"The body makes no sense: {error}.")
        return await _act(self.temporal, settings, name, event)


DOOR = web.AppKey("door", WebhookReceiver)


def make_app(settings: Settings, temporal: Client) -> web.Application:
    """The web process's application for one App. Raises UserError without a webhook secret."""
    door = WebhookReceiver(temporal)
    door.open(settings)
    return app_of(door)


def app_of(door: WebhookReceiver) -> web.Application:
    """The addresses before this door, which may be shut still."""
    app = web.Application(client_max_size=_LARGEST)
    app[DOOR] = door
    app.router.add_post("/webhook", _receive)
    app.router.add_get("/healthz", _alive)
    app.router.add_get("/readyz", _ready)
    return app


async def _receive(request: web.Request) -> web.Response:
    """What nobody could verify, or is too large, is not read."""
    door = request.app[DOOR]
    if not door.is_open:
        return _no_app_yet()
    if not _signed(request.headers):
        return _not_signed()
    if (request.content_length or 0) > _LARGEST:
        raise web.HTTPRequestEntityTooLarge(_LARGEST, request.content_length or 0)
    return await door.deliver(request.headers, await request.read())


def _no_app_yet() -> web.Response:
    return web.Response(status=503, text="There is no App yet.\n", headers={"Retry-After": "60"})


def _not_signed() -> web.Response:
    return web.Response(status=401, text="Sign the body: X-Hub-Signature-256.")


def _signed(headers: Mapping[str, str]) -> bool:
    return bool(_SIGNATURE.fullmatch(headers.get("X-Hub-Signature-256", "")))


def _verified(body: bytes, signature: str, secret: str) -> bool:
    """In constant time, over the body as it came. `signature` is SHA-256's already: SHA-1 is not taken."""
    try:
        sansio.validate_event(body, signature=signature, secret=secret)
    except ValidationFailure:
        return False
    return True


async def _act(temporal: Client, settings: Settings, name: str, event: Event | Ignored) -> web.Response:
    if isinstance(event, Ignored):
        return web.Response(status=204)
    delivery, repo = event.origin.delivery, event.origin.repo.full_name
    action = route(event, Rules(settings.own_login, settings.app_id, settings.push_branches))
    if isinstance(action, Ignored):
        return web.Response(status=204)
    try:
        await carry_out(temporal, action, settings.task_queue)
    except TemporalUnavailable as error:
        _log.error(
            "delivery=%s event=%s repository=%s workflow=%s answer=503 why=%r",
            delivery,
            name,
            repo,
            action.id,
            str(error),
        )
        return web.Response(status=503, text="Temporal is away; send it again.", headers={"Retry-After": "60"})
    _log.info("delivery=%s event=%s repository=%s workflow=%s answer=202", delivery, name, repo, action.id)
    return web.Response(status=202)


async def _alive(_request: web.Request) -> web.Response:
    """This process answers: a supervisor need not restart it."""
    return web.Response(text="alive\n")


async def _ready(request: web.Request) -> web.Response:
    """There is an App, and Temporal answers too: events may be sent here."""
    door = request.app[DOOR]
    if not door.is_open:
        return _no_app_yet()
    if await answers(door.temporal):
        return web.Response(text="ready\n")
    return web.Response(status=503, text="Temporal is away.\n")
