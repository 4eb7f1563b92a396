"""GitHub for this app: tokens, kept until shortly before they end, and never shown.

A token covers one repository and just the permissions that the caller names; a gate's requests share one. Git has a
token of its own, which can read and nothing else.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from cachetools import TTLCache

from activities.github.client.api import API
from activities.github.client.clock import GitHubClock
from activities.github.client.credentials import AppCredential, Credential
from activities.github.client.rate_limits import UNMETERED, RateBudget, RateLimits
from activities.github.client.renames import RepositoryNames
from activities.github.client.token_requests import Permissions, TokenIssuer, TokenRequest
from activities.github.client.tokens import Tokens
from activities.github.client.transport import ApiUrls
from activities.github.errors import Forbidden, Unavailable
from activities.model import RepoRef

GATE_PERMISSIONS: Permissions = {
    "checks": "write",
    "contents": "read",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
}
"""What a gate needs from its first request to its comment, and nothing that changes a file."""
# After a refusal of these it is not asked again for so long: the owner may have granted fewer.
_REFUSED_S, _REFUSED_KEPT = 3600.0, 2048

__all__ = ["API", "AppClient", "GitHub", "Permissions"]


@dataclass(frozen=True)
class AppClient:
    """Our app on GitHub. The bot's login is `{slug}[bot]`."""

    id: int
    slug: str

    @property
    def login(self) -> str:
        return f"{self.slug}[bot]"

    def wrote(self, data: Mapping[str, Any]) -> bool:
        """Whether our bot is the author of this issue, pull request or comment."""
        user = data.get("user") or {}
        return bool(user.get("type") == "Bot" and user.get("login") == self.login)


class GitHub:
    """`api_url` is `https://api.github.com`, or an Enterprise Server's `https://host/api/v3`.

    `app_id` may be the app's number or its client id. `limits` are github.com's, or none for an Enterprise Server.
    The session is the caller's to close. Raises `UserError` for an invalid key.
    """

    def __init__(
        self,
        api_url: str,
        app_id: str | int,
        private_key: str,
        session: aiohttp.ClientSession,
        user_agent: str = "autobuild",
        *,
        limits: RateLimits | None = None,
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self._session = session
        self._user_agent = user_agent
        self._limits = limits or (UNMETERED if self._api_url.endswith("/api/v3") else RateLimits())
        self._budgets: dict[int, RateBudget] = {}
        self._app: AppClient | None = None
        self._clock = GitHubClock()
        self._names = RepositoryNames()
        self._as_app = self._make_api(0, AppCredential(app_id, private_key, self._clock))
        self._refused: TTLCache[Hashable, bool] = TTLCache(_REFUSED_KEPT, _REFUSED_S)
        self._tokens = Tokens(TokenIssuer(self._as_app, self._names), self._clock, self._make_api)

    @property
    def graphql_url(self) -> str:
        """`…/graphql` beside the API; an Enterprise Server has it at `/api/graphql`."""
        return f"{self._api_url.removesuffix('/v3')}/graphql"

    @property
    def web_url(self) -> str:
        """The address of GitHub's pages for people."""
        if self._api_url.endswith("/api/v3"):
            return self._api_url.removesuffix("/api/v3")
        return self._api_url.replace("://api.", "://", 1)

    @property
    def clock(self) -> GitHubClock:
        """GitHub's, by the dates of its answers."""
        return self._clock

    def clone_url(self, repo: RepoRef) -> str:
        """The address for git, without any credential in it, by the name that GitHub gave last."""
        return f"{self.web_url}/{self.full_name(repo)}.git"

    def full_name(self, repo: RepoRef) -> str:
        """`owner/name` as GitHub gave it last: with each token that was requested by the repository's id."""
        return self._names.name_of(repo)

    def forget(self, repo: RepoRef) -> None:
        """Its tokens and its name are requested anew: it was renamed, or is in another installation."""
        self._names.forget(repo)
        self._tokens.forget(repo)

    async def app(self) -> AppClient:
        """This app; requested once."""
        if self._app is None:
            data = await self._as_app.getitem("/app")
            try:
                self._app = AppClient(int(data["id"]), str(data["slug"]))
            except (LookupError, TypeError, ValueError):
                raise Unavailable("GitHub's answer names no app.") from None
        return self._app

    @property
    def as_app(self) -> API:
        """GitHub as the app itself, which sees its webhook and its installations, and no repository."""
        return self._as_app

    async def everywhere(self, installation_id: int, permissions: Permissions) -> API:
        """GitHub with these permissions on all repositories of an installation."""
        return (await self._tokens.get(TokenRequest(installation_id, None, permissions))).api

    async def installation(self, repo: RepoRef, permissions: Permissions) -> API:
        """GitHub with these permissions on this repository and on no other."""
        token = await self._tokens.get(TokenRequest(repo.installation_id, repo, permissions))
        return token.api.for_repository(repo)

    async def for_gate(self, repo: RepoRef, permissions: Permissions) -> API:
        """The same with all of `GATE_PERMISSIONS`, of which these are some: a gate costs one token. With just these
        where the account has not granted all."""
        shared = TokenRequest(repo.installation_id, repo, GATE_PERMISSIONS)
        if shared.key not in self._refused:
            try:
                return (await self._tokens.get(shared)).api.for_repository(repo)
            except Forbidden:
                self._refused[shared.key] = True
        return await self.installation(repo, permissions)

    async def git_auth(self, repo: RepoRef, write: bool = False) -> tuple[str, str]:
        """(user name, token) for git over HTTP; to be handed over in the environment, never as an argument."""
        request = TokenRequest(repo.installation_id, repo, {"contents": "write" if write else "read"})
        return "x-access-token", (await self._tokens.get(request)).text

    async def submodule_auth(self, repo: RepoRef) -> tuple[str, str]:
        """The same for a repository that somebody only named: of the installation that `repo` names and no other."""
        request = TokenRequest(repo.installation_id, repo, {"contents": "read"}, only_there=True)
        return "x-access-token", (await self._tokens.get(request)).text

    def _make_api(self, installation: int, credential: Credential) -> API:
        budget = self._budgets.setdefault(installation, RateBudget(self._limits, installation=installation))
        return API(
            self._session, self._user_agent, urls=ApiUrls(self._api_url, self.graphql_url), credential=credential,
            budget=budget, clock=self._clock, names=self._names,
        )  # fmt: skip
