"""Whether somebody answers at this server's public address, and knows the secret."""

import asyncio
import hashlib
import hmac
import ipaddress
import socket
import uuid
from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp

from bot.app_setup.manifest import is_loopback
from bot.doctor.context import DoctorContext
from bot.doctor.http import HttpAnswer, ask
from bot.doctor.results import DoctorResult, DoctorSkipped, look, right, wrong
from bot.doctor.webhook_config import SIGN_WITH_ONE, the_hook

_CHANNEL = aiohttp.ClientTimeout(total=10)
_NEW_CHANNEL = "Make a new one at https://smee.io/new."
_PING = b'{"zen":"autobuild doctor"}'


async def opens(case: DoctorContext) -> Sequence[DoctorResult]:
    """A ping, signed as GitHub would, through this server's public address."""
    settings = case.settings
    if settings.smee_url:
        return [await _channel(case)]
    url = f"{settings.base_url}/webhook" if settings.base_url else (await the_hook(case)).url
    if not settings.webhook_secret:
        raise DoctorSkipped("It needs the webhook secret.")
    signature = hmac.new(settings.webhook_secret.encode(), _PING, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    lines = [_answered(await ask(case.session, url, method="POST", headers=headers, body=_PING), url)]
    if far := await _too_far(url, settings.github_url):
        lines.append(look("door", far, "Give it a public address, or take events by `autobuild up --smee URL`."))
    return lines


def _answered(answer: HttpAnswer, url: str) -> DoctorResult:
    if answer.status == 204:
        return right("door", f"{url} knows the secret.")
    if answer.status == 401:
        return wrong("door", f"{url} refuses our signature: it runs with another webhook secret.", SIGN_WITH_ONE)
    if answer.status == 503:
        return wrong("door", f"{url} answers 503: it has no App yet.", "Restart the web process with these settings.")
    if answer.status in (502, 504):
        return wrong(
            "door", f"A proxy answers {answer.status} at {url}: nobody is behind it.", "Start `autobuild serve`."
        )
    if 300 <= answer.status < 400:
        return wrong(
            "door", f"{url} leads elsewhere ({answer.status}), and GitHub does not follow.", "Name where it leads."
        )
    return wrong(
        "door", f"Something else answers at {url}: {answer.status}.", "Let its proxy pass /webhook to `serve`."
    )


async def _too_far(url: str, github_url: str) -> str:
    """Why GitHub cannot reach an address that we can; "" where nothing speaks against it."""
    if is_loopback(github_url):
        return ""
    host = urlsplit(url).hostname or ""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return ""
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if all(address.is_loopback for address in addresses):
        return f"{host} is this machine itself: GitHub cannot reach it."
    if all(address.is_private for address in addresses) and github_url == "https://github.com":
        return f"{host} is an address of a private network: GitHub cannot reach it."
    return ""


async def _channel(case: DoctorContext) -> DoctorResult:
    """It never ends, so only its beginning is looked at."""
    url, headers = case.settings.smee_url, {"Accept": "text/event-stream"}
    try:
        async with case.session.get(url, headers=headers, timeout=_CHANNEL, allow_redirects=False) as response:
            if response.status != 200:
                return wrong("door", f"The smee channel answers {response.status}.", _NEW_CHANNEL)
            if response.content_type != "text/event-stream":
                return wrong("door", "The smee address answers with something that is no channel.", _NEW_CHANNEL)
            return right("door", f"Events come through the smee channel at {urlsplit(url).netloc}.")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        mend = "Look at the address, and at proxies and firewalls between."
        return wrong("door", f"The smee channel cannot be reached: {type(error).__name__}.", mend)
