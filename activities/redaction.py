"""Credentials taken out of text before it goes anywhere: a log, an error, a comment.

A token's length and alphabet are GitHub's business (installation tokens became 520 characters with dots in 2026),
so a pattern ends only where a token cannot go on, and what no pattern knows is hidden by its value.
"""

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

HIDDEN = "***"

_TOKEN = r"[A-Za-z0-9._~+/=\-]"  # noqa: S105
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", re.DOTALL), HIDDEN),
    (re.compile(r"(://)[^/\s@]*@"), rf"\1{HIDDEN}@"),
    # As a header, in a mapping's repr, in a list of pairs, in git's configuration.
    (
        re.compile(r"(authorization['\"]?\W{1,3}b?['\"]?\s*(?:basic|bearer|token)\s+)[^\s'\",]+", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    # "x-access-token:" in base64: what follows is the token.
    (re.compile(rf"eC1hY2Nlc3MtdG9rZW46{_TOKEN}*"), HIDDEN),
    (re.compile(rf"(x-access-token(?::|%3A)){_TOKEN}+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"([?&](?:access_token|client_secret|token|code)=)[^&\s'\"]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"(/app-manifests/)[^/\s]+"), rf"\1{HIDDEN}"),
    # The second: inside something longer, such as "%3Aghs_…", where a word like "laughs_at" must stay.
    (re.compile(rf"\b(?:gh[a-z]_|github_pat_){_TOKEN}+|gh[oprsu]_{_TOKEN}{{16,}}"), HIDDEN),
    (re.compile(r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*"), HIDDEN),
    (re.compile(r"\bv1\.[0-9a-f]{40}\b"), HIDDEN),
)

# Shorter ones would be found in innocent words.
_SHORTEST = 6
# Longer than any installation token is good for.
_TOKENS, _TOKEN_S = 4096, 7200.0

_lock = threading.Lock()
_always: dict[str, tuple[str, ...]] = {}
_for_a_while: dict[str, tuple[float, tuple[str, ...]]] = {}
"""Until when each token is hidden, and its forms; the oldest first."""


def redact(text: str) -> str:
    """The text without tokens, app JWTs, private keys, authorization headers, passwords in addresses, and what was
    given to `hide`."""
    if _always or _for_a_while:
        with _lock:
            known = [*_always.values(), *(forms for _, forms in _for_a_while.values())]
        # Longest first, so that no part of one is left beside another.
        for form in sorted({form for each in known for form in each}, key=len, reverse=True):
            if form in text:
                text = text.replace(form, HIDDEN)
    return _by_pattern(text)


def holds_hidden(text: str) -> bool:
    """Whether the text has, in any form, what was given to `hide` or `hide_token`."""
    with _lock:
        known = [*_always.values(), *(forms for _, forms in _for_a_while.values())]
    return any(form in text for forms in known for form in forms)


def hide(*secrets: str) -> None:
    """From now on these are hidden wherever they appear in this process's texts: as they are, in an address, in JSON,
    in base64. For secrets without a form of their own: a webhook secret, a client secret."""
    with _lock:
        _always.update({secret: tuple(_forms(secret)) for secret in secrets if len(secret) >= _SHORTEST})


def hide_token(token: str) -> None:
    """The same for as long as a token is good, if no pattern knows it."""
    if _by_pattern(token) != HIDDEN and len(token) >= _SHORTEST:
        now = time.monotonic()
        with _lock:
            _for_a_while.pop(token, None)
            _for_a_while[token] = now + _TOKEN_S, tuple(_forms(token))
            while len(_for_a_while) > _TOKENS or next(iter(_for_a_while.values()))[0] <= now:
                del _for_a_while[next(iter(_for_a_while))]


def _by_pattern(text: str) -> str:
    for pattern, shown in _PATTERNS:
        text = pattern.sub(shown, text)
    return text


def _forms(secret: str) -> Iterator[str]:
    parts = [secret, *(line for line in secret.splitlines() if len(line) >= 3 * _SHORTEST)]
    for part in parts:
        yield from (part, quote(part, safe=""), quote(part), quote_plus(part), json.dumps(part)[1:-1], repr(part)[1:-1])
        yield from _in_base64(part.encode())


def _in_base64(secret: bytes) -> Iterator[str]:
    """The part of its base64 that is the same wherever it begins in a longer text: that decides how its bits become
    characters."""
    for shift, cut in ((0, 0), (1, 2), (2, 3)):
        coded = base64.b64encode(b"\0" * shift + secret).decode().rstrip("=")[cut:]
        certain = coded[:-1] if (shift + len(secret)) % 3 else coded
        if len(certain) >= _SHORTEST:
            yield from (certain, certain.replace("+", "-").replace("/", "_"))
