"""Who we are to GitHub: the app by its JWT, or an installation by its token; neither is ever shown."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from activities.errors import UserError
from activities.github.client.clock import TOLERANCE_S, GitHubClock
from activities.github.errors import AppRefused, GitHubError, Unauthorized
from activities.reporting import github_errors as texts

# GitHub accepts at most ten minutes from its own now, and no `iat` of its future: two minutes and one are left to
# spare, for the way there and for what `GitHubClock` does not correct.
_BACK_S = 60
_AHEAD_S = 8 * 60
_USED_S = 7 * 60


class Credential(Protocol):
    """What goes into the authorization header."""

    def text(self) -> str:
        """The token as it is now."""

    def on_unauthorized(self, used: str, error: Unauthorized) -> GitHubError | None:
        """What a 401 means; None where `text` is another one than `used` now, so that asking again is worth it."""

    def discard(self) -> bool:
        """Something has changed, so the next request gets a fresh one; whether that may reach more than this one."""


@dataclass
class InstallationCredential:
    """An installation's token; `drop` takes it out of the store."""

    token: str = field(repr=False)
    drop: Callable[[], None] = field(repr=False)

    def text(self) -> str:
        return self.token

    def on_unauthorized(self, used: str, error: Unauthorized) -> GitHubError | None:
        """Revoked, or the installation is another one by now: the activity's next try has a new token."""
        self.discard()
        return error

    def discard(self) -> bool:
        self.drop()
        return True


@dataclass(frozen=True)
class _SignedToken:
    text: str = field(repr=False)
    offset: float
    until: float


class AppCredential:
    """JWTs (RS256) of the app, each used for seven minutes. `app_id` is its number or its client id.

    Raises `UserError` for an invalid key.
    """

    def __init__(self, app_id: str | int, private_key: str, clock: GitHubClock) -> None:
        self._app_id = str(app_id)
        self._key = _rsa_key(private_key)
        self._clock = clock
        self._signed: _SignedToken | None = None

    def text(self) -> str:
        if self._signed is None or self._signed.until < time.monotonic():
            now = int(self._clock.now())
            claims = {"iat": now - _BACK_S, "exp": now + _AHEAD_S, "iss": self._app_id}
            text = jwt.encode(claims, self._key, algorithm="RS256")
            self._signed = _SignedToken(text, self._clock.offset, time.monotonic() + _USED_S)
        return self._signed.text

    def on_unauthorized(self, used: str, error: Unauthorized) -> GitHubError | None:
        """GitHub's answer carries its time: a JWT that was timed by another clock is replaced."""
        signed = self._signed
        if signed is None or signed.text != used:
            return None
        self.discard()
        if abs(signed.offset - self._clock.offset) > TOLERANCE_S:
            return None
        return AppRefused(texts.app_key_refused(self._app_id, error.reason))

    def discard(self) -> bool:
        self._signed = None
        return False


@lru_cache(maxsize=4)
def _rsa_key(private_key: str) -> RSAPrivateKey:
    """Cached, since the check of an RSA key's numbers takes 40 ms, and every client of a process has the same key."""
    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise UserError(texts.BAD_PRIVATE_KEY)
    return key
