"""Datadog: a webhook of its monitors, with the payload below and the secret in a custom header."""

import re

from msgspec import Struct

from activities.incidents.types import Alert
from bot.alert_bodies import plain_values as plain
from bot.alert_bodies.authentication import has_secret
from bot.alert_bodies.json_bodies import BadAlert, read_json
from bot.alerts import AlertSource

Value = str | int | float | None
_PREFIX = re.compile(r"\[([A-Za-z][A-Za-z -]{1,30})[^\]]*\]\s*")
_FIRING = ("triggered", "re-triggered", "no data", "re-no data", "warn", "re-warn", "renotify", "alert")


class DatadogBody(Struct):
    """The payload of `docs/incidents.md`, or Datadog's own where none was typed in. Datadog leaves the name of a
    variable that it does not know."""

    id: Value = None
    title: str | None = None
    alert_id: Value = None
    aggregation: Value = None
    transition: str | None = None
    type: str | None = None
    priority: Value = None
    scope: str | None = None
    tags: str | list[str] | None = None
    date: Value = None
    last_updated: Value = None
    text: str | None = None
    body: str | None = None
    url: str | None = None


def _read(body: bytes, names: tuple[str, ...]) -> tuple[Alert, ...]:
    found = read_json(body, DatadogBody)
    title = plain.filled(found.title, plain.LONGEST_SUMMARY)
    prefix = _PREFIX.match(title)
    transition = (plain.filled(found.transition) or (prefix[1] if prefix else "")).lower()
    if not transition:
        raise BadAlert("neither `transition` nor the title says whether the monitor triggered or recovered")
    recovered = "recovered" in transition
    if not recovered and not transition.startswith(_FIRING):
        return ()
    monitor, scope = plain.filled(found.alert_id), plain.filled(found.scope, 200)
    name = title[prefix.end() :] if prefix else title
    group = plain.filled(found.aggregation) or (f"{monitor} {scope}".strip() if monitor else name)
    if not group:
        raise BadAlert("nothing names the monitor: `aggregation`, `alert_id` and `title` are empty")
    labels = plain.short_labels(
        each.partition(":")[::2] for text in (found.tags, scope) for each in _parts(text) if ":" in each
    )
    began, updated = plain.seconds(found.date), plain.seconds(found.last_updated)
    alert = Alert(
        "datadog", plain.key(group), name[:100] or group, plain.service_in(labels, names),
        plain.severity(found.priority, "warning" if "warn" in transition else "", found.type),
        "resolved" if recovered else "firing", plain.summary_of(name, found.text, found.body, group), began,
        (updated or began) if recovered else 0.0, plain.key(plain.filled(found.id) or group, transition, began or ""),
        plain.web_address(found.url), labels,
    )  # fmt: skip
    return (plain.in_order(alert),)


def _parts(tags: str | list[str] | None) -> list[str]:
    """Tags are separated by commas."""
    each = tags.split(",") if isinstance(tags, str) else tags or []
    return [part.strip() for part in each[: 10 * plain.MOST_LABELS]]


DATADOG = AlertSource("datadog", has_secret, _read)
