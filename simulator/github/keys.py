"""The app's key pair, the check of its JWT, and tokens in the format of 2026."""

import base64
import json
import secrets
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

LIFE_S = 600
"""https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app"""


class BadJwt(Exception):
    """The app's JWT is invalid; the text is GitHub's."""


class AppKey:
    """RSA, 2048 bits."""

    def __init__(self, pem: str) -> None:
        self.pem = pem
        # The check of its numbers takes 40 ms, at every start, for a key that was made here.
        key = serialization.load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._public = key.public_key()

    @classmethod
    def generate(cls) -> "AppKey":
        """A new one, in no file; takes a tenth of a second or more."""
        return cls(_new_pem())

    @classmethod
    def read_or_generate(cls, folder: Path) -> "AppKey":
        """The key in the folder's `app.pem`, written there if there is none."""
        path = folder / "app.pem"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(_new_pem())
        return cls(path.read_text())

    def check(self, token: str, now: float) -> None:
        """RS256 only; in time; at most ten minutes ahead; made with this key. Raises BadJwt."""
        try:
            claims = jwt.decode(token, self._public, algorithms=["RS256"], options=_OPTIONS)
        except jwt.PyJWTError as error:
            raise BadJwt("A JSON web token could not be decoded") from error
        expires, issued = claims["exp"], claims["iat"]
        if not _whole(expires) or expires <= now:
            raise BadJwt("'Expiration time' claim ('exp') must be a numeric value representing the future time at "
                         "which the assertion expires")  # fmt: skip
        if expires > now + LIFE_S:
            raise BadJwt("'Expiration time' claim ('exp') is too far in the future")
        if not _whole(issued) or issued > now:
            raise BadJwt(
                "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
            )


def issuer(token: str) -> str:
    """The issuer that a JWT claims: an app's id or client id, BadJwt if neither. Nothing is verified."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False, **_OPTIONS})
    except jwt.PyJWTError as error:
        raise BadJwt("A JSON web token could not be decoded") from error
    name = str(claims["iss"])
    if not name.isdecimal() and not name.startswith("Iv"):
        raise BadJwt("'Issuer' claim ('iss') must be an Integer")
    return name


def long_token(app: int, installation: int) -> str:
    """`ghs_`, the app's id and something like a JWT: about 520 characters with two dots."""
    head = _base64(json.dumps({"alg": "RS256", "typ": "JWT"}).encode())
    body = _base64(json.dumps({"iss": "github", "iid": installation, "jti": secrets.token_hex(32)}).encode())
    return f"ghs_{app}_{head}.{body}.{_base64(secrets.token_bytes(256))}"


# PyJWT's own clock must not judge: this GitHub's clock can be moved. `iss` may be a number, as GitHub allows.
_OPTIONS: "jwt.types.Options" = {
    "require": ["exp", "iat", "iss"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_iss": False,
    "verify_aud": False,
    "verify_nbf": False,
}


def _whole(claim: Any) -> bool:
    return isinstance(claim, int) and not isinstance(claim, bool)


def _new_pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def _base64(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()
