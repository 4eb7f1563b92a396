"""Webhooks: signed, sent once, and written down; what is lost stays lost until somebody asks for another attempt.

Tests bend the post with `drop`, `duplicate`, `throttle`, `hold` and `weather`. Names are an event (`push`) or an event
and its action (`check_run.created`).
"""

import json
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from simulator.github.services.entities import Json
from simulator.github.webhooks.delivery_faults import DeliveryFaults
from simulator.github.webhooks.delivery_log import WebhookDelivery
from simulator.github.webhooks.sender import WebhookSender

if TYPE_CHECKING:
    from simulator.github.services.store import Hub


@dataclass
class HeldDeliveries:
    """Deliveries that wait. `release` sends them, in the order given by their positions (all, as they came)."""

    _send: Callable[[WebhookDelivery], None]
    names: tuple[str, ...]
    active: bool = True
    waiting: list[WebhookDelivery] = field(default_factory=list)

    def release(self, order: Sequence[int] | None = None) -> None:
        """Ends the hold. `order=(1, 0)` sends the second first; what is not named follows."""
        self.active = False
        first = list(order or ())
        rest = [index for index in range(len(self.waiting)) if index not in first]
        for index in first + rest:
            self._send(self.waiting[index])
        self.waiting = []

    def shuffle(self, seed: int) -> None:
        """Ends the hold in an order by chance, the same for the same seed."""
        random.Random(seed).shuffle(self.waiting)  # noqa: S311
        self.release()


class Webhooks(WebhookSender):
    """See the module."""

    def __init__(self, hub: "Hub", url: str) -> None:
        super().__init__(hub, url)
        self._weather: DeliveryFaults | None = None
        self._drops: dict[str, tuple[int, bool]] = {}
        self._duplicates: dict[str, int] = {}
        self._throttles: dict[str, int] = {}
        self._holds: list[HeldDeliveries] = []

    def drop(self, name: str, times: int = 1, *, recorded: bool = True) -> None:
        """The next `times` never arrive; `recorded`: the log shows a failure, else it knows nothing of them."""
        self._drops[name] = (times, recorded)

    def duplicate(self, name: str, times: int = 1) -> None:
        """The next `times` arrive twice with one GUID."""
        self._duplicates[name] = times

    def throttle(self, name: str, times: int = 1) -> None:
        """The log says of the next `times` that GitHub slowed them down."""
        self._throttles[name] = times

    def hold(self, *names: str) -> HeldDeliveries:
        """Keeps what matches (everything, without names) until it is released."""
        self._holds.append(held := HeldDeliveries(self._deliver, names))
        return held

    def weather(
        self, seed: int, drop: float = 0.0, duplicate: float = 0.0, delay: float = 0.0, forgotten: float = 0.0,
        redeliveries: bool = False,
    ) -> DeliveryFaults:  # fmt: skip
        """From now on each first attempt may fail by chance, see `DeliveryFaults`; so may `redeliveries` if set."""
        self._weather = DeliveryFaults(seed, drop, duplicate, delay, forgotten, redeliveries)
        return self._weather

    def fair(self) -> None:
        """The end of the bad weather; what is delayed still comes."""
        self._weather = None

    def send(self, event: str, payload: Json) -> None:
        """Signs and sends, without waiting; nothing happens where no hook is configured."""
        if not self.config.url or not self.config.active:
            return
        delivery = _delivery(event, payload)
        held = next((held for held in self._holds if held.active and _matches(delivery, held.names)), None)
        if held:
            held.waiting.append(delivery)
            self._hub.changed()
        else:
            self._deliver(delivery)

    def attempt_again(self, delivery: WebhookDelivery) -> None:
        """Another attempt with the same GUID, as a new line of the log."""
        again = replace(delivery, redelivery=True, throttled_at=None, response="", response_headers={})
        if self._weather and self._weather.redeliveries:
            self._meet(self._weather, again)
        else:
            self.post(again)

    def _deliver(self, delivery: WebhookDelivery) -> None:
        if name := _next(self._drops, delivery, lambda rule: rule[0] > 0):
            times, recorded = self._drops[name]
            self._drops[name] = (times - 1, recorded)
            return self.lose(delivery, recorded)
        if name := _next(self._throttles, delivery, bool):
            self._throttles[name] -= 1
            delivery = replace(delivery, throttled_at=self._hub.now())
        if name := _next(self._duplicates, delivery, bool):
            self._duplicates[name] -= 1
            self.post(delivery)
        if self._weather:
            return self._meet(self._weather, delivery)
        return self.post(delivery)

    def _meet(self, weather: DeliveryFaults, delivery: WebhookDelivery) -> None:
        fate = weather.strike(delivery.guid)
        if fate.lost:
            self.lose(delivery, fate.recorded)
        for delay in fate.delays:
            self.post(delivery, delay)


def _delivery(event: str, payload: Json) -> WebhookDelivery:
    """Compact, as GitHub writes it: whoever reads the JSON and writes it again gets the bytes that were signed."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    installation, repository = ((payload.get(name) or {}).get("id") for name in ("installation", "repository"))
    return WebhookDelivery(str(uuid.uuid4()), event, payload.get("action"), body, installation, repository)


def _next(rules: dict[str, Any], delivery: WebhookDelivery, good: Callable[[Any], bool]) -> str:
    """The name of the rule that hits this delivery, "" if none does."""
    names = (name for name in (delivery.name, delivery.event) if name in rules and good(rules[name]))
    return next(names, "")


def _matches(delivery: WebhookDelivery, names: tuple[str, ...]) -> bool:
    return not names or delivery.name in names or delivery.event in names
