"""Who may register the App: the first browser that brings the one-time token, and no other.

Nothing of it is kept on disk: a restart makes another token.
"""

import hmac
import secrets
import time
from collections.abc import Callable

_GUESSES = 10
_PAUSE_S = 60.0


class SetupRefused(Exception):
    """The person is told `what`, and what to do: `remedy`. What is `passing` may be asked for again as it is."""

    def __init__(self, status: int, what: str, remedy: str, *, passing: bool = False) -> None:
        super().__init__(what)
        self.status, self.what, self.remedy, self.passing = status, what, remedy, passing


class SetupSession:
    """One registration. `announce` is given each new token, to show it where only the operator looks.

    `cookie` is the name of the one that holds the session: a browser sends it to every port of a host, where another
    server may have one of its own. After ten wrong tokens the token is replaced, and for a minute none is looked at.
    """

    def __init__(self, announce: Callable[[str], None], now: Callable[[], float] = time.monotonic) -> None:
        self._announce, self._now = announce, now
        self.cookie = f"autobuild_setup_{secrets.token_hex(4)}"
        self._token, self._session, self._state = "", "", ""
        self._guesses, self._paused_until = 0, 0.0
        self._over = ""

    def begin(self) -> None:
        """A new token, and the old one is worth nothing."""
        self._token, self._guesses = secrets.token_urlsafe(32), 0
        self._announce(self._token)

    def enter(self, token: str, session: str) -> str:
        """The session of the browser that brings the token. Raises Refused."""
        self._must_go_on()
        if self._session and _same(session, self._session):
            return self._session
        if self._now() < self._paused_until:
            raise SetupRefused(429, "There were too many wrong tokens.", "Wait a minute. The token is a new one now.")
        if not _same(token, self._token):
            self._count_a_guess()
            raise SetupRefused(403, "This token is not the one.", "Open the address that Autobuild printed last.")
        if self._session:
            raise SetupRefused(
                403,
                "Another browser has opened this address already.",
                "Go on there. If that was not you, restart Autobuild: it prints another address.",
            )
        self._session = secrets.token_urlsafe(32)
        return self._session

    def recognise(self, session: str) -> None:
        """Raises Refused unless this is the browser that came first."""
        self._must_go_on()
        if not self._session or not _same(session, self._session):
            raise SetupRefused(
                403,
                "This browser did not begin the set-up.",
                "Open the address that Autobuild printed, with its token, and stay in one browser and at that address.",
            )

    @property
    def form_key(self) -> str:
        """What our own form carries, and no other site's can."""
        return hmac.digest(self._session.encode(), b"form", "sha256").hex()

    def check_form(self, key: str) -> None:
        """Raises Refused for another site's form."""
        if not _same(key, self.form_key):
            raise SetupRefused(403, "This form came from elsewhere.", "Open the set-up page again and use its form.")

    def expect(self) -> str:
        """A new `state` for GitHub to bring back; an older one is forgotten."""
        self._state = secrets.token_urlsafe(32)
        return self._state

    def meet(self, state: str) -> None:
        """Raises Refused unless it is the expected one, which is worth nothing from then on."""
        if not self._state or not _same(state, self._state):
            raise SetupRefused(
                403,
                "GitHub's answer does not belong to this set-up, or it was used already.",
                "If GitHub made an App, delete it in its settings. Then start again.",
            )
        self._state = ""

    def allow_again(self, state: str) -> None:
        """GitHub was away when it was met: the same page may be loaded again, unless a newer state is expected."""
        self._state = self._state or state

    def end(self, remedy: str = "There is nothing more to do here.") -> None:
        """Nobody is let in any more, and whoever comes is told this."""
        self._over = self._over or remedy

    def _must_go_on(self) -> None:
        if self._over:
            raise SetupRefused(410, "The App is set up.", self._over)

    def _count_a_guess(self) -> None:
        self._guesses += 1
        if self._guesses >= _GUESSES and not self._session:
            self._paused_until = self._now() + _PAUSE_S
            self.begin()


def _same(one: str, other: str) -> bool:
    """In constant time; text from outside may be any."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())
