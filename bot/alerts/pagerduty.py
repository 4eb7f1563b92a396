"""PagerDuty: a webhook subscription (v3) to its incidents, signed."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from activities.incidents.types import Alert
from bot.alert_bodies import plain_values as plain
from bot.alert_bodies.authentication import has_signature
from bot.alert_bodies.json_bodies import convert, read_json
from bot.alerts import AlertSource

SIGNATURE = "x-pagerduty-signature"
_MOST_SIGNATURES = 10
_STATES: dict[str, Literal["firing", "resolved"]] = {
    **dict.fromkeys(("triggered", "unacknowledged", "reopened", "escalated"), "firing"),
    "resolved": "resolved",
}


class PagerDutyReference(Struct):
    """Something that PagerDuty names."""

    id: str = ""
    summary: str | None = None


class PagerDutyIncident(Struct):
    """The data of an event about an incident."""

    id: str
    title: str | None = None
    html_url: str | None = None
    created_at: str | None = None
    urgency: str | None = None
    service: PagerDutyReference | None = None
    priority: PagerDutyReference | None = None


class PagerDutyEvent(Struct):
    """`data` depends on the event's type."""

    id: str
    event_type: str
    occurred_at: str
    data: Any = None


class PagerDutyBody(Struct):
    event: PagerDutyEvent


def _verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """One of several signatures is ours while a secret is being changed."""
    given = headers.get(SIGNATURE, "").split(",", _MOST_SIGNATURES)[:_MOST_SIGNATURES]
    versions = [signature.strip().partition("=") for signature in given]
    return any(has_signature(digits, body, secret) for version, _, digits in versions if version == "v1")


def _read(body: bytes, _names: tuple[str, ...]) -> tuple[Alert, ...]:
    """An incident that was triggered, is open again, or is resolved; other events say nothing new."""
    event = read_json(body, PagerDutyBody).event
    kind, _, change = event.event_type.partition(".")
    if kind != "incident" or change not in _STATES:
        return ()
    incident = convert(event.data, PagerDutyIncident)
    at = plain.seconds(event.occurred_at)
    level = plain.severity(
        incident.priority.summary if incident.priority else "",
        {"high": "error", "low": "warning"}.get(incident.urgency or "", ""),
    )
    service = plain.line(incident.service.summary) if incident.service else ""
    title = plain.summary_of(incident.title, "A PagerDuty incident")
    alert = Alert(
        "pagerduty", plain.key(incident.id), plain.line(title), service, level, _STATES[change], title,
        plain.seconds(incident.created_at) or at, at, plain.key(event.id), plain.web_address(incident.html_url),
        plain.short_labels((("urgency", incident.urgency or ""), ("service", service))),
    )  # fmt: skip
    return (plain.in_order(alert),)


PAGERDUTY = AlertSource("pagerduty", _verify, _read)
