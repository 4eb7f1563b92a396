"""Whether a request knows its source's secret: in a header, as a password, or by a signature over the raw body.

Everything is compared in constant time, as bytes: a header may hold any of them.
"""

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Mapping

TOKEN_HEADER = "x-autobuild-token"  # noqa: S105
OLDEST_S = 300.0
"""How old a signed time may be, and how far ahead of ours."""

_TIME = re.compile(r"[0-9]{1,19}")


def has_secret(headers: Mapping[str, str], _body: bytes, secret: str) -> bool:
    """`Authorization: Bearer <secret>`, Basic with the secret as the password of any user, or `X-Autobuild-Token`."""
    scheme, _, credentials = headers.get("authorization", "").strip().partition(" ")
    given = credentials.strip() if scheme.lower() == "bearer" else headers.get(TOKEN_HEADER, "").strip()
    if scheme.lower() == "basic":
        try:
            password = base64.b64decode(credentials.strip(), validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return False
        return _same(password, secret.encode())
    return _same(_bytes(given), secret.encode())


def has_signature(given: str, body: bytes, secret: str) -> bool:
    """`given` is the HMAC-SHA256 of the body in hexadecimal digits."""
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(_bytes(given.strip().lower()), expected.encode())


def is_recent(moment: str) -> bool:
    """Whether a signed time, in seconds since 1970, is so near that the request is not an old one sent again."""
    return bool(_TIME.fullmatch(moment)) and abs(time.time() - int(moment)) <= OLDEST_S


def _same(given: bytes, secret: bytes) -> bool:
    return bool(secret) and hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(secret).digest())


def _bytes(header: str) -> bytes:
    return header.encode("utf-8", "surrogateescape")
