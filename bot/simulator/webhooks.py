"""Webhooks: signed, sent once, and written down; what is lost stays lost until somebody asks for another attempt.

Tests bend the post with `drop`, `duplicate` and `hold`. Names are an event (`push`) or an event and its action
(`check_run.created`).
"""

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import aiohttp

from bot.simulator.state import Json

if TYPE_CHECKING:
    from bot.simulator.hub import Hub

_REMEMBERED = 20_000
PATIENCE_S = 10.0
"""GitHub hangs up after ten seconds."""


@dataclass(frozen=True)
class Delivery:
    """One attempt. `status_code` 0 means that no answer came; `body` are the bytes that were signed."""

    id: int
    guid: str
    event: str
    action: str | None
    body: bytes
    delivered_at: str
    redelivery: bool = False
    status: str = "pending"
    status_code: int = 0
    duration: float = 0.0
    request_headers: Json = field(default_factory=dict)
    response_headers: Json = field(default_factory=dict)
    response: str = ""

    @property
    def name(self) -> str:
        return f"{self.event}.{self.action}" if self.action else self.event

    @property
    def payload(self) -> Json:
        return dict(json.loads(self.body))


@dataclass
class Held:
    """Deliveries that wait. `release` sends them, in the order given by their positions (all, as they came)."""

    _send: Callable[[Delivery], None]
    names: tuple[str, ...]
    active: bool = True
    waiting: list[Delivery] = field(default_factory=list)

    def release(self, order: Sequence[int] | None = None) -> None:
        """Ends the hold. `order=(1, 0)` sends the second first; what is not named follows."""
        self.active = False
        first = list(order or ())
        rest = [index for index in range(len(self.waiting)) if index not in first]
        for index in first + rest:
            self._send(self.waiting[index])
        self.waiting = []


class Webhooks:
    """The app's one hook. `deliveries` holds every attempt, oldest first."""

    def __init__(self, hub: "Hub", url: str) -> None:
        self._hub = hub
        self.url = url
        self.active = True
        self.deliveries: list[Delivery] = []
        self._drops: dict[str, tuple[int, bool]] = {}
        self._duplicates: dict[str, int] = {}
        self._holds: list[Held] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: aiohttp.ClientSession | None = None

    def begin(self, url: str, *, active: bool = True) -> None:
        """A new app's hook: it knows nothing of the deliveries of the former."""
        self.url, self.active = url, active
        self.deliveries.clear()

    # --- what happens to the post

    def drop(self, name: str, times: int = 1, *, recorded: bool = True) -> None:
        """The next `times` never arrive; `recorded`: the log shows a failure, else it knows nothing of them."""
        self._drops[name] = (times, recorded)

    def duplicate(self, name: str, times: int = 1) -> None:
        """The next `times` arrive twice with one GUID."""
        self._duplicates[name] = times

    def hold(self, *names: str) -> Held:
        """Keeps what matches (everything, without names) until it is released."""
        self._holds.append(held := Held(self._deliver, names))
        return held

    # --- sending

    def send(self, event: str, payload: Json) -> None:
        """Signs and sends, without waiting; nothing happens where no hook is configured."""
        if not self.url or not self.active:
            return
        body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "backslashreplace")
        delivery = Delivery(self._hub.new_id(), str(uuid.uuid4()), event, payload.get("action"), body, self._hub.now())
        held = next((held for held in self._holds if held.active and _matches(delivery, held.names)), None)
        if held:
            held.waiting.append(delivery)
            self._hub.changed()
        else:
            self._deliver(delivery)

    def attempt_again(self, delivery: Delivery) -> None:
        """Another attempt with the same GUID, as a new line of the log."""
        again = replace(delivery, id=self._hub.new_id(), redelivery=True, delivered_at=self._hub.now())
        self._spawn(self._post(again))

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

    def _deliver(self, delivery: Delivery) -> None:
        for name in (delivery.name, delivery.event):
            times, recorded = self._drops.get(name, (0, True))
            if times:
                self._drops[name] = (times - 1, recorded)
                if recorded:
                    self._record(replace(delivery, status="failed to connect to host"))
                return
        copies = next((n for n in (delivery.name, delivery.event) if self._duplicates.get(n)), None)
        if copies:
            self._duplicates[copies] -= 1
            self._spawn(self._post(replace(delivery, id=self._hub.new_id())))
        self._spawn(self._post(delivery))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post(self, delivery: Delivery) -> None:
        headers = self._headers(delivery)
        delivery = replace(delivery, request_headers=headers)
        clock = asyncio.get_running_loop().time
        start = clock()
        self._client = self._client or aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S))
        status, code, answer_headers, answer = "failed to connect to host", 0, {}, ""
        try:
            async with self._client.post(self.url, data=delivery.body, headers=headers) as response:
                answer = await response.text(errors="backslashreplace")
                status, code, answer_headers = response.reason or "", response.status, dict(response.headers)
        except TimeoutError:
            status = "timed out"
        except aiohttp.ClientError:
            pass  # nobody is there, and nobody repeats it
        took = round(clock() - start, 3)
        status = "OK" if 200 <= code < 300 else status
        answered = replace(delivery, response_headers=answer_headers, response=answer)
        self._record(replace(answered, status=status, status_code=code, duration=took))

    def _record(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        del self.deliveries[:-_REMEMBERED]
        self._hub.changed()

    def _headers(self, delivery: Delivery) -> Json:
        return {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/simulator",
            "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Hook-ID": str(self._hub.app.id + 1),
            "X-GitHub-Hook-Installation-Target-ID": str(self._hub.app.id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature": f"sha1={self._mac(delivery.body, 'sha1')}",
            "X-Hub-Signature-256": f"sha256={self._mac(delivery.body, 'sha256')}",
        }

    def _mac(self, body: bytes, kind: str) -> str:
        return hmac.new(self._hub.webhook_secret.encode(), body, getattr(hashlib, kind)).hexdigest()


def _matches(delivery: Delivery, names: tuple[str, ...]) -> bool:
    return not names or delivery.name in names or delivery.event in names
