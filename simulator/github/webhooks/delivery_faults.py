"""Fault injection for webhooks: deliveries that are dropped, duplicated, delayed, held or reordered.

`FaultInjector` decides for each delivery: by rules (`drop`, `duplicate`, `throttle`, `hold`) whose names are an event
(`push`) or an event and its action (`check_run.created`), and at random (`start_random`), the same for the same seed.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.github.webhooks.delivery_log import WebhookDelivery


@dataclass(frozen=True)
class DeliveryPlan:
    """What happens to one delivery: a copy arrives after each of `delays`, in seconds.

    `lost`: none arrives by chance or by a rule, and the log shows a failure if `recorded`. `throttled`: the log says
    that GitHub slowed it down.
    """

    delays: tuple[float, ...] = (0.0,)
    lost: bool = False
    recorded: bool = True
    throttled: bool = False


@dataclass
class DeliveryFaults:
    """Random faults. `drop` and `duplicate` are shares of all deliveries; `delay` is the longest delay, in seconds.

    Of those dropped, the share `unrecorded` is not even in the log. The n-th delivery has the same plan for the same
    seed, whatever it is. `dropped`, `lost` (dropped and not recorded) and `duplicated` are the GUIDs of what was hit.
    `redeliveries`: they are hit too.
    """

    seed: int
    drop: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    unrecorded: float = 0.0
    redeliveries: bool = False
    dropped: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311

    def next(self, guid: str) -> DeliveryPlan:
        """The plan for the next delivery; always draws the same number of times."""
        dropped, unrecorded, duplicated = (self._random.random() for _ in range(3))
        delays = tuple(self._random.random() * self.delay for _ in range(2))
        if dropped < self.drop:
            (self.lost if unrecorded < self.unrecorded else self.dropped).append(guid)
            return DeliveryPlan((), lost=True, recorded=unrecorded >= self.unrecorded)
        if duplicated < self.duplicate:
            self.duplicated.append(guid)
            return DeliveryPlan(delays)
        return DeliveryPlan(delays[:1])


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
        """Ends the hold in a random order, the same for the same seed."""
        random.Random(seed).shuffle(self.waiting)  # noqa: S311
        self.release()


class FaultInjector:
    """Decides what happens to each delivery. `deliver` sends one that was held."""

    def __init__(self, deliver: Callable[[WebhookDelivery], None]) -> None:
        self._deliver = deliver
        self.clear()

    def clear(self, exempt: Iterable[int] = ()) -> None:
        """Ends all faults; what is held stays unsent. Rules that are added later spare deliveries about the `exempt`
        repositories (their ids): what still comes of one must not use up a rule that was meant for another."""
        self._random: DeliveryFaults | None = None
        self._drops: dict[str, tuple[int, bool]] = {}
        self._duplicates: dict[str, int] = {}
        self._throttles: dict[str, int] = {}
        self._holds: list[HeldDeliveries] = []
        self._exempt = frozenset(exempt)

    def drop(self, name: str, times: int = 1, *, recorded: bool = True) -> None:
        """The next `times` never arrive; `recorded`: the log shows a failure, otherwise nothing."""
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

    def start_random(
        self, seed: int, drop: float = 0.0, duplicate: float = 0.0, delay: float = 0.0, unrecorded: float = 0.0,
        redeliveries: bool = False,
    ) -> DeliveryFaults:  # fmt: skip
        """From now on each first attempt may fail, see `DeliveryFaults`; each redelivery too if `redeliveries`."""
        self._random = DeliveryFaults(seed, drop, duplicate, delay, unrecorded, redeliveries)
        return self._random

    def stop_random(self) -> None:
        """Ends the random faults; what is delayed still arrives."""
        self._random = None

    def keep_held(self, delivery: WebhookDelivery) -> bool:
        """Keeps a delivery that a hold matches; whether it did."""
        for held in () if delivery.repository_id in self._exempt else self._holds:
            if held.active and (not held.names or {delivery.name, delivery.event} & {*held.names}):
                held.waiting.append(delivery)
                return True
        return False

    def plan(self, delivery: WebhookDelivery) -> DeliveryPlan:
        """For a first attempt; uses up the rules that it matches."""
        if delivery.repository_id in self._exempt:
            return self._random.next(delivery.guid) if self._random else DeliveryPlan()
        if name := _matching(self._drops, delivery, lambda rule: rule[0] > 0):
            times, recorded = self._drops[name]
            self._drops[name] = (times - 1, recorded)
            return DeliveryPlan((), lost=True, recorded=recorded)
        if throttle := _matching(self._throttles, delivery, bool):
            self._throttles[throttle] -= 1
        extra: tuple[float, ...] = ()
        if name := _matching(self._duplicates, delivery, bool):
            self._duplicates[name] -= 1
            extra = (0.0,)
        plan = self._random.next(delivery.guid) if self._random else DeliveryPlan()
        return replace(plan, delays=extra + plan.delays, throttled=bool(throttle))

    def plan_redelivery(self, delivery: WebhookDelivery) -> DeliveryPlan:
        if self._random and self._random.redeliveries:
            return self._random.next(delivery.guid)
        return DeliveryPlan()


def _matching(rules: dict[str, Any], delivery: WebhookDelivery, applies: Callable[[Any], bool]) -> str:
    """The name of the rule for this delivery, "" without one."""
    names = (name for name in (delivery.name, delivery.event) if name in rules and applies(rules[name]))
    return next(names, "")
