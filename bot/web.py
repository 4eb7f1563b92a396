"""The web process: hears GitHub's events, and says whether it is well. It never calls GitHub itself.

One event's walk: `_receive` → `_verified` → `parse_event` → `route` → `carry_out` → 202. Nothing is kept
in memory: what is answered 202 is in Temporal, what is answered 503 is for GitHub to send again.
"""

import logging
import re

from aiohttp import web
from gidgethub import ValidationFailure, sansio
from temporalio.client import Client

from activities.errors import UserError
from bot.dispatch import TemporalAway, answers, carry_out
from bot.events import parse_event
from bot.nouns import Event
from bot.payloads import BadPayload
from bot.routes import Rules, route
from bot.settings import Settings

SETTINGS = web.AppKey("settings", Settings)
TEMPORAL = web.AppKey("temporal", Client)
RULES = web.AppKey("rules", Rules)

# GitHub sends nothing bigger than 25 MB.
_LARGEST = 25 * 2**20
_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,100}")

_log = logging.getLogger("autobuild.web")


def make_app(settings: Settings, temporal: Client) -> web.Application:
    """The web process's application. Raises UserError without a webhook secret: it could trust nobody."""
    if not settings.webhook_secret.strip():
        raise UserError("AUTOBUILD_WEBHOOK_SECRET is missing: without it anybody could send events.")
    app = web.Application(client_max_size=_LARGEST)
    app[SETTINGS] = settings
    app[TEMPORAL] = temporal
    app[RULES] = Rules(settings.own_login, settings.app_id, settings.push_branches)
    app.router.add_post("/webhook", _receive)
    app.router.add_get("/healthz", _alive)
    app.router.add_get("/readyz", _ready)
    return app


async def _receive(request: web.Request) -> web.Response:
    """Answers one delivery: 202 done, 204 nothing to do, 400 and 401 and 413 not GitHub's, 503 later."""
    signature = request.headers.get("X-Hub-Signature-256", "")
    if not _SIGNATURE.fullmatch(signature):
        return web.Response(status=401, text="Sign the body: X-Hub-Signature-256.")
    if (request.content_length or 0) > _LARGEST:
        raise web.HTTPRequestEntityTooLarge(_LARGEST, request.content_length or 0)
    body = await request.read()
    if not _verified(body, signature, request.app[SETTINGS].webhook_secret):
        return web.Response(status=401, text="The signature is not this body's.")
    name = request.headers.get("X-GitHub-Event", "")
    delivery = request.headers.get("X-GitHub-Delivery", "")
    if not (_WORD.fullmatch(name) and _WORD.fullmatch(delivery)):
        return web.Response(status=400, text="X-GitHub-Event and X-GitHub-Delivery are needed.")
    try:
        event = parse_event(name, body, delivery)
    except BadPayload as error:
        _log.warning("delivery=%s event=%s answer=400 why=%r", delivery, name, str(error))
        return web.Response(status=400, text=f"The body makes no sense: {error}.")
    return await _act(request.app, name, event) if event else web.Response(status=204)


def _verified(body: bytes, signature: str, secret: str) -> bool:
    """In constant time, over the body as it came. `signature` is SHA-256's already: SHA-1 is not taken."""
    try:
        sansio.validate_event(body, signature=signature, secret=secret)
    except ValidationFailure:
        return False
    return True


async def _act(app: web.Application, name: str, event: Event) -> web.Response:
    delivery, repo = event.origin.delivery, event.origin.repo.full_name
    action = route(event, app[RULES])
    if action is None:
        return web.Response(status=204)
    try:
        await carry_out(app[TEMPORAL], action, app[SETTINGS].task_queue)
    except TemporalAway as error:
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
    """Temporal answers too: events may be sent here."""
    if await answers(request.app[TEMPORAL]):
        return web.Response(text="ready\n")
    return web.Response(status=503, text="Temporal is away.\n")
