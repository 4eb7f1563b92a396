"""The way of an event: the webhook as GitHub has it, its last deliveries, and this server's public address."""

import asyncio
import hashlib
import hmac
import ipaddress
import socket
import uuid
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp
import msgspec

from bot.app_setup.manifest import is_loopback
from bot.doctor.context import DoctorContext
from bot.doctor.http import HttpAnswer, request
from bot.doctor.results import DoctorError, DoctorResult, DoctorSkipped, fail, ok, warn

_MOST_NAMED = 5
_CHANNEL_TIMEOUT = aiohttp.ClientTimeout(total=10)
_NEW_CHANNEL = "Create a new channel at https://smee.io/new."
_PING = b'{"zen":"autobuild doctor"}'
_SET_BOTH = (
    "Set the App's webhook secret and AUTOBUILD_WEBHOOK_SECRET to the same new value, and restart the webhook server."
)


class WebhookConfig(msgspec.Struct):
    """GitHub shows a secret as asterisks, and omits it where there is none."""

    url: str = ""
    content_type: str = ""
    insecure_ssl: str | int = "0"
    secret: str = ""


class DeliveryAttempt(msgspec.Struct):
    """`status_code` is 0 where nothing answered. Attempts of one event share a `guid`."""

    guid: str
    delivered_at: str
    event: str
    status: str
    status_code: int

    @property
    def arrived(self) -> bool:
        return 200 <= self.status_code < 400

    def __str__(self) -> str:
        return f"{self.event} {self.delivered_at} {self.status_code or self.status}"


async def configuration(context: DoctorContext) -> Sequence[DoctorResult]:
    """The webhook's settings at GitHub against ours."""
    settings, config = context.settings, await _webhook_config(context)
    ours = settings.smee_url or (f"{settings.base_url}/webhook" if settings.base_url else "")
    results = []
    if not ours:
        fix = f"If that is this server, set AUTOBUILD_BASE_URL={config.url.removesuffix('/webhook')}."
        results.append(warn("webhook", f"GitHub sends events to {config.url}, and AUTOBUILD_BASE_URL is not set.", fix))
    elif config.url.rstrip("/") != ours.rstrip("/"):
        here, name = (
            ("the channel", "AUTOBUILD_SMEE_URL") if settings.smee_url else ("this server", "AUTOBUILD_BASE_URL")
        )
        message = f"GitHub sends events to {config.url or 'no address'}, but {here} is {ours}."
        results.append(fail("webhook", message, f"Correct the App's webhook URL, or {name}."))
    if config.content_type != "json":
        message = f"The content type is {config.content_type}."
        results.append(fail("webhook", message, "Set it to application/json on the App's page."))
    if not config.secret:
        results.append(fail("webhook", "The App has no webhook secret, so events are not signed.", _SET_BOTH))
    if str(config.insecure_ssl) == "1":
        message = "GitHub does not verify this server's certificate."
        results.append(warn("webhook", message, "Enable SSL verification on the App's page."))
    return results or [ok("webhook", f"GitHub sends signed JSON to {config.url}.")]


async def _webhook_config(context: DoctorContext) -> WebhookConfig:
    """Raises DoctorError where the App has no webhook."""
    await context.app()
    answer = await context.once("webhook", lambda: context.as_app("/app/hook/config"))
    if answer.status == 404:
        fix = "Activate it on the App's page, with this server's address and /webhook."
        raise DoctorError("The App has no webhook.", fix)
    if answer.status != 200:
        raise DoctorError(f"GitHub answered {answer.status} to the request for the webhook: {answer.reason}")
    return answer.read(WebhookConfig)


