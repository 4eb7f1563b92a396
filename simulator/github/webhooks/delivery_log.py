"""The log of webhook deliveries: every attempt, kept for three days, read page by page."""

import json
from bisect import bisect_left
from dataclasses import dataclass, field

from simulator.github.entities import Json

KEPT_S = 3 * 24 * 3600.0
"""How far back the log goes (https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks)."""
_LIMIT = 20_000
_TRIM_SIZE = 1_000


@dataclass(frozen=True)
class WebhookDelivery:
    """One attempt. `body` is the payload as JSON. The id is 0 until it is in the log.

    `status_code` is 502 where the server was unreachable and 504 where it did not answer in time.
    """

    guid: str
    event: str
    action: str | None
    body: bytes
    installation_id: int | None = None
    repository_id: int | None = None
    id: int = 0
    delivered_at: str = ""
    redelivery: bool = False
    status: str = "pending"
    status_code: int = 0
    duration: float = 0.0
    throttled_at: str | None = None
    request_headers: Json = field(default_factory=dict)
    response_headers: Json = field(default_factory=dict)
    response: str = ""

    @property
    def name(self) -> str:
        """`push`, or with its action `check_run.created`."""
        return f"{self.event}.{self.action}" if self.action else self.event

    @property
    def payload(self) -> Json:
        return dict(json.loads(self.body))

    @property
    def good(self) -> bool:
        return 200 <= self.status_code < 400


class DeliveryLog:
    """`all`, oldest first, with rising ids."""

    def __init__(self) -> None:
        self.all: list[WebhookDelivery] = []
        self._by_status: dict[str, list[WebhookDelivery]] = {"success": [], "failure": []}

    def add(self, delivery: WebhookDelivery) -> None:
        """Its id must be higher than all before. The oldest beyond 20,000 are removed."""
        self.all.append(delivery)
        self._by_status["success" if delivery.good else "failure"].append(delivery)
        if len(self.all) >= _LIMIT + _TRIM_SIZE:
            oldest = self.all[_TRIM_SIZE].id
            for some in (self.all, *self._by_status.values()):
                del some[: _position(some, oldest)]

    def get(self, number: int, since: str) -> WebhookDelivery | None:
        """That attempt, if it was made at `since` or later."""
        at = _position(self.all, number)
        found = self.all[at] if at < len(self.all) and self.all[at].id == number else None
        return found if found and found.delivered_at >= since else None

    def page(self, status: str, before: int | None, size: int, since: str) -> list[WebhookDelivery]:
        """The newest `size` of a status (`success`, `failure` or all) with an id below `before`, newest first."""
        some = self._by_status.get(status, self.all)
        end = len(some) if before is None else _position(some, before)
        return [each for each in reversed(some[max(0, end - size) : end]) if each.delivered_at >= since]

    def clear(self) -> None:
        for some in (self.all, *self._by_status.values()):
            some.clear()


def _position(some: list[WebhookDelivery], number: int) -> int:
    return bisect_left(some, number, key=lambda each: each.id)
