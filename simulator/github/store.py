"""The state that all services share: accounts, repositories, tokens, ids, the clock, and waiting for a change."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from simulator.github.entities import (
    AccessToken,
    CheckRun,
    CheckSuite,
    GitHubApp,
    Installation,
    PullDetails,
    Repository,
    SimulatedIssue,
    User,
)
from simulator.github.errors import EntityNotFound
from simulator.github.git import Author
from simulator.github.keys import AppKey, long_token

T = TypeVar("T")

PERMISSIONS = {
    "checks": "write",
    "contents": "write",
    "deployments": "write",
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
    "deployment_status",
    "issue_comment",
    "issues",
    "merge_group",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
    "repository",
)
"""What the app subscribes to. Every app receives `installation`."""
TOKEN_LIFE_S = 3600


@dataclass(frozen=True)
class RateLimitStatus:
    """One hour's budget of one token owner; `reset` in seconds since 1970."""

    limit: int
    used: int
    reset: int


class Store:
    """`folder` holds the git repositories and the app's key. `url` is set once the server listens.

    `without_app`: no app is registered until someone registers one from a manifest. `former_names` maps a name that a
    repository once had to that repository's id. `version` grows with each change.
    """

    def __init__(
        self, folder: Path, *, webhook_secret: str = "", permissions: dict[str, str] | None = None,
        events: tuple[str, ...] = EVENTS, without_app: bool = False,
    ) -> None:  # fmt: skip
        self.folder = folder
        self.url = ""
        self.webhook_secret = webhook_secret or secrets.token_hex(20)
        self.users: dict[str, User] = {}
        self.repositories: dict[str, Repository] = {}
        self.former_names: dict[str, int] = {}
        self.installations: dict[int, Installation] = {}
        self.tokens: dict[str, AccessToken] = {}
        self.version = 0
        self.rate_limit = 5000
        self._ids = 1000
        self._clock_offset = 0.0
        self._used: dict[str, tuple[float, int]] = {}
        self._change = asyncio.Event()
        self.key = None if without_app else AppKey.read_or_generate(folder)
        if without_app:  # no key, no events, cannot be installed
            ghost = User(0, "ghost", "")
            self.app = GitHubApp(0, "", ghost, ghost, {}, (), self.now())
        else:
            owner, bot = self.add_user("example", "Organization"), self.add_user("autobuild[bot]", "Bot")
            granted = dict(permissions or PERMISSIONS)
            self.app = GitHubApp(self.new_id(), "autobuild", owner, bot, granted, events, self.now())

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v3"

    # --- clock and changes

    def time(self) -> float:
        """Seconds since 1970, as this GitHub sees it."""
        return time.time() + self._clock_offset

    def now(self) -> str:
        return self.stamp(self.time())

    def stamp(self, moment: float) -> str:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def advance(self, seconds: float) -> None:
        """Moves this GitHub's clock, so that tokens expire without waiting."""
        self._clock_offset += seconds
        self.changed()

    def changed(self) -> None:
        """Call after each change: wakes all who wait, in this process and through the control API."""
        self.version += 1
        self.wake()

    def wake(self) -> None:
        """Lets `wait_for` look again, without a new version: for requests that only read."""
        self._change.set()
        self._change = asyncio.Event()

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 120.0) -> T:
        """The first true value of `predicate`, which is called again after each change; TimeoutError without one."""
        async with asyncio.timeout(timeout):
            while not (result := predicate()):
                await self._change.wait()
        return result

    def new_id(self) -> int:
        self._ids += 1
        return self._ids

    def spend(self, who: str, points: int = 1) -> RateLimitStatus:
        """Takes `points` from this hour's requests of `who`; the state of that limit."""
        start, used = self._used.get(who, (self.time(), 0))
        if self.time() - start >= 3600:
            start, used = self.time(), 0
        self._used[who] = (start, used + points)
        return RateLimitStatus(self.rate_limit, min(used + points, self.rate_limit), int(start) + 3600)

    # --- users and tokens

    def add_user(self, login: str, kind: str = "User") -> User:
        """The user of that login, created if there is none."""
        if (key := login.lower()) not in self.users:
            self.users[key] = User(self.new_id(), login, f"ghp_{secrets.token_hex(18)}", kind)
            self.changed()
        return self.users[key]

    def author(self, user: User) -> Author:
        """That user as the author of a commit made now."""
        return Author(user.person, int(self.time()))

    def user_by_token(self, token: str) -> User | None:
        people = (user for user in self.users.values() if user.type != "Bot")
        return next((user for user in people if user.token == token), None)

    def create_token(
        self, installation: Installation, repositories: set[int] | None, permissions: dict[str, str]
    ) -> AccessToken:
        """A new installation token, good for an hour."""
        value = long_token(self.app.id, installation.id)
        token = AccessToken(value, installation, repositories, permissions, self.time() + TOKEN_LIFE_S)
        self.tokens[value] = token
        return token

    def token(self, value: str) -> AccessToken | None:
        """That installation token, if it is known, not expired, and its installation was not removed."""
        token = self.tokens.get(value)
        valid = token and token.expires > self.time() and token.installation.id in self.installations
        return token if valid else None

    # --- look-ups; EntityNotFound where there is none

    def repository(self, full_name: str) -> Repository:
        return _found(self.repositories.get(full_name.lower()), full_name)

    def repository_by_former_name(self, full_name: str) -> Repository | None:
        """The repository that once had this name, which none has now."""
        number = None if full_name.lower() in self.repositories else self.former_names.get(full_name.lower())
        return next((repo for repo in self.repositories.values() if repo.id == number), None)

    def issue(self, full_name: str, number: int) -> SimulatedIssue:
        return _found(self.repository(full_name).issues.get(number), f"{full_name}#{number}")

    def pull(self, full_name: str, number: int) -> tuple[Repository, SimulatedIssue, PullDetails]:
        repo, issue = self.repository(full_name), self.issue(full_name, number)
        return repo, issue, _found(issue.pull, f"pull request {full_name}#{number}")

    def check_run(self, repository: Repository, run: int) -> CheckRun:
        return _found(next((r for r in repository.runs() if r.id == run), None), f"check run {run}")

    def check_suite(self, repository: Repository, suite: int) -> CheckSuite:
        return _found(next((s for s in repository.suites.values() if s.id == suite), None), f"check suite {suite}")

    def installation_of(self, repository: Repository) -> Installation | None:
        return next((i for i in self.installations.values() if i.covers(repository)), None)


def _found(entity: T | None, name: str) -> T:
    if entity is None:
        raise EntityNotFound(name)
    return entity
