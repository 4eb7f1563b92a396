"""A process without an App: it prints the address of its set-up pages, and waits until there is an App."""

import asyncio
import sys
from collections.abc import Callable

from aiohttp import web

from bot.app_setup.access import SetupSession
from bot.app_setup.pages import SetupPages
from bot.settings import Settings, credentials
from bot.settings.credentials import AppCredentials


class AppRegistration:
    """The registration of one App: stored if the settings say so, and then given to `take`.

    If it is not stored, the last page shows its credentials, and nothing else does: a server's output is a log.
    """

    def __init__(self, settings: Settings, take: Callable[[AppCredentials], None]) -> None:
        self._settings, self._take = settings, take
        self._base = ""
        self._registered = asyncio.Event()

        def announce(token: str) -> None:
            # Not to the log, which may be sent elsewhere, nor to standard output, where credentials may be printed.
            url = f"{self._base}/setup?token={token}"
            print(f"No GitHub App is registered yet. Set it up: {url}", file=sys.stderr, flush=True)

        self._session = SetupSession(announce)

    def add_to(self, app: web.Application) -> None:
        """Adds the set-up pages."""

        def keep(registered: AppCredentials) -> None:
            if self._settings.setup == "store":
                credentials.store(self._settings.data, registered)
            self._take(registered)
            self._registered.set()

        SetupPages(self._settings, keep, self._session).add_to(app)

    async def run(self, here: str) -> bool:
        """Prints the address, which begins with `here` where AUTOBUILD_BASE_URL is not set, and waits for an App.

        True if `take` was given it; False if another process has stored one meanwhile.
        """
        self._base = self._settings.base_url or here
        self._session.begin()
        here_or_elsewhere = (self._registered.wait(), credentials.appears(self._settings.data))
        tasks = [asyncio.create_task(each) for each in here_or_elsewhere]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        self._session.end()
        return self._registered.is_set()
