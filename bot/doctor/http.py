"""A question over HTTP whose answer may be anything: a proxy's page, half a sentence, silence."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
import msgspec

from bot.doctor.results import DoctorError

T = TypeVar("T")

_TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=8)
_LONGEST = 8 * 2**20
_CERTIFICATE = (
    "If it is signed by your own authority, set SSL_CERT_FILE to a file with that authority's certificate "
    "beside the public ones; else let its owner renew it."
)
_NOBODY = "Look at the address, and at proxies and firewalls between."


@dataclass(frozen=True)
class HttpAnswer:
    """`ahead_s` is how far the other clock was before ours, None where it told no time."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    ahead_s: float | None

    def read(self, kind: type[T]) -> T:
        """The body as this shape; unknown fields are passed over. Raises Trouble."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise DoctorError(
                f"{_shown(self.url)} answered {self.status} with something that is not GitHub's API "
                f"({self.headers.get('Content-Type', 'no content type')}).",
                "Look at AUTOBUILD_GITHUB_API_URL: https://api.github.com, or https://HOST/api/v3 of an Enterprise "
                "Server; and at proxies between.",
            ) from None

    @property
    def said(self) -> str:
        """GitHub's reason, "" where the body has none."""
        try:
            return msgspec.json.decode(self.body, type=ErrorBody).message
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ""


class ErrorBody(msgspec.Struct):
    message: str = ""


async def ask(
    session: aiohttp.ClientSession, url: str, token: str = "", method: str = "GET",
    headers: Mapping[str, str] | None = None, body: bytes | None = None,
) -> HttpAnswer:  # fmt: skip
    """Whatever answers. Redirections are not followed: a token must not go elsewhere. Raises Trouble."""
    sent = {"User-Agent": "autobuild-doctor", "Accept": "application/vnd.github+json", **(headers or {})}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    before = time.time()
    try:
        async with session.request(
            method, url, headers=sent, data=body, timeout=_TIMEOUT, allow_redirects=False
        ) as response:
            ahead = _ahead(response.headers.get("Date", ""), before)
            return HttpAnswer(url, response.status, response.headers, await _read(response, url), ahead)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise _trouble(url, error) from None


async def _read(response: aiohttp.ClientResponse, url: str) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _LONGEST:
            raise DoctorError(f"{_shown(url)} answers without an end.", _NOBODY)
    return bytes(body)


def _ahead(date: str, before: float) -> float | None:
    """Its seconds are whole, and the moment that it wrote them lies between our asking and now."""
    try:
        theirs = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
    now = time.time()
    return min(theirs + 1 - before, 0.0) or max(theirs - now, 0.0)


def _trouble(url: str, error: Exception) -> DoctorError:
    where = _shown(url)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        why = error.certificate_error
        said = why.verify_message if isinstance(why, ssl.SSLCertVerificationError) else str(why)
        return DoctorError(f"The certificate of {where} is not trusted: {said}.", _CERTIFICATE)
    if isinstance(error, aiohttp.ClientSSLError):
        return DoctorError(
            f"{where} does not speak TLS as it should: {error.strerror or 'the handshake failed'}.", _NOBODY
        )
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return DoctorError(f"The name {urlsplit(url).hostname} cannot be looked up.", _NOBODY)
    if isinstance(error, TimeoutError):
        return DoctorError(f"{where} does not answer in time.", _NOBODY)
    if isinstance(error, aiohttp.ClientConnectorError):
        return DoctorError(f"{where} cannot be reached: {error.strerror or error}.", _NOBODY)
    return DoctorError(f"{where} broke off in the middle ({type(error).__name__}).", _NOBODY)


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
