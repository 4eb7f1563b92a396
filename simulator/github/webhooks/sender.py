"""Sending the post: each delivery is signed, sent once, and written down with what came of it."""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp

from simulator.github.services.entities import Json
from simulator.github.webhooks.delivery_log import KEPT_S, DeliveryLog, WebhookDelivery

if TYPE_CHECKING:
    from simulator.github.services.store import Hub

PATIENCE_S = 10.0
"""GitHub hangs up after ten seconds."""
_AT_ONCE = 50
"""Deliveries under way at one time; the others wait, and their ten seconds have not begun."""
_NOBODY = ("failed to connect to host", 502)
_TOO_LATE = ("timed out", 504)


@dataclass(frozen=True)
class HookConfig:
    """`content_type` is `json` or `form`."""

    url: str = ""
    active: bool = True
    content_type: str = "json"
    insecure_ssl: str = "0"


class WebhookSender:
    """The app's one hook, with its log."""

    def __init__(self, hub: "Hub", url: str) -> None:
        self._hub = hub
        self.config = HookConfig(url)
        self.log = DeliveryLog()
        self.patience_s = PATIENCE_S
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = asyncio.Semaphore(_AT_ONCE)
        self._client: aiohttp.ClientSession | None = None

    @property
    def deliveries(self) -> list[WebhookDelivery]:
        """Every attempt, oldest first."""
        return self.log.all

    @property
    def url(self) -> str:
        return self.config.url

    def begin(self, url: str, *, active: bool = True) -> None:
        """A new app's hook: it knows nothing of the deliveries of the former."""
        self.config = HookConfig(url, active)
        self.log.clear()

    def set_config(self, **changes: Any) -> None:
        """Fields of `HookConfig`."""
        self.config = replace(self.config, **changes)
        self._hub.changed()

    @property
    def since(self) -> str:
        """What is older is in the log no more."""
        return self._hub.stamp(self._hub.time() - KEPT_S)

    def post(self, delivery: WebhookDelivery, delay: float = 0.0) -> None:
        """On its way, after `delay` seconds."""
        task = asyncio.create_task(self._post(delivery, delay))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def lose(self, delivery: WebhookDelivery, recorded: bool) -> None:
        """Never sent; `recorded`: the log says that nobody was there."""
        if recorded:
            status, code = _NOBODY
            headers = self._headers(delivery, self._encoded(delivery))
            self._record(replace(delivery, status=status, status_code=code, request_headers=headers))

    async def idle(self) -> None:
        """Returns once nothing is on its way."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client:
            await self._client.close()

    async def _post(self, delivery: WebhookDelivery, delay: float = 0.0) -> None:
        if delay:
            await asyncio.sleep(delay)
        async with self._under_way:
            body = self._encoded(delivery)
            headers = self._headers(delivery, body)
            clock = asyncio.get_running_loop().time
            start = clock()
            answered = await self._ask(replace(delivery, request_headers=headers), body)
            self._record(replace(answered, duration=round(clock() - start, 3)))

    async def _ask(self, delivery: WebhookDelivery, body: bytes) -> WebhookDelivery:
        """The delivery with what came of it."""
        self._client = self._client or aiohttp.ClientSession()
        timeout = aiohttp.ClientTimeout(total=self.patience_s)
        headers, (status, code) = delivery.request_headers, _NOBODY
        try:
            async with self._client.post(
                self.url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                text, code = await response.text(errors="backslashreplace"), response.status
                status = "OK" if 200 <= code < 300 else f"Invalid HTTP Response: {code}"
                got = replace(delivery, response=text, response_headers=dict(response.headers))
                return replace(got, status=status, status_code=code)
        except TimeoutError:
            status, code = _TOO_LATE
        except (aiohttp.ClientError, ValueError):
            pass  # nobody is there, or the address is none: and nobody repeats it
        return replace(delivery, status=status, status_code=code)

    def _record(self, delivery: WebhookDelivery) -> None:
        self.log.add(replace(delivery, id=self._hub.new_id(), delivered_at=self._hub.now()))
        self._hub.changed()

    def _encoded(self, delivery: WebhookDelivery) -> bytes:
        form = self.config.content_type == "form"
        return urlencode({"payload": delivery.body}).encode() if form else delivery.body

    def _headers(self, delivery: WebhookDelivery, body: bytes) -> Json:
        form = self.config.content_type == "form"
        return {
            "Accept": "*/*",
            "Content-Type": "application/x-www-form-urlencoded" if form else "application/json",
            "User-Agent": "GitHub-Hookshot/simulator",
            "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Hook-ID": str(self._hub.app.id + 1),
            "X-GitHub-Hook-Installation-Target-ID": str(self._hub.app.id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature": f"sha1={self._mac(body, 'sha1')}",
            "X-Hub-Signature-256": f"sha256={self._mac(body, 'sha256')}",
        }

    def _mac(self, body: bytes, kind: str) -> str:
        return hmac.new(self._hub.webhook_secret.encode(), body, getattr(hashlib, kind)).hexdigest()
