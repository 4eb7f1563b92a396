"""`autobuild setup`"""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.settings.credentials import AppCredentials


@click.command(name="setup")
@click.option("--print", "as_lines", is_flag=True, help="Print the credentials as settings instead of storing them.")
def command(as_lines: bool) -> int:
    """Register the GitHub App, or show the registered one."""
    from bot.cli.signals import run_to_end

    run_to_end(_run(os.environ, as_lines=as_lines))
    return 0


async def _run(environ: Mapping[str, str], *, as_lines: bool) -> None:
    """Credentials go to standard output, everything else to standard error. Temporal is not needed."""
    from bot.settings import Settings, credentials, names_an_app
    from bot.settings.data_folder import mention_earlier_folder

    mention_earlier_folder(environ)
    settings = Settings.load(environ, ())
    if names_an_app(environ):
        known = Settings.load(environ)
        print(f"App {known.app_id}, {known.own_login} on {known.github_url}: from the environment.", file=sys.stderr)
        return
    app = credentials.stored(settings.data)
    if app is None:
        app = await _register(replace(settings, setup="print") if as_lines else settings)
    elif as_lines:
        print(app.lines(), end="", flush=True)
    stores = settings.setup == "store" and not as_lines
    where = f" Its credentials are in {credentials.place(settings.data)}." if stores else ""
    print(f"App {app.id}, {app.slug}[bot] on {app.github_url}.{where}", file=sys.stderr)
    print(f"Install it: {app.installation_page}", file=sys.stderr)


async def _register(settings: "Settings") -> "AppCredentials":
    """Serves the set-up pages, and nothing else, until the App is registered here or by another process."""
    from aiohttp import web

    from bot.app_setup.registration import AppRegistration
    from bot.settings import credentials
    from bot.webhook.connections import listening

    registered: list[AppCredentials] = []

    def take(app: "AppCredentials") -> None:
        if settings.setup == "print":
            print(app.lines(), end="", flush=True)
        registered.append(app)

    registration = AppRegistration(settings, take)
    pages = web.Application()
    registration.add_to(pages)
    async with listening(pages, settings.host, settings.port) as address:
        await registration.run(address)
    app = registered[0] if registered else credentials.stored(settings.data)
    assert app
    return app
