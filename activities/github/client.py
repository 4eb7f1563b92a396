"""GitHub for this app: a token for each need, kept until shortly before it ends, and never shown.

A token covers one repository and just the permissions that the caller names. However many wait for the same
one, it is asked for once.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from cachetools import TLRUCache

from activities.errors import UserError
from activities.github.api import API
from activities.github.budget import UNMETERED, Budget, Limits
from activities.github.errors import Forbidden, NotFound, Suspended, Validation
from activities.github.redaction import redact
from activities.model import RepoRef

__all__ = ["API", "App", "GitHub", "redact"]

# A token is not used in its last minutes: what was started with it must be able to end.
_MARGIN_S = 300.0
_TOKENS = 2048
# Stands for all repositories of an installation; no repository can be called so.
_ALL = "*"

Permissions = Mapping[str, str]


@dataclass(frozen=True)
class App:
    """Who we are on GitHub. The bot's login is `{slug}[bot]`."""

    id: int
    slug: str

    @property
    def login(self) -> str:
        return f"{self.slug}[bot]"


@dataclass(frozen=True)
class _Token:
    key: tuple[object, ...]
    text: str = field(repr=False)
    lasts_s: float
    api: API = field(repr=False)


class GitHub:
    """`api_url` is `https://api.github.com`, or an Enterprise Server's `https://host/api/v3`.

    `app_id` may be the app's number or its client id. `limits` are github.com's, or none for an Enterprise Server.
    The session is the caller's to close. Raises `UserError` for a key that is none.
    """

    def __init__(
        self,
        api_url: str,
        app_id: str | int,
        private_key: str,
        session: aiohttp.ClientSession,
        user_agent: str = "autobuild",
        *,
        limits: Limits | None = None,
    ) -> None:
        _check_key(private_key)
        self._api_url = api_url.rstrip("/")
        self._session = session
        self._user_agent = user_agent
        self._limits = limits or (UNMETERED if self._api_url.endswith("/api/v3") else Limits())
        self._budgets: dict[int, Budget] = {}
        self._tokens: TLRUCache[tuple[object, ...], _Token] = TLRUCache(
            _TOKENS, ttu=lambda _key, token, now: now + token.lasts_s - _MARGIN_S
        )
        self._minting: dict[tuple[object, ...], asyncio.Task[_Token]] = {}
        self._who: App | None = None
        self._as_app = self._api(0, lambda: None, app_id=str(app_id), private_key=private_key)

    @property
    def graphql_url(self) -> str:
        """`…/graphql` beside the API; an Enterprise Server has it at `/api/graphql`."""
        return f"{self._api_url.removesuffix('/v3')}/graphql"

    @property
    def web_url(self) -> str:
        """Where people see what the API speaks of."""
        if self._api_url.endswith("/api/v3"):
            return self._api_url.removesuffix("/api/v3")
        return self._api_url.replace("://api.", "://", 1)

    def clone_url(self, repo: RepoRef) -> str:
        """The address for git, without any credential in it."""
        return f"{self.web_url}/{repo.full_name}.git"

    async def app(self) -> App:
        """This app; asked for once."""
        if self._who is None:
            data = await self._as_app.getitem("/app")
            self._who = App(int(data["id"]), str(data["slug"]))
        return self._who

    @property
    def as_app(self) -> API:
        """GitHub as the app itself, which sees its hook and its installations, and no repository."""
        return self._as_app

    async def everywhere(self, installation_id: int, permissions: Permissions) -> API:
        """GitHub with these permissions on all repositories of an installation: to look through them."""
        return await self.installation(RepoRef("", _ALL, installation_id), permissions)

    async def installation(self, repo: RepoRef, permissions: Permissions) -> API:
        """GitHub with these permissions on this repository and on no other."""
        return (await self._token(repo, permissions)).api

    async def git_auth(self, repo: RepoRef, write: bool = False) -> tuple[str, str]:
        """(user name, token) for git over HTTP; to be handed over in the environment, never as an argument."""
        token = await self._token(repo, {"contents": "write" if write else "read"})
        return "x-access-token", token.text

    async def _token(self, repo: RepoRef, permissions: Permissions) -> _Token:
        key = (repo.installation_id, repo.full_name.lower(), *sorted(permissions.items()))
        if token := self._tokens.get(key):
            return token
        if key not in self._minting:
            task = asyncio.create_task(self._mint(key, repo, permissions))
            task.add_done_callback(lambda _: self._minting.pop(key, None))
            self._minting[key] = task
        # Shielded: one waiter that goes away must not take the token from the others.
        return await asyncio.shield(self._minting[key])

    async def _mint(self, key: tuple[object, ...], repo: RepoRef, permissions: Permissions) -> _Token:
        installation = repo.installation_id or await self._installation_of(repo)
        data = await self._minted(installation, repo, permissions)
        text = str(data["token"])
        api = self._api(installation, lambda: self._forget(key), oauth_token=text)
        token = _Token(key, text, _lasts(str(data["expires_at"])), api)
        self._tokens[key] = token
        return token

    async def _minted(self, installation: int, repo: RepoRef, permissions: Permissions) -> Any:
        where, chosen = repo.full_name, {"repositories": [repo.name]}
        if repo.name == _ALL:
            where, chosen = "this account", {}
        try:
            return await self._as_app.post(
                "/app/installations/{id}/access_tokens",
                {"id": str(installation)},
                data={**chosen, "permissions": dict(permissions)},
            )
        except NotFound:
            raise Suspended(f"The app is not installed on {where} any more: install it again.") from None
        except Validation as error:
            wanted = ", ".join(f"{name}: {level}" for name, level in sorted(permissions.items()))
            raise Forbidden(
                f"The app's installation does not give {wanted} on {where}: "
                f"add the repository to it and accept the permissions that the app asks for. ({error})"
            ) from None

    async def _installation_of(self, repo: RepoRef) -> int:
        try:
            data = await self._as_app.getitem(
                "/repos/{owner}/{repo}/installation", {"owner": repo.owner, "repo": repo.name}
            )
        except NotFound:
            raise Suspended(f"The app is not installed on {repo.full_name}: install it there.") from None
        return int(data["id"])

    def _forget(self, key: tuple[object, ...]) -> None:
        self._tokens.pop(key, None)

    def _api(self, installation: int, forget: Any, **credential: str) -> API:
        budget = self._budgets.setdefault(installation, Budget(self._limits))
        return API(
            self._session, self._user_agent, base_url=self._api_url, graphql_url=self.graphql_url,
            budget=budget, forget=forget, **credential,
        )  # fmt: skip


def _check_key(private_key: str) -> None:
    """Raises `UserError` where the app's key is not a private key in PEM form."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError):
        raise UserError("The app's private key is not a PEM file as GitHub gives it: download it again.") from None


def _lasts(expires_at: str) -> float:
    """Seconds from now; GitHub's clock and ours may differ by less than the margin."""
    try:
        at = datetime.fromisoformat(expires_at)
    except ValueError:
        return 0.0
    return (at - datetime.now(UTC)).total_seconds()
