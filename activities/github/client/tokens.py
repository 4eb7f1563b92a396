"""Installation tokens, kept until shortly before they end. However many wait for the same one, it is requested once."""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from cachetools import TLRUCache

from activities.github.client.api import API
from activities.github.client.clock import GitHubClock
from activities.github.client.credentials import Credential, InstallationCredential
from activities.github.client.token_requests import TokenIssuer, TokenRequest
from activities.github.importance import importance
from activities.model import RepoRef
from activities.redaction import hide_token

# A token is not used in its last minutes: what was started with it must be able to end.
_MARGIN_S = 300.0
_KEPT = 2048

MakeApi = Callable[[int, Credential], API]
"""The API for an installation, with a credential of it."""


@dataclass(frozen=True)
class TokenAccess:
    """A token with the API that uses it. `lasts_s` counts from when it was issued."""

    text: str = field(repr=False)
    lasts_s: float
    api: API = field(repr=False)


class Tokens:
    """See the module."""

    def __init__(self, issuer: TokenIssuer, clock: GitHubClock, make_api: MakeApi) -> None:
        self._issuer = issuer
        self._clock = clock
        self._make_api = make_api
        self._pending: dict[Hashable, asyncio.Task[TokenAccess]] = {}
        self._kept: TLRUCache[Hashable, TokenAccess] = TLRUCache(
            _KEPT, ttu=lambda _key, token, now: now + token.lasts_s - _MARGIN_S
        )

    async def get(self, request: TokenRequest) -> TokenAccess:
        """The token for this request, kept or new."""
        key = request.key
        if token := self._kept.get(key):
            return token
        if key not in self._pending:
            task = asyncio.create_task(self._issue(key, request))
            task.add_done_callback(lambda done: self._finish(key, done))
            self._pending[key] = task
        # Shielded: one waiter that is cancelled must not take the token from the others.
        return await asyncio.shield(self._pending[key])

    def forget(self, repo: RepoRef) -> None:
        """All tokens for this repository: it was renamed or transferred."""
        names = (repo.id or None, repo.full_name.lower())
        for key in [key for key in self._kept if isinstance(key, tuple) and key[1] in names]:
            self._drop(key)

    async def _issue(self, key: Hashable, request: TokenRequest) -> TokenAccess:
        with importance(required=True):  # others may wait for the same token
            issued = await self._issuer.issue(request)
        hide_token(issued.text)
        credential = InstallationCredential(issued.text, lambda: self._drop(key))
        api = self._make_api(issued.installation, credential)
        api.node_id = issued.node_id
        token = TokenAccess(issued.text, issued.ends - self._clock.now(), api)
        self._kept[key] = token
        return token

    def _drop(self, key: Hashable) -> None:
        self._kept.pop(key, None)

    def _finish(self, key: Hashable, done: asyncio.Task[TokenAccess]) -> None:
        self._pending.pop(key, None)
        if not done.cancelled():
            done.exception()  # retrieved, also where every waiter was cancelled
