"""A server that has no App yet, and the simulated GitHub that registers one."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.app_setup.access import SetupSession
from bot.app_setup.pages import SetupPages
from bot.settings import Settings, credentials
from bot.settings.credentials import AppCredentials
from bot.webhook.connections import listening
from simulator.github.server import SimulatedGitHub
from tests.bot.app_setup.browser import Browser, Page


@dataclass
class Scene:
    """`base` is the server's address, `tokens` are those it announced, `kept` is what came of it."""

    github: SimulatedGitHub
    settings: Settings
    tokens: list[str] = field(default_factory=list)
    kept: list[AppCredentials] = field(default_factory=list)
    base: str = ""

    @property
    def address(self) -> str:
        return f"{self.base}/setup?token={self.tokens[-1]}"

    async def to_github(self, browser: Browser, **typed: str) -> Page:
        """From the address to GitHub's page that asks for the name once more."""
        form = await browser.open(self.address)
        assert form.status == 200, form.text
        confirm = await browser.submit(form, **typed)
        assert confirm.status == 200, confirm.text
        return await browser.submit(confirm)

    def manifest(self, asked: Page) -> dict[str, Any]:
        """What GitHub's page was led to with."""
        found: dict[str, Any] = json.loads(asked.forms[0].fields["manifest"])
        return found

    def keep(self, app: AppCredentials) -> None:
        if self.settings.setup == "store":
            credentials.store(self.settings.data, app)
        self.kept.append(app)


@contextlib.asynccontextmanager
async def scene(
    folder: Path, github: SimulatedGitHub, *, port: int = 0, prefix: str = "", **settings: str
) -> AsyncIterator[Scene]:
    """Serves the set-up pages for the block, below `prefix` if there is one; `settings` besides GitHub's addresses."""
    deployed = Settings(github_url=github.url, github_api_url=github.api_url, data=folder / "data", port=0)
    it = Scene(github, replace(deployed, **settings))  # type: ignore[arg-type]
    session = SetupSession(it.tokens.append)
    app = web.Application()
    SetupPages(it.settings, it.keep, session).add_to(app)
    session.begin()
    whole = web.Application()
    if prefix:
        whole.add_subapp(prefix, app)
    async with listening(whole if prefix else app, "127.0.0.1", port) as it.base:
        yield it


def state_of(page: Page) -> str:
    """The `state` that a page of GitHub's was led to with."""
    return dict(part.split("=", 1) for part in urlsplit(page.url).query.split("&"))["state"]
