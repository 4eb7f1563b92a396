"""Anything else that can send JSON: one alert, or a list of them below `alerts`, with a token in a header."""

from typing import Any, Literal

from msgspec import Struct

from activities.incidents.types import Alert
from activities.result_store import digest
from bot.alert_bodies import plain_values as plain
from bot.alert_bodies.authentication import has_secret
from bot.alert_bodies.json_bodies import BadAlert, convert, read_json
from bot.alerts import AlertSource

MOST = 10_000
"""Alerts of one body."""

Scalar = str | int | float | bool | None


class GenericAlert(Struct):
    """Only `name` has to be there."""

    name: str
    group: str | None = None
    status: Literal["firing", "resolved"] = "firing"
    severity: str | None = None
    service: str | None = None
    summary: str | None = None
    starts_at: str | int | float | None = None
    ends_at: str | int | float | None = None
    id: str | int | None = None
    url: str | None = None
    labels: dict[str, Scalar] | None = None


def _read(body: bytes, names: tuple[str, ...]) -> tuple[Alert, ...]:
    found = read_json(body, dict[str, Any])
    alerts = found.get("alerts", [found])
    if not isinstance(alerts, list) or len(alerts) > MOST:
        raise BadAlert(f"`alerts` must be a list of at most {MOST:,} alerts")
    return tuple(_alert_of(convert(each, GenericAlert), names) for each in alerts)


def _alert_of(each: GenericAlert, names: tuple[str, ...]) -> Alert:
    """Without a group, alerts of one name on one service belong together; without an id, the same facts are the same
    notification."""
    name = plain.line(each.name)
    if not name:
        raise BadAlert("an alert has an empty `name`")
    labels = plain.short_labels((each.labels or {}).items())
    service = plain.filled(each.service) or plain.service_in(labels, names)
    group = plain.key(each.group) if each.group and each.group.strip() else plain.key(name, service)
    begins, ends = plain.seconds(each.starts_at), plain.seconds(each.ends_at)
    facts = digest(name, group, each.status, str(each.starts_at), str(each.ends_at), each.summary or "")[:32]
    alert = Alert(
        "generic", group, name, service, plain.severity(each.severity, labels.get("severity")), each.status,
        plain.summary_of(each.summary, name), begins, ends, plain.key(facts if each.id is None else each.id),
        plain.web_address(each.url), labels,
    )  # fmt: skip
    return plain.in_order(alert)


GENERIC = AlertSource("generic", has_secret, _read)
