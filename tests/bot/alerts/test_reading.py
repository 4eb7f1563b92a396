"""What the sources send becomes alerts; what nobody sends is an error that says what is wrong."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from activities.incidents.types import Alert
from bot.alerts import BadAlert, registry
from tests.bot.alerts import bodies

NAMES = ("service", "app")


def read(source: str, body: Any) -> tuple[Alert, ...]:
    raw = body if isinstance(body, bytes) else bodies.encode(body)
    return registry()[source].read(raw, NAMES)


def at(moment: str) -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()


def test_alertmanager() -> None:
    (alert,) = read("alertmanager", bodies.alertmanager())
    assert alert == Alert(
        "alertmanager", '{}:{alertname="HighErrorRate"}', "HighErrorRate", "checkout", "critical", "firing",
        "5xx above 5 % for five minutes", at("2026-11-30T21:59:00.123456"), 0.0, alert.id,
        "http://prometheus.example.com/graph?g0.expr=up", bodies.alertmanager()["alerts"][0]["labels"],
    )  # fmt: skip
    assert alert == read("alertmanager", bodies.alertmanager())[0], "sent again, it is the same notification"


def test_a_group_is_one_alert_for_each_service_that_has_something_firing() -> None:
    alerts = [
        bodies.grouped(labels={"alertname": "HighErrorRate", "service": "mail", "severity": "warning"}),
        *(bodies.grouped(fingerprint=f"{number}") for number in range(9_000)),
        bodies.grouped(status="resolved", endsAt="2026-11-30T23:00:00Z", labels={"service": "search"}),
    ]
    checkout, mail = read("alertmanager", bodies.alertmanager(alerts=alerts, truncatedAlerts=7))
    assert (checkout.service, checkout.severity, mail.service, mail.severity) == (
        "checkout", "critical", "mail", "warning",
    )  # fmt: skip
    assert checkout.summary == "5xx above 5 % for five minutes (and 9,006 more)"
    assert checkout.group == mail.group
    assert checkout.id != read("alertmanager", bodies.alertmanager())[0].id, "more fires than before"


def test_a_group_is_resolved_as_a_whole() -> None:
    ended = [
        bodies.grouped(status="resolved", endsAt="2026-11-30T22:30:00Z"),
        bodies.grouped(status="resolved", endsAt="2026-11-30T22:40:00Z", labels={"service": "mail"}),
    ]
    (alert,) = read("alertmanager", bodies.alertmanager(status="resolved", alerts=ended))
    assert (alert.status, alert.ends_at) == ("resolved", at("2026-11-30T22:40:00"))
    (left_out,) = read("alertmanager", bodies.alertmanager(alerts=ended, truncatedAlerts=100))
    assert (left_out.status, left_out.name) == ("firing", "HighErrorRate")


def test_an_end_before_the_beginning_is_the_beginning() -> None:
    ended = [bodies.grouped(status="resolved", endsAt="2026-11-30T20:00:00Z")]
    (alert,) = read("alertmanager", bodies.alertmanager(status="resolved", alerts=ended))
    assert alert.ends_at == alert.starts_at


def test_grafana() -> None:
    (alert,) = read("grafana", bodies.grafana())
    assert (alert.source, alert.service, alert.severity) == ("grafana", "checkout", "critical")
    (other,) = read("grafana", bodies.grafana(orgId=2))
    assert other.group != alert.group, "two organisations may have the same group key"


def test_pagerduty() -> None:
    (alert,) = read("pagerduty", bodies.pagerduty())
    assert alert == Alert(
        "pagerduty", "PGR0VU2", "Checkout answers with errors", "checkout", "critical", "firing",
        "Checkout answers with errors", at("2026-11-30T18:17:05"), 0.0, "01CGE5CBZA",
        "https://example.pagerduty.com/incidents/PGR0VU2", {"urgency": "high", "service": "checkout"},
    )  # fmt: skip
    (resolved,) = read("pagerduty", bodies.pagerduty("incident.resolved", "01B", priority=None))
    assert (resolved.group, resolved.status, resolved.ends_at) == (
        alert.group,
        "resolved",
        at("2026-11-30T18:18:00.123"),
    )
    for event in ("incident.acknowledged", "incident.annotated", "service.updated", "pagey.ping"):
        assert read("pagerduty", bodies.pagerduty(event)) == ()


def test_sentry() -> None:
    (metric,) = read("sentry", bodies.sentry_metric())
    assert (metric.group, metric.service, metric.severity, metric.status) == (
        "metric alert 7", "checkout", "critical", "firing",
    )  # fmt: skip
    assert metric.summary == "Critical: Too many errors: 1000 events in the last 10 minutes"
    (ended,) = read("sentry", bodies.sentry_metric("resolved"))
    assert (ended.group, ended.status, ended.ends_at) == (metric.group, "resolved", at("2026-11-30T01:10:00"))
    (event,) = read("sentry", bodies.sentry_event())
    assert (event.group, event.service, event.severity, event.name) == (
        "issue 1117540176", "checkout", "critical", "Very important alert rule",
    )  # fmt: skip
    (resolved,) = read("sentry", bodies.sentry_issue("resolved"))
    assert (resolved.group, resolved.status) == (event.group, "resolved")
    assert read("sentry", bodies.sentry_issue("assigned")) == ()
    assert read("sentry", {"action": "created", "data": {"installation": {"uuid": "a"}}}) == ()


def test_datadog() -> None:
    (alert,) = read("datadog", bodies.datadog())
    assert alert == Alert(
        "datadog", "9bd4ac313a4d1e8fae2482df7b77628", "Error rate is high", "checkout", "error", "firing",
        "Error rate is high", 1764536400.0, 0.0, "7841 triggered 1764536400.0",
        "https://app.datadoghq.com/event/event?id=7841", {"team": "web", "service": "checkout", "env": "prod"},
    )  # fmt: skip
    (recovered,) = read("datadog", bodies.datadog(transition="Recovered"))
    assert (recovered.group, recovered.status, recovered.ends_at) == (alert.group, "resolved", 1764536460.0)
    own = {"id": "1", "title": "[Recovered] Error rate is high", "date": "$DATE", "org": {"id": 1}, "body": "text"}
    (default,) = read("datadog", own)
    assert (default.group, default.status, default.starts_at) == ("Error rate is high", "resolved", 0.0)
    assert read("datadog", bodies.datadog(transition="Renotify later")) != ()
    assert read("datadog", bodies.datadog(transition="Muted")) == ()


def test_generic() -> None:
    (alert,) = read("generic", bodies.generic())
    assert alert == Alert(
        "generic", "queue", "Queue is long", "checkout", "error", "firing", "The queue grows",
        at("2026-11-30T21:00:00"), 0.0, "n-1", "https://monitor.example.com/1", {"queue": "mail", "length": "12"},
    )  # fmt: skip
    (least,) = read("generic", {"name": "Queue is long", "labels": {"app": "mail"}})
    assert (least.group, least.service, least.summary) == ("Queue is long mail", "mail", "Queue is long")
    many = [bodies.generic(group=f"{number}") for number in range(5_000)]
    assert len(read("generic", {"alerts": many})) == 5_000
    assert read("generic", {"alerts": []}) == ()


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("2026-11-30T21:00:00+05:30", at("2026-11-30T15:30:00")),
        ("2026-11-30T21:00:00.123456789Z", at("2026-11-30T21:00:00.123456")),
        (1764536400, 1764536400.0),
        (1764536400000, 1764536400.0),
        ("1764536400000000000", 1764536400.0),
        ("0001-01-01T00:00:00Z", 0.0),
        ("1970-01-01T00:00:00Z", 0.0),
        ("9999-12-31T23:59:59-23:59", None),
        ("tomorrow", 0.0),
        (-5, 0.0),
        (1e300, 0.0),
        (10**400, 0.0),
    ],
)
def test_times(given: Any, seen: float | None) -> None:
    """A zone, parts of a second, a zero date, and a time in the future, which is now."""
    (alert,) = read("generic", bodies.generic(starts_at=given))
    if seen is None:
        assert alert.starts_at in (0.0, pytest.approx(time.time(), abs=60))
    else:
        assert alert.starts_at == pytest.approx(seen, abs=0.001)
    (future,) = read("generic", bodies.generic(starts_at=time.time() + 3600))
    assert future.starts_at <= time.time()


def test_texts_are_short_and_plain() -> None:
    token = "ghp_" + "a" * 36
    labels = {f"label {number}": "v" * 500 for number in range(500)}
    hostile = f"one\x00two\ud800\u202e three\r\n{token} " + "x" * 5_000
    (alert,) = read(
        "generic",
        bodies.generic(summary=hostile, name=hostile, service=hostile, group=hostile, id=hostile, labels=labels),
    )
    texts = (alert.summary, alert.name, alert.service, alert.group, alert.id, *alert.labels.values())
    assert all(text.isprintable() and token not in text and len(text) <= 200 for text in texts)
    assert alert.summary.startswith("one two three ***")
    assert len(alert.labels) <= 50
    assert sum(map(len, alert.labels.values())) <= 2_000
    json.dumps([alert.group, alert.id]).encode()
    (other,) = read("generic", bodies.generic(group=hostile + "y", url="javascript:alert(1)"))
    assert other.group != alert.group
    assert other.url == ""


HOSTILE: Mapping[str, tuple[bytes, str]] = {
    "empty": (b"", "not JSON"),
    "two documents": (b"{}{}", "not JSON"),
    "no object": (b"[]", "another shape"),
    "binary": (b"\xff\xfe\x00", "not UTF-8"),
    "a nul byte in a text": (b'{"name": "a\x00b"}', "not JSON"),
    "depth": (b"[" * 500_000, "nested too deeply"),
    "depth below a key": (b'{"labels": ' + b'{"a": ' * 200_000, "nested too deeply"),
    "NaN": (b'{"name": NaN}', "NaN"),
    "Infinity": (b'{"name": "a", "starts_at": -Infinity}', "NaN or Infinity"),
    "a number of a million digits": (b'{"name": ' + b"9" * 1_000_000 + b"}", "too long"),
    "the same key twice": (b'{"name": "a", "name": "b"}', "same key twice"),
    "wrong types": (b'{"name": {"a": 1}}', "Expected `str`"),
    "wrong status": (b'{"name": "a", "status": "on fire"}', "Invalid enum value"),
    "no name": (b'{"summary": "a"}', "required field `name`"),
    "an empty name": (b'{"name": " \\u0000 "}', "empty `name`"),
    "no list": (b'{"alerts": {"name": "a"}}', "list of at most"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_bodies(kind: str) -> None:
    body, why = HOSTILE[kind]
    with pytest.raises(BadAlert) as error:
        read("generic", body)
    assert why in str(error.value)
    assert len(str(error.value)) < 300
    for source in registry():
        with pytest.raises(BadAlert):
            read(source, body)


@pytest.mark.parametrize(
    ("source", "body", "why"),
    [
        ("alertmanager", bodies.alertmanager(alerts="none"), "Expected `array`"),
        ("alertmanager", bodies.alertmanager(alerts=[bodies.grouped(labels={"a": 1})]), "$.alerts[0].labels[...]"),
        ("grafana", {"status": "firing", "alerts": []}, "groupKey"),
        ("pagerduty", bodies.pagerduty(service="checkout"), "$.service"),
        ("sentry", {"action": "triggered", "data": {"event": {"event_id": "a"}}}, "issue_id"),
        ("datadog", bodies.datadog(transition=None, title="Error rate"), "triggered or recovered"),
        ("datadog", {"transition": "Triggered"}, "nothing names the monitor"),
    ],
)
def test_bodies_of_another_shape(source: str, body: Mapping[str, Any], why: str) -> None:
    with pytest.raises(BadAlert) as error:
        read(source, body)
    assert why in str(error.value)
