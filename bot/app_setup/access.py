"""Who may register the App: the first browser that brings the one-time token, and no other.

Nothing of it is written to disk: after a restart there is another token.
"""

import hmac
import secrets
from collections.abc import Callable


class SetupRefused(Exception):
    """The set-up pages refuse a request: `what` is wrong, and its `remedy`. A `temporary` one may be repeated."""

    def __init__(self, status: int, what: str, remedy: str, *, temporary: bool = False) -> None:
        super().__init__(what)
        self.status, self.what, self.remedy, self.temporary = status, what, remedy, temporary


class SetupSession:
    """The session of one registration. `announce` is given each new token, to show it where only the operator looks.

    `cookie` is the name of the cookie that holds the session's key: a browser sends it to every port of a host, where
    another server may have a cookie of its own. Wrong tokens change nothing: the token has 256 bits, so it cannot be
    guessed, and whoever could lock it would lock out the operator.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce
        self.cookie = f"autobuild_setup_{secrets.token_hex(4)}"
        self._token, self._key, self._state = "", "", ""
        self._over = ""

    def begin(self) -> None:
        """Makes a new token; the old one is worth nothing."""
        self._token = secrets.token_urlsafe(32)
        self._announce(self._token)

    def enter(self, token: str, key: str) -> str:
        """The session's key, for the browser that brings the token, or that has the key. Raises SetupRefused."""
        self._require_open()
        if self._key and _same(key, self._key):
            return self._key
        if not _same(token, self._token):
            raise SetupRefused(403, "Wrong token.", "Open the address that Autobuild printed last.")
        if self._key:
            raise SetupRefused(
                403,
                "Another browser has already opened this address.",
                "Continue there. If that was not you, restart Autobuild: it prints a new address.",
            )
        self._key = secrets.token_urlsafe(32)
        return self._key

    def require(self, key: str) -> None:
        """Raises SetupRefused unless this is the browser that came first."""
        self._require_open()
        if not self._key or not _same(key, self._key):
            raise SetupRefused(
                403,
                "This browser did not start the setup.",
                "Open the address that Autobuild printed, with its token, and stay in that browser at that address.",
            )

    @property
    def form_key(self) -> str:
        """What our own form carries, and no other site's can."""
        return hmac.digest(self._key.encode(), b"form", "sha256").hex()

    def check_form(self, key: str) -> None:
        """Raises SetupRefused for another site's form."""
        if not _same(key, self.form_key):
            remedy = "Open the set-up page again and use its form."
            raise SetupRefused(403, "This form was sent from another site.", remedy)

    def new_state(self) -> str:
        """A new `state` for GitHub to send back; an older one is forgotten."""
        self._state = secrets.token_urlsafe(32)
        return self._state

    def take_state(self, state: str) -> None:
        """Raises SetupRefused unless it is the expected one, which is worth nothing from then on."""
        if not self._state or not _same(state, self._state):
            raise SetupRefused(
                403,
                "GitHub's answer does not belong to this setup, or was used already.",
                "If GitHub created an App, delete it in its settings. Then start again.",
            )
        self._state = ""

    def restore_state(self, state: str) -> None:
        """GitHub was unavailable: the same page may be loaded again, unless a newer state is expected."""
        self._state = self._state or state

    def end(self, remedy: str = "There is nothing left to do here.") -> None:
        """Refuses every request from now on, with this remedy."""
        self._over = self._over or remedy

    def _require_open(self) -> None:
        if self._over:
            raise SetupRefused(410, "The App is set up.", self._over)


def _same(one: str, other: str) -> bool:
    """In constant time; text from outside may be any."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())
