"""Deliveries through a smee channel, for a server that GitHub cannot reach: each is verified like any other.

A channel is a public place, and what comes out of it a stranger's. smee.io also reads the body and writes it anew
(`JSON.stringify`), so the bytes that GitHub signed are made again from what it says: `bot/smee_message.py`.
"""

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlsplit

import aiohttp

from activities.errors import UserError
from bot.webhook.smee_message import LARGEST_BODY, Message
from bot.webhook.sse import EventStream, ServerSent, TooMuch

Deliver = Callable[[Mapping[str, str], bytes], Awaitable[int]]
"""The door for one delivery: its headers (whatever their case) and its body; the HTTP status is its answer."""

# A payload may be written in base64, beside its headers.
_LARGEST_EVENT = LARGEST_BODY * 4 // 3 + 2**20
# smee.io says something every 30 seconds.
_SILENCE_S = 90.0
_LATER = frozenset({408, 425, 429})

_log = logging.getLogger("autobuild.smee")


@dataclass(frozen=True)
class Pace:
    """Seconds between tries, doubled from `first_s` up to `longest_s`; `tries` are a delivery's at our own door."""

    first_s: float = 1.0
    longest_s: float = 60.0
    tries: int = 8

    def wait(self, failures: int) -> float:
        """`failures` counts from 1."""
        return min(self.first_s * 2.0 ** min(failures - 1, 30), self.longest_s)


async def listen(channel: str, deliver: Deliver, session: aiohttp.ClientSession, pace: Pace | None = None) -> NoReturn:
    """Takes what the channel says, one after the other, for ever, through whatever happens to the connection.

    Raises UserError for an address that is no channel. What the channel says while nobody listens is lost.
    """
    where, pace = _checked(channel), pace or Pace()
    last_id, failures = "", 0
    while True:
        stream = EventStream(_LARGEST_EVENT, last_id)
        try:
            async with contextlib.aclosing(_events(where, session, stream)) as events:
                async for event in events:
                    failures = 0
                    await _forward(event, deliver, pace)
            why = "it ended the connection"
        except (aiohttp.ClientError, TimeoutError, OSError, TooMuch) as error:
            why = f"{type(error).__name__} {error}".strip()
        failures, last_id = failures + 1, stream.last_id
        wait = max(pace.wait(failures), min((stream.retry_ms or 0) / 1000, pace.longest_s))
        _log.warning("smee=away host=%s again_in_s=%.3g why=%r", urlsplit(where).netloc, wait, why[:300])
        await asyncio.sleep(wait)


def _checked(channel: str) -> str:
    try:
        url = urlsplit(channel.strip())
        private = url.scheme == "https" or (url.scheme == "http" and _loopback(url.hostname or ""))
        if private and url.hostname and url.port != 0 and "@" not in url.netloc and url.path.strip("/"):
            return url._replace(fragment="").geturl()
    except ValueError:
        pass  # an address that is none
    raise UserError("--smee needs the https address of a channel: open https://smee.io/new and copy where it leads.")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _events(where: str, session: aiohttp.ClientSession, stream: EventStream) -> AsyncGenerator[ServerSent]:
    """One connection's events; ends when the server ends it."""
    # smee.io wants this very Accept, or gives its page.
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}
    if stream.last_id:
        headers["Last-Event-ID"] = stream.last_id
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=_SILENCE_S)
    async with session.get(where, headers=headers, timeout=timeout, allow_redirects=False) as response:
        _accept(response)
        _log.info("smee=listening host=%s", response.url.authority)
        async for chunk in response.content.iter_any():
            for event in stream.feed(chunk):
                yield event


def _accept(response: aiohttp.ClientResponse) -> None:
    status = response.status
    if status >= 500 or status in _LATER:
        raise aiohttp.ClientError(f"it answered {status}")
    if 300 <= status < 400:
        raise UserError(f"The smee address leads elsewhere ({status}). Open it in a browser, and give where it leads.")
    if status != 200:
        raise UserError(f"There is no such smee channel: it answered {status}. Make one at https://smee.io/new.")
    if response.content_type != "text/event-stream":
        raise UserError("The smee address answers with something that is no channel. Make one at https://smee.io/new.")


async def _forward(event: ServerSent, deliver: Deliver, pace: Pace) -> None:
    """Through the door, by whichever body its signature fits."""
    if event.kind != "message":  # `ready`, `ping`
        return
    try:
        message = Message.read(event.data)
        candidates = message.bodies()
    except ValueError as error:
        _log.warning("smee=message answer=400 why=%r", str(error)[:300])
        return
    status = 401
    for body in candidates:
        if status == 401:
            status = await _answered(message.headers, body, deliver, pace)
    level = logging.INFO if status < 300 else logging.WARNING
    _log.log(level, "smee=message delivery=%.60r event=%.60r answer=%d", message.delivery, message.event, status)


async def _answered(headers: Mapping[str, str], body: bytes, deliver: Deliver, pace: Pace) -> int:
    """The door's answer. GitHub believes that it delivered, so after a 503 nobody else would come again."""
    for attempt in range(1, pace.tries):
        status = await _once(headers, body, deliver)
        if status != 503:
            return status
        await asyncio.sleep(pace.wait(attempt))
    return await _once(headers, body, deliver)


async def _once(headers: Mapping[str, str], body: bytes, deliver: Deliver) -> int:
    """As a web server does it: what breaks on one delivery breaks no other."""
    try:
        return await deliver(headers, body)
    except Exception:
        _log.exception("smee=message delivery=%.60r answer=500", headers.get("X-GitHub-Delivery"))
        return 500
