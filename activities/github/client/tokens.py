"""Installation tokens, kept until shortly before they end. However many wait for the same one, it is asked for once."""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from cachetools import TLRUCache

from activities.github.client.api import API
from activities.github.client.clock import Clock
from activities.github.client.credentials import Credential, InstallationCredential
from activities.github.client.token_requests import TokenIssuer, TokenRequest
from activities.model import RepoRef
from activities.redaction import hide_token

# A token is not used in its last minutes: what was started with it must be able to end.
_MARGIN_S = 300.0
_KEPT = 2048

MakeApi = Callable[[int, Credential], API]
"""The way to GitHub for an installation with a credential of it."""


@dataclass(frozen=True)
class Token:
    """`lasts_s` counts from its minting."""

    text: str = field(repr=False)
    lasts_s: float
    api: API = field(repr=False)


class Tokens:
    """See the module."""

    def __init__(self, mint: TokenIssuer, clock: Clock, api: MakeApi) -> None:
        self._mint = mint
        self._clock = clock
        self._api = api
        self._minting: dict[Hashable, asyncio.Task[Token]] = {}
        self._kept: TLRUCache[Hashable, Token] = TLRUCache(
            _KEPT, ttu=lambda _key, token, now: now + token.lasts_s - _MARGIN_S
        )

    async def get(self, wanted: TokenRequest) -> Token:
        """The token for this need."""
        key = _key(wanted)
        if token := self._kept.get(key):
            return token
        if key not in self._minting:
            task = asyncio.create_task(self._fresh(key, wanted))
            task.add_done_callback(lambda done: self._ended(key, done))
            self._minting[key] = task
        # Shielded: one waiter that goes away must not take the token from the others.
        return await asyncio.shield(self._minting[key])

    def forget(self, repo: RepoRef) -> None:
        """All tokens for this repository: it is not what it was."""
        for key in [key for key in self._kept if _is_of(key, repo)]:
            self._drop(key)

    async def _fresh(self, key: Hashable, wanted: TokenRequest) -> Token:
        minted = await self._mint.token(wanted)
        hide_token(minted.text)
        api = self._api(minted.installation, InstallationCredential(minted.text, lambda: self._drop(key)))
        token = Token(minted.text, minted.ends - self._clock.now(), api)
        self._kept[key] = token
        return token

    def _ended(self, key: Hashable, done: asyncio.Task[Token]) -> None:
        self._minting.pop(key, None)
        if not done.cancelled():
            done.exception()  # seen, also where every waiter has gone away

    def _drop(self, key: Hashable) -> None:
        self._kept.pop(key, None)


def _key(wanted: TokenRequest) -> Hashable:
    return (wanted.installation, _name(wanted.repo) if wanted.repo else "", *sorted(wanted.permissions.items()))


def _is_of(key: Hashable, repo: RepoRef) -> bool:
    return isinstance(key, tuple) and key[1] in (repo.id or None, repo.full_name.lower())


def _name(repo: RepoRef) -> int | str:
    """By id where that is known: the name may change."""
    return repo.id or repo.full_name.lower()
