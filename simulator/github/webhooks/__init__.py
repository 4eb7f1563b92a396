"""The app's webhook: deliveries are signed, sent once, and logged. Only a redelivery is another attempt, as on GitHub.

`Webhooks.faults` drops, duplicates, delays and reorders deliveries, see `delivery_faults`.
"""

import asyncio
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import aiohttp

from simulator.github.entities import Json
from simulator.github.store import Store
from simulator.github.webhooks.delivery_faults import DeliveryPlan, FaultInjector
from simulator.github.webhooks.delivery_log import KEPT_S, DeliveryLog, WebhookDelivery

TIMEOUT_S = 10.0
"""GitHub waits ten seconds for an answer."""
_CONCURRENT = 50
"""Deliveries under way at one time; the others wait, and their ten seconds have not begun."""
_UNREACHABLE = ("failed to connect to host", 502)
_TIMED_OUT = ("timed out", 504)


@dataclass(frozen=True)
class HookConfig:
    """`content_type` is `json` or `form`."""

    url: str = ""
    active: bool = True
    content_type: str = "json"
    insecure_ssl: str = "0"


class Webhooks:
    """The one hook of the app: its configuration, its log, and the deliveries under way."""

    def __init__(self, store: Store, url: str) -> None:
        self._store = store
        self.config = HookConfig(url)
        self.log = DeliveryLog()
        self.faults = FaultInjector(self._send_first)
        self.timeout_s = TIMEOUT_S
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_CONCURRENT)
        self._client: aiohttp.ClientSession | None = None

    @property
    def deliveries(self) -> list[WebhookDelivery]:
        """Every attempt, oldest first."""
        return self.log.all

    @property
    def log_start(self) -> str:
        """The log does not show what is older than this time."""
        return self._store.stamp(self._store.time() - KEPT_S)

    def reset(self, url: str, *, active: bool = True) -> None:
        """The hook of a new app, with an empty log."""
        self.config = HookConfig(url, active)
        self.log.clear()

    def set_config(self, **changes: Any) -> None:
        """Fields of `HookConfig`."""
        self.config = replace(self.config, **changes)
        self._store.changed()

    def send(self, event: str, payload: Json) -> None:
        """Signs and sends, without waiting; nothing happens where no hook is configured."""
        if not self.config.url or not self.config.active:
            return
        # Compact, as GitHub writes it: reading this JSON and writing it again gives the bytes that were signed.
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
        installation, repository = ((payload.get(name) or {}).get("id") for name in ("installation", "repository"))
        delivery = WebhookDelivery(str(uuid.uuid4()), event, payload.get("action"), body, installation, repository)
        if self.faults.keep_held(delivery):
            self._store.changed()
        else:
            self._send_first(delivery)

    def redeliver(self, delivery: WebhookDelivery) -> None:
        """Another attempt with the same GUID, as a new entry of the log."""
        again = replace(delivery, redelivery=True, throttled_at=None, response="", response_headers={})
        self._carry_out(self.faults.plan_redelivery(again), again)

    async def idle(self) -> None:
        """Returns once no delivery is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Gives up deliveries under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client:
            await self._client.close()

    def _send_first(self, delivery: WebhookDelivery) -> None:
        plan = self.faults.plan(delivery)
        self._carry_out(plan, replace(delivery, throttled_at=self._store.now() if plan.throttled else None))

    def _carry_out(self, plan: DeliveryPlan, delivery: WebhookDelivery) -> None:
        if plan.lost and plan.recorded:
            status, code = _UNREACHABLE
            headers = self._headers(delivery, self._encoded(delivery))
            self._record(replace(delivery, status=status, status_code=code, request_headers=headers))
        for delay in plan.delays:
            task = asyncio.create_task(self._post(delivery, delay))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _post(self, delivery: WebhookDelivery, delay: float) -> None:
        """One attempt, after `delay` seconds, with the configuration of that moment."""
        if delay:
            await asyncio.sleep(delay)
        async with self._slots:
            body = self._encoded(delivery)
            headers = self._headers(delivery, body)
            clock = asyncio.get_running_loop().time
            start = clock()
            answered = await self._request(replace(delivery, request_headers=headers), body)
            self._record(replace(answered, duration=round(clock() - start, 3)))

    async def _request(self, delivery: WebhookDelivery, body: bytes) -> WebhookDelivery:
        """The delivery with the answer, or with the reason why there is none."""
        self._client = self._client or aiohttp.ClientSession()
        timeout = aiohttp.ClientTimeout(total=self.timeout_s)
        try:
            async with self._client.post(
                self.config.url, data=body, headers=delivery.request_headers, timeout=timeout, allow_redirects=False
            ) as response:
                text, code = await response.text(errors="backslashreplace"), response.status
                status = "OK" if 200 <= code < 300 else f"Invalid HTTP Response: {code}"
                answered = replace(delivery, response=text, response_headers=dict(response.headers))
                return replace(answered, status=status, status_code=code)
        except TimeoutError:
            status, code = _TIMED_OUT
        except (aiohttp.ClientError, ValueError):  # the server is down, or the address is invalid: no second attempt
            status, code = _UNREACHABLE
        return replace(delivery, status=status, status_code=code)

    def _record(self, delivery: WebhookDelivery) -> None:
        self.log.add(replace(delivery, id=self._store.new_id(), delivered_at=self._store.now()))
        self._store.changed()

    def _encoded(self, delivery: WebhookDelivery) -> bytes:
        form = self.config.content_type == "form"
        return urlencode({"payload": delivery.body}).encode() if form else delivery.body

    def _headers(self, delivery: WebhookDelivery, body: bytes) -> Json:
        form, app_id, secret = self.config.content_type == "form", self._store.app.id, self._store.webhook_secret
        return {
            "Accept": "*/*",
            "Content-Type": "application/x-www-form-urlencoded" if form else "application/json",
            "User-Agent": "GitHub-Hookshot/simulator",
            "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Hook-ID": str(app_id + 1),
            "X-GitHub-Hook-Installation-Target-ID": str(app_id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature": f"sha1={hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()}",
            "X-Hub-Signature-256": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}",
        }
