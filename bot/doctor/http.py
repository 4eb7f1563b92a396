"""HTTP requests whose answer may be anything: a proxy's page, half a document, or nothing."""

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
_LARGEST = 8 * 2**20
_CHECK_NETWORK = "Check the address, and proxies and firewalls on the way."


class ErrorBody(msgspec.Struct):
    """GitHub's JSON for an error."""

    message: str = ""


@dataclass(frozen=True)
class HttpAnswer:
    """`ahead_s` is how far the server's clock is ahead of ours, None where it sent no date."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    ahead_s: float | None

    def read(self, kind: type[T]) -> T:
        """The body as this type; unknown fields are ignored. Raises DoctorError."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise DoctorError(
                f"{without_credentials(self.url)} answered {self.status} with something that is not GitHub's API "
                f"({self.headers.get('Content-Type', 'no content type')}).",
                "Check AUTOBUILD_GITHUB_API_URL: it is https://api.github.com, or https://HOST/api/v3 for an "
                "Enterprise Server. Check proxies on the way.",
            ) from None

    @property
    def reason(self) -> str:
        """GitHub's message, "" where the body has none."""
        try:
            return msgspec.json.decode(self.body, type=ErrorBody).message
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ""


async def request(
    session: aiohttp.ClientSession, url: str, token: str = "", method: str = "GET",
    headers: Mapping[str, str] | None = None, body: bytes | None = None,
) -> HttpAnswer:  # fmt: skip
    """Any answer is one. Redirects are not followed: a token must not go elsewhere. Raises DoctorError."""
    sent = {"User-Agent": "autobuild-doctor", "Accept": "application/vnd.github+json", **(headers or {})}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    before = time.time()
    try:
        async with session.request(
            method, url, headers=sent, data=body, timeout=_TIMEOUT, allow_redirects=False
        ) as response:
            ahead = _ahead(response.headers.get("Date", ""), before)
            received = bytearray()
            async for chunk in response.content.iter_any():
                received += chunk
                if len(received) > _LARGEST:
                    raise DoctorError(f"The answer of {without_credentials(url)} is too large.", _CHECK_NETWORK)
            return HttpAnswer(url, response.status, response.headers, bytes(received), ahead)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise _network_error(url, error) from None


def _ahead(date: str, before: float) -> float | None:
    """The date has whole seconds, and was written between our request and now."""
    try:
        theirs = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
    now = time.time()
    return min(theirs + 1 - before, 0.0) or max(theirs - now, 0.0)


def _network_error(url: str, error: Exception) -> DoctorError:
    where, fix = without_credentials(url), _CHECK_NETWORK
    match error:
        case aiohttp.ClientConnectorCertificateError():
            why = error.certificate_error
            reason = why.verify_message if isinstance(why, ssl.SSLCertVerificationError) else str(why)
            message = f"The certificate of {where} is not trusted: {reason}."
            fix = (
                "If a private authority signed it, set SSL_CERT_FILE to a file with that authority's certificate and "
                "the public ones. Otherwise its owner must renew it."
            )
        case aiohttp.ClientSSLError():
            message = f"The TLS handshake with {where} failed: {error.strerror or 'no reason given'}."
        case aiohttp.ClientConnectorDNSError():
            message = f"The name {urlsplit(url).hostname} cannot be resolved."
        case TimeoutError():
            message = f"{where} did not answer in time."
        case aiohttp.ClientConnectorError():
            message = f"{where} cannot be reached: {error.strerror or error}."
        case _:
            message = f"The connection to {where} broke ({type(error).__name__})."
    return DoctorError(message, fix)


def without_credentials(url: str) -> str:
    """Without user, query and fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
