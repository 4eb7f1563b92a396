"""Sentry: an internal integration's webhook for issue alerts, metric alerts and issues, signed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct, field

from activities.incidents.types import Alert
from bot.alert_bodies import plain_values as plain
from bot.alert_bodies.authentication import has_signature
from bot.alert_bodies.json_bodies import BadAlert, read_json
from bot.alerts import AlertSource

SIGNATURE = "sentry-hook-signature"
Number = str | int | None

_ISSUE_STATES: dict[str, Literal["firing", "resolved"]] = {
    "created": "firing", "unresolved": "firing", "resolved": "resolved", "archived": "resolved", "ignored": "resolved",
}  # fmt: skip


class SentryEvent(Struct):
    """The event for which an alert rule was triggered. Its tags are pairs."""

    event_id: str
    issue_id: Number = None
    title: str | None = None
    level: str | None = None
    datetime: str | None = None
    timestamp: float | str | None = None
    web_url: str | None = None
    project: Number = None
    project_slug: str | None = None
    environment: str | None = None
    tags: list[list[str | None]] | None = None


class SentryRule(Struct):
    id: Number = None
    name: str | None = None


class SentryMetricAlert(Struct):
    """The incident of a metric alert rule."""

    id: Number
    alert_rule: SentryRule | None = None
    projects: list[str] | None = None
    title: str | None = None
    date_started: str | None = None
    date_closed: str | None = None
    identifier: Number = None


class SentryProject(Struct):
    slug: str | None = None


class SentryIssue(Struct):
    """An issue whose state was changed."""

    id: Number
    title: str | None = None
    level: str | None = None
    web_url: str | None = None
    permalink: str | None = None
    first_seen: str | None = field(name="firstSeen", default=None)
    last_seen: str | None = field(name="lastSeen", default=None)
    project: SentryProject | None = None


class SentryData(Struct):
    """Which of these is there depends on the resource."""

    event: SentryEvent | None = None
    triggered_rule: str | None = None
    metric_alert: SentryMetricAlert | None = None
    issue: SentryIssue | None = None
    description_title: str | None = None
    description_text: str | None = None
    web_url: str | None = None


class SentryBody(Struct):
    action: str
    data: SentryData


def _verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    return has_signature(headers.get(SIGNATURE, ""), body, secret)


def _read(body: bytes, names: tuple[str, ...]) -> tuple[Alert, ...]:
    """What else an integration may be sent (installations, comments, each error) says nothing about an alert."""
    found = read_json(body, SentryBody)
    data = found.data
    alert = None
    if data.metric_alert and found.action in ("critical", "warning", "resolved"):
        alert = _metric(found.action, data, data.metric_alert)
    elif data.event and found.action == "triggered":
        alert = _event(data, data.event, names)
    elif data.issue and found.action in _ISSUE_STATES:
        alert = _issue(found.action, data.issue)
    return (plain.in_order(alert),) if alert else ()


def _metric(action: str, data: SentryData, metric: SentryMetricAlert) -> Alert:
    rule = metric.alert_rule or SentryRule()
    title = plain.summary_of(data.description_title, metric.title, rule.name, "A metric alert of Sentry")
    resolved = action == "resolved"
    service = plain.line(metric.projects[0]) if metric.projects else ""
    return Alert(
        "sentry", plain.key("metric alert", rule.id or metric.id), plain.summary_of(rule.name, metric.title, title),
        service, plain.severity(action), "resolved" if resolved else "firing",
        plain.summary_of(f"{title}: {data.description_text}" if data.description_text else title),
        plain.seconds(metric.date_started), plain.seconds(metric.date_closed) if resolved else 0.0,
        plain.key(metric.id, action, metric.date_closed if resolved else metric.date_started),
        plain.web_address(data.web_url), plain.short_labels(("project", each) for each in metric.projects or ()),
    )  # fmt: skip


def _event(data: SentryData, event: SentryEvent, names: Sequence[str]) -> Alert:
    if event.issue_id is None:
        raise BadAlert("the event of an issue alert names no issue: `data.event.issue_id` is missing")
    tags = plain.short_labels(_pairs(event.tags))
    title = plain.summary_of(event.title, data.triggered_rule, "An issue alert of Sentry")
    service = plain.service_in(tags, names) or plain.filled(event.project_slug)
    return Alert(
        "sentry", plain.key("issue", event.issue_id), plain.summary_of(data.triggered_rule, title), service,
        plain.severity(event.level), "firing", title,
        plain.seconds(event.datetime) or plain.seconds(event.timestamp), 0.0, plain.key(event.event_id),
        plain.web_address(event.web_url), tags,
    )  # fmt: skip


def _issue(action: str, issue: SentryIssue) -> Alert:
    title = plain.summary_of(issue.title, "An issue of Sentry")
    service = plain.filled(issue.project.slug) if issue.project else ""
    last = plain.seconds(issue.last_seen)
    # An issue that comes back began again when it was seen last.
    began = plain.seconds(issue.first_seen) if action == "created" else last
    return Alert(
        "sentry", plain.key("issue", issue.id), title[:100], service, plain.severity(issue.level),
        _ISSUE_STATES[action], title, began or last, last, plain.key(issue.id, action, issue.last_seen),
        plain.web_address(issue.web_url, issue.permalink), plain.short_labels((("project", service),)),
    )  # fmt: skip


def _pairs(tags: Sequence[Sequence[str | None]] | None) -> Iterator[tuple[Any, Any]]:
    for tag in tags or ():
        if len(tag) == 2:
            yield tag[0], tag[1]


SENTRY = AlertSource("sentry", _verify, _read)