async def deliveries(context: DoctorContext) -> Sequence[DoctorResult]:
    """The last ones. A 401 of our own server means that GitHub signs with another secret than ours."""
    await context.app()
    answer = await context.as_app("/app/hook/deliveries?per_page=100")
    if answer.status == 404:
        raise DoctorSkipped("The App has no webhook.")
    if answer.status != 200:
        raise DoctorError(f"GitHub answered {answer.status} to the request for deliveries: {answer.reason}")
    attempts = answer.read(list[DeliveryAttempt])
    if not attempts:
        return [ok("deliveries", "GitHub has sent no event yet.")]
    newest, arrived = attempts[0], {one.guid for one in attempts if one.arrived}
    if newest.status_code == 401:
        message = f"The last delivery was refused: {newest}. GitHub signs with another secret."
        return [fail("deliveries", message, _SET_BOTH)]
    if not newest.arrived:
        fix = "See the results for endpoint and Temporal."
        return [fail("deliveries", f"The last delivery failed: {newest}.", fix)]
    lost = list({one.guid: one for one in attempts if one.guid not in arrived}.values())
    if lost:
        some = ", ".join(map(str, lost[:_MOST_NAMED]))
        signed_wrong = Counter(one.status_code for one in lost)[401] == len(lost)
        fix = _SET_BOTH if signed_wrong else "A worker requests them again every few minutes."
        return [warn("deliveries", f"{len(lost)} of the last {len(attempts)} failed: {some}.", fix)]
    return [ok("deliveries", f"The last {len(attempts)} arrived, the newest at {newest.delivered_at}.")]


async def endpoint(context: DoctorContext) -> Sequence[DoctorResult]:
    """A ping, signed as GitHub signs, to this server's public address."""
    settings = context.settings
    if settings.smee_url:
        return [await _channel(context)]
    url = f"{settings.base_url}/webhook" if settings.base_url else (await _webhook_config(context)).url
    if not settings.webhook_secret:
        raise DoctorSkipped("Needs the webhook secret.")
    signature = hmac.new(settings.webhook_secret.encode(), _PING, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    answer = await request(context.session, url, method="POST", headers=headers, body=_PING)
    results = [_ping_result(answer, url)]
    if unreachable := await _unreachable(url, settings.github_url):
        fix = "Give it a public address, or receive events with `autobuild up --smee URL`."
        results.append(warn("endpoint", unreachable, fix))
    return results


def _ping_result(answer: HttpAnswer, url: str) -> DoctorResult:
    if answer.status == 204:
        return ok("endpoint", f"{url} accepts our signature.")
    message, fix = f"Another server answers at {url}: {answer.status}.", "Forward /webhook to `autobuild serve`."
    if answer.status == 401:
        message, fix = f"{url} refuses our signature: it has another webhook secret.", _SET_BOTH
    elif answer.status == 503:
        message, fix = f"{url} answers 503: it has no App yet.", "Restart the webhook server with these settings."
    elif answer.status in (502, 504):
        message, fix = f"A proxy answers {answer.status} at {url}: no server is behind it.", "Start `autobuild serve`."
    elif 300 <= answer.status < 400:
        message, fix = f"{url} redirects ({answer.status}), and GitHub does not follow.", "Use the address it leads to."
    return fail("endpoint", message, fix)


async def _unreachable(url: str, github_url: str) -> str:
    """Why GitHub cannot reach an address that we can; "" where no reason is known."""
    if is_loopback(github_url):
        return ""
    host = urlsplit(url).hostname or ""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return ""
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if all(address.is_loopback for address in addresses):
        return f"{host} is this machine's own address: GitHub cannot reach it."
    if all(address.is_private for address in addresses) and github_url == "https://github.com":
        return f"{host} is an address of a private network: GitHub cannot reach it."
    return ""


async def _channel(context: DoctorContext) -> DoctorResult:
    """A channel's answer never ends, so only its headers are read."""
    url, headers = context.settings.smee_url, {"Accept": "text/event-stream"}
    try:
        async with context.session.get(
            url, headers=headers, timeout=_CHANNEL_TIMEOUT, allow_redirects=False
        ) as response:
            if response.status != 200:
                return fail("endpoint", f"The smee channel answers {response.status}.", _NEW_CHANNEL)
            if response.content_type != "text/event-stream":
                return fail("endpoint", "AUTOBUILD_SMEE_URL is not the address of a smee channel.", _NEW_CHANNEL)
            return ok("endpoint", f"Events arrive through the smee channel at {urlsplit(url).netloc}.")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        fix = "Check the address, and proxies and firewalls on the way."
        return fail("endpoint", f"The smee channel cannot be reached: {type(error).__name__}.", fix)
