"""`autobuild setup`: which App this is; where there is none, it is registered here, without Temporal."""

import sys
from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from bot.app_setup.server import AppRegistration
from bot.settings import Settings, credentials, names_an_app
from bot.settings.credentials import AppCredentials
from bot.webhook.serve import listening


async def run(environ: Mapping[str, str], *, as_lines: bool) -> int:
    """0 when there is an App. `as_lines` prints its credentials as settings and stores nothing."""
    settings = Settings.load(environ, ())
    if names_an_app(environ):
        said = Settings.load(environ)
        print(f"App {said.app_id}, {said.own_login} on {said.github_url}: from the environment.", file=sys.stderr)
        return 0
    app = credentials.stored(settings.data)
    if app is None:
        app = await _registered(replace(settings, setup="print") if as_lines else settings)
    elif as_lines:
        print(app.lines(), end="", flush=True)
    kept = settings.setup == "store" and not as_lines
    where = f" Its credentials are in {credentials.place(settings.data)}." if kept else ""
    print(f"App {app.id}, {app.slug}[bot] on {app.github_url}.{where}", file=sys.stderr)
    print(f"Install it: {app.installation_page}", file=sys.stderr)
    return 0


async def _registered(settings: Settings) -> AppCredentials:
    """Serves the set-up pages and nothing else until a person has used them."""
    found: list[AppCredentials] = []

    def take(app: AppCredentials) -> None:
        if settings.setup == "print":
            print(app.lines(), end="", flush=True)
        found.append(app)

    registration = AppRegistration(settings, take)
    app = web.Application()
    registration.add_to(app)
    async with listening(app, settings.host, settings.port) as address:
        await registration.run(address)
    stored = found[0] if found else credentials.stored(settings.data)
    assert stored
    return stored
