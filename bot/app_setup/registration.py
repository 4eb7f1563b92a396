"""A process that has no App yet: it says where one is registered, and waits for it."""

import asyncio
import sys
from collections.abc import Callable

from aiohttp import web

from bot.app_setup.access import SetupSession
from bot.app_setup.pages import SetupPages
from bot.settings import Settings, credentials
from bot.settings.credentials import AppCredentials


class AppRegistration:
    """One App to come: stored if the settings want it, and then handed to `take`.

    If they do not, the last page shows its credentials, and nothing else does: a server's output is a log.
    """

    def __init__(self, settings: Settings, take: Callable[[AppCredentials], None]) -> None:
        self._settings, self._take = settings, take
        self._guard = SetupSession(self._announce)
        self._base = ""
        self._came = asyncio.Event()

    def add_to(self, app: web.Application) -> None:
        """Its pages."""
        SetupPages(self._settings, self._keep, self._guard).add_to(app)

    async def run(self, here: str) -> bool:
        """Prints the address, beginning with `here` where no other is set, and waits until there is an App.

        True if `take` was given it; False if another process has stored one meanwhile.
        """
        self._base = self._settings.base_url or here
        self._guard.begin()
        ways = [asyncio.create_task(self._came.wait()), asyncio.create_task(credentials.appears(self._settings.data))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
        self._guard.end()
        return self._came.is_set()

    def _keep(self, app: AppCredentials) -> None:
        """Raises UserError where it cannot be stored; then nobody has it."""
        if self._settings.setup == "store":
            credentials.store(self._settings.data, app)
        self._take(app)
        self._came.set()

    def _announce(self, token: str) -> None:
        """Beside the log, which may be sent elsewhere; and not where credentials may be printed to."""
        print(f"There is no GitHub App yet. Set it up: {self._base}/setup?token={token}", file=sys.stderr, flush=True)
