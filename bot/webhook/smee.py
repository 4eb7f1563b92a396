"""Deliveries through a smee channel, for a server that GitHub cannot reach: each is verified like any other.

A channel is public, so what comes out of it is untrusted. smee.io also reads the body and writes it anew
(`JSON.stringify`), so `SmeeMessage.bodies` makes the bytes that GitHub signed again from what it passes on.
"""

import asyncio
import base64
import binascii
import contextlib
import ipaddress
import logging
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlsplit

import aiohttp
import msgspec
from multidict import CIMultiDict

from activities.errors import UserError
from bot.webhook.payloads import LARGEST_BODY
from bot.webhook.sse import EventStream, ServerSent, TooMuch

Deliver = Callable[[Mapping[str, str], bytes], Awaitable[int]]
"""Takes one delivery, its headers (whatever their case) and its body; gives the HTTP status."""

# A payload may be written in base64, beside its headers.
_LARGEST_EVENT = LARGEST_BODY * 4 // 3 + 2**20
# smee.io says something every 30 seconds.
_SILENCE_S = 90.0
_LATER = frozenset({408, 425, 429})

# In `JSON.stringify`'s text; GitHub writes `\\u001B` where JavaScript writes `\\u001b`.
_ESCAPE = re.compile(rb"\\(?:u[0-9a-f]{4}|.)", re.DOTALL)

_log = logging.getLogger("autobuild.smee")


class SmeeMessage(msgspec.Struct):
    """One delivery as a channel passes it on. GitHub's other headers, and whatever else there is, are passed over."""

    event: str = msgspec.field(name="x-github-event", default="")
    delivery: str = msgspec.field(name="x-github-delivery", default="")
    signature: str = msgspec.field(name="x-hub-signature-256", default="")
    in_base64: str = msgspec.field(name="bodyB", default="")
    as_text: str = msgspec.field(name="rawdata", default="")
    body: msgspec.Raw = msgspec.Raw()

    @classmethod
    def read(cls, data: bytes) -> "SmeeMessage":
        """Raises ValueError for what is no message."""
        try:
            return msgspec.json.decode(data, type=cls)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ValueError(f"no smee message: {error}") from None

    @property
    def headers(self) -> Mapping[str, str]:
        """Those that the webhook server asks for."""
        return CIMultiDict(
            {
                "X-GitHub-Event": self.event,
                "X-GitHub-Delivery": self.delivery,
                "X-Hub-Signature-256": self.signature,
            }
        )

    def bodies(self) -> tuple[bytes, ...]:
        """What GitHub may have signed, likeliest first. Raises ValueError where it cannot have been GitHub's.

        Some servers give the bytes themselves: `bodyB` in base64 (gosmee), `rawdata` as text. smee.io gives its own
        `JSON.stringify`, which is taken out of the message unread here: reading it would lose once more what
        JavaScript's numbers and its order of keys are. GitHub writes `\\u001B` where JavaScript writes `\\u001b`.
        """

        def upper(escape: re.Match[bytes]) -> bytes:
            return escape[0][:2] + escape[0][2:].upper() if len(escape[0]) == 6 else escape[0]

        if self.in_base64:
            try:
                found: tuple[bytes, ...] = (base64.b64decode(self.in_base64, validate=True),)
            except binascii.Error:
                raise ValueError("bodyB is not base64") from None
        elif self.as_text:
            found = (self.as_text.encode(),)
        else:
            body = bytes(self.body)
            found = tuple(dict.fromkeys((body, _ESCAPE.sub(upper, body))))
        if not found[0] or len(found[0]) > LARGEST_BODY:
            raise ValueError("no payload, or a bigger one than GitHub's ever are")
        return found


@dataclass(frozen=True)
class RetryPace:
    """Seconds between tries, doubled from `first_s` up to `longest_s`; `tries` are those of one delivery here."""

    first_s: float = 1.0
    longest_s: float = 60.0
    tries: int = 8

    def wait(self, failures: int) -> float:
        """`failures` counts from 1."""
        return min(self.first_s * 2.0 ** min(failures - 1, 30), self.longest_s)


async def listen(
    channel: str, deliver: Deliver, session: aiohttp.ClientSession, pace: RetryPace | None = None
) -> NoReturn:
    """Delivers what the channel sends, one after the other, for ever, through whatever happens to the connection.

    Raises UserError for an address that is not a channel. What the channel sends while there is no listener is lost.
    """
    where, pace = _checked(channel), pace or RetryPace()
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
        _log.warning("smee=unavailable host=%s again_in_s=%.3g why=%r", urlsplit(where).netloc, wait, why[:300])
        await asyncio.sleep(wait)


def _checked(channel: str) -> str:
    """The channel's address; over plain HTTP only on this machine."""
    try:
        url = urlsplit(channel.strip())
        private = url.scheme == "https" or (url.scheme == "http" and _loopback(url.hostname or ""))
        if private and url.hostname and url.port != 0 and "@" not in url.netloc and url.path.strip("/"):
            return url._replace(fragment="").geturl()
    except ValueError:
        pass  # not an address
    raise UserError("--smee needs the https address of a channel. Open https://smee.io/new and copy its address.")


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
        status = response.status
        if status >= 500 or status in _LATER:
            raise aiohttp.ClientError(f"it answered {status}")
        if 300 <= status < 400:
            raise UserError(f"The smee address redirects ({status}). Open it in a browser and use the final address.")
        if status != 200:
            raise UserError(f"The smee channel does not exist (HTTP {status}). Create one at https://smee.io/new.")
        if response.content_type != "text/event-stream":
            raise UserError("The smee address is not a channel. Create one at https://smee.io/new.")
        _log.info("smee=listening host=%s", response.url.authority)
        async for chunk in response.content.iter_any():
            for event in stream.feed(chunk):
                yield event


async def _forward(event: ServerSent, deliver: Deliver, pace: RetryPace) -> None:
    """Delivers it, by whichever body its signature fits."""
    if event.kind != "message":  # `ready`, `ping`
        return
    try:
        message = SmeeMessage.read(event.data)
        candidates = message.bodies()
    except ValueError as error:
        _log.warning("smee=message answer=400 why=%r", str(error)[:300])
        return
    status = 401
    for body in candidates:
        if status == 401:
            status = await _delivered(message.headers, body, deliver, pace)
    level = logging.INFO if status < 300 else logging.WARNING
    _log.log(level, "smee=message delivery=%.60r event=%.60r answer=%d", message.delivery, message.event, status)


async def _delivered(headers: Mapping[str, str], body: bytes, deliver: Deliver, pace: RetryPace) -> int:
    """The webhook server's answer. GitHub believes that it delivered, so after a 503 it would not send it again."""
    for attempt in range(1, pace.tries + 1):
        try:
            status = await deliver(headers, body)
        except Exception:  # what breaks on one delivery breaks no other, as in a web server
            _log.exception("smee=message delivery=%.60r answer=500", headers.get("X-GitHub-Delivery"))
            return 500
        if status != 503 or attempt == pace.tries:
            break
        await asyncio.sleep(pace.wait(attempt))
    return status
