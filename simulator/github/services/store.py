"""What every part of the pretend GitHub shares: ids, the clock, people, tokens, and the news of a change."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from simulator.github import serializers
from simulator.github.services.entities import (
    AppInstallation,
    CheckRun,
    CheckSuite,
    GitHubApp,
    InstallationToken,
    Issue,
    Json,
    Repository,
    User,
)
from simulator.github.services.keys import AppKey, long_token
from simulator.github.webhooks import Webhooks

T = TypeVar("T")

PERMISSIONS = {
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "merge_queues": "read",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "write",
}
EVENTS = (
    "check_run",
    "check_suite",
    "create",
    "delete",
    "issue_comment",
    "issues",
    "merge_group",
    "pull_request",
    "push",
    "repository",
)
"""What the app subscribes to. `installation` comes to every app."""
TOKEN_LIFE_S = 3600


class EntityNotFound(Exception):
    """There is no such thing here; the text says what was looked for."""


@dataclass(frozen=True)
class RateLimitStatus:
    """One hour's budget of one token owner; `reset` in seconds since 1970."""

    limit: int
    used: int
    reset: int


class Hub:
    """The state. `url` is set once the server listens; `api_url` is what the bot is configured with.

    `without_app`: none is registered, until somebody registers one from a manifest.
    """

    def __init__(
        self, state: Path, *, hook_url: str = "", webhook_secret: str = "",
        permissions: dict[str, str] | None = None, events: tuple[str, ...] = EVENTS, without_app: bool = False,
    ) -> None:  # fmt: skip
        self.state = state
        self.url = ""
        self.webhook_secret = webhook_secret or secrets.token_hex(20)
        self.users: dict[str, User] = {}
        self.repositories: dict[str, Repository] = {}
        self.moved: dict[str, int] = {}
        self.installations: dict[int, AppInstallation] = {}
        self.tokens: dict[str, InstallationToken] = {}
        self.version = 0
        self.rate_limit = 5000
        self._ids = 1000
        self._ahead = 0.0
        self._used: dict[str, tuple[float, int]] = {}
        self._news = asyncio.Event()
        self._locks: dict[int, asyncio.Lock] = {}
        self.key = None if without_app else AppKey.read_or_make(state)
        self.app = _no_app(self.now()) if without_app else self._app(permissions or PERMISSIONS, events)
        self.hooks = Webhooks(self, hook_url)

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v3"

    @property
    def app_id(self) -> int:
        return self.app.id

    @property
    def private_key_pem(self) -> str:
        """Empty while there is no app."""
        return self.key.pem if self.key else ""

    @property
    def hook_url(self) -> str:
        return self.hooks.url

    @hook_url.setter
    def hook_url(self, url: str) -> None:
        self.hooks.set_config(url=url)

    # --- time and news

    def time(self) -> float:
        """Seconds since 1970, as this GitHub sees it."""
        return time.time() + self._ahead

    def now(self) -> str:
        return self.stamp(self.time())

    def stamp(self, moment: float) -> str:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def advance(self, seconds: float) -> None:
        """Moves this GitHub's clock, so that tokens expire without waiting."""
        self._ahead += seconds
        self.changed()

    def changed(self) -> None:
        """Something is not as it was: wakes everybody who waits, here and at the control door."""
        self.version += 1
        self.heard()

    def heard(self) -> None:
        """Somebody only looked: wakes those who wait in this process, and nobody who looks after each change."""
        self._news.set()
        self._news = asyncio.Event()

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 20.0) -> T:
        """What `predicate` gives, as soon as that is true; it is asked again after each change. TimeoutError else."""
        async with asyncio.timeout(timeout):
            while not (found := predicate()):
                await self._news.wait()
        return found

    def new_id(self) -> int:
        self._ids += 1
        return self._ids

    def spend(self, who: str, points: int = 1) -> RateLimitStatus:
        """Takes from this hour's requests of `who` and tells what is left."""
        start, used = self._used.get(who, (self.time(), 0))
        if self.time() - start >= 3600:
            start, used = self.time(), 0
        self._used[who] = (start, used + points)
        return RateLimitStatus(self.rate_limit, min(used + points, self.rate_limit), int(start) + 3600)

    # --- people and tokens

    def add_user(self, login: str, kind: str = "User") -> User:
        """That person, made at first sight."""
        if (key := login.lower()) not in self.users:
            self.users[key] = User(self.new_id(), login, f"ghp_{secrets.token_hex(18)}", kind)
            self.changed()
        return self.users[key]

    def user_by_token(self, token: str) -> User | None:
        people = (user for user in self.users.values() if user.type != "Bot")
        return next((user for user in people if user.token == token), None)

    def mint(
        self, installation: AppInstallation, repositories: set[int] | None, permissions: dict[str, str]
    ) -> InstallationToken:
        """A new installation token, good for an hour."""
        value = long_token(self.app.id, installation.id)
        token = InstallationToken(value, installation, repositories, permissions, self.time() + TOKEN_LIFE_S)
        self.tokens[value] = token
        return token

    def token(self, value: str) -> InstallationToken | None:
        """That installation token, if it is known and in time and its installation was not removed."""
        found = self.tokens.get(value)
        good = found and found.expires > self.time() and found.installation.id in self.installations
        return found if good else None

    # --- finding things

    def repository(self, full_name: str) -> Repository:
        return _or_missing(self.repositories.get(full_name.lower()), full_name)

    def moved_to(self, full_name: str) -> Repository | None:
        """The repository that once had this name, which none has now."""
        number = None if full_name.lower() in self.repositories else self.moved.get(full_name.lower())
        return next((repo for repo in self.repositories.values() if repo.id == number), None)

    def issue(self, full_name: str, number: int) -> Issue:
        return _or_missing(self.repository(full_name).issues.get(number), f"{full_name}#{number}")

    def check_run(self, repository: Repository, run: int) -> CheckRun:
        return _or_missing(next((r for r in repository.runs() if r.id == run), None), f"check run {run}")

    def check_suite(self, repository: Repository, suite: int) -> CheckSuite:
        return _or_missing(next((s for s in repository.suites.values() if s.id == suite), None), f"check suite {suite}")

    def installation_of(self, repository: Repository) -> AppInstallation | None:
        return next((i for i in self.installations.values() if i.covers(repository)), None)

    def emit(self, event: str, repository: Repository, sender: User, payload: Json) -> None:
        """Sends an event of this repository to the app, if it is installed there, awake and wants it."""
        installation = self.installation_of(repository)
        if installation is None or installation.suspended_at or event not in self.app.events:
            return
        self.hooks.send(event, {
            **payload,
            "repository": serializers.repository(self, repository),
            "sender": serializers.user(self, sender),
            "installation": {"id": installation.id, "node_id": serializers.node("Installation", installation.id)},
        })  # fmt: skip

    def _app(self, permissions: dict[str, str], events: tuple[str, ...]) -> GitHubApp:
        owner, bot = self.add_user("example", "Organization"), self.add_user("autobuild[bot]", "Bot")
        return GitHubApp(self.new_id(), "autobuild", owner, bot, dict(permissions), events, self.now())


def _no_app(now: str) -> GitHubApp:
    """Stands for the one that is not registered yet: it has no key, wants no event and can be installed nowhere."""
    nobody = User(0, "ghost", "")
    return GitHubApp(0, "", nobody, nobody, {}, (), now)


def _or_missing(found: T | None, what: str) -> T:
    if found is None:
        raise EntityNotFound(what)
    return found
