"""The code that GitHub gives becomes the App: https://docs.github.com/en/rest/apps/apps#create-a-github-app-from-a-manifest."""

import re
from typing import Annotated

import aiohttp
import msgspec

from bot.app_setup.access import SetupRefused
from bot.settings.credentials import AppCredentials

_CODE = re.compile(r"[A-Za-z0-9_-]{1,255}")
_TIMEOUT = aiohttp.ClientTimeout(total=20)
# An App with its key has 5 KB.
_LARGEST = 2**18
_LOAD_AGAIN = (
    "Load this page again in a minute: GitHub keeps the code for an hour. If that never helps and GitHub made the App, "
    "delete it in its settings, and start again."
)
_START_AGAIN = "If GitHub made the App, delete it in its settings (its name is taken otherwise). Then start again."


class ConvertedApp(msgspec.Struct):
    """GitHub's answer, as far as it is needed."""

    id: Annotated[int, msgspec.Meta(gt=0)]
    slug: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}\Z")]
    html_url: str
    client_id: str
    pem: str
    webhook_secret: Annotated[str, msgspec.Meta(pattern=r"^[!-~]+\Z")]


async def exchange(code: str, github_url: str, api_url: str) -> AppCredentials:
    """Asks GitHub for the App that was made. Raises Refused, whose words show nothing of the answer."""
    if not _CODE.fullmatch(code):
        raise SetupRefused(400, "GitHub's answer has no code.", _START_AGAIN)
    status, body = await _conversion(f"{api_url}/app-manifests/{code}/conversions")
    if status in (404, 422):
        remedy = f"Look whether AUTOBUILD_GITHUB_API_URL ({api_url}) is of {github_url}. {_START_AGAIN}"
        raise SetupRefused(400, "GitHub does not know this code: it was used already, or is an hour old.", remedy)
    if status >= 500:
        raise SetupRefused(502, f"GitHub answered {status} when it was asked for the App.", _LOAD_AGAIN, passing=True)
    if status != 201:
        raise SetupRefused(502, f"GitHub answered {status} when it was asked for the App.", _START_AGAIN)
    return _app(body, github_url)


async def _conversion(url: str) -> tuple[int, bytes]:
    headers = {"Accept": "application/vnd.github+json", "User-Agent": "autobuild"}
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, headers=headers) as session,
            session.post(url, allow_redirects=False) as answer,
        ):
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > _LARGEST:
                    return answer.status, b""
            return answer.status, bytes(body)
    except (aiohttp.ClientError, TimeoutError) as error:
        remedy = f"Look at AUTOBUILD_GITHUB_API_URL and at this machine's network. {_LOAD_AGAIN}"
        what = f"GitHub's API did not answer ({type(error).__name__})."
        raise SetupRefused(502, what, remedy, passing=True) from error


def _app(body: bytes, github_url: str) -> AppCredentials:
    try:
        made = msgspec.json.decode(body, type=ConvertedApp)
        _check_key(made.pem)
    except (ValueError, TypeError) as error:  # msgspec's errors are ValueErrors
        raise SetupRefused(502, "What GitHub answered is no App.", _START_AGAIN) from error
    page = made.html_url if made.html_url.startswith(f"{github_url}/") else f"{github_url}/apps/{made.slug}"
    return AppCredentials(made.id, made.slug, page, made.client_id, github_url, made.pem, made.webhook_secret)


def _check_key(pem: str) -> None:
    """Raises ValueError or TypeError unless it is an RSA key without a password: GitHub's JWTs are RS256."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if not isinstance(load_pem_private_key(pem.encode(), password=None), RSAPrivateKey):
        raise ValueError("no RSA key")
