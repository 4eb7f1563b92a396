"""What the sources send: shortened bodies as their documentation shows them, and how each signs them."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

SECRET = "a secret of thirty characters: ключ"

Headers = Mapping[str, str]


def alertmanager(**changes: Any) -> dict[str, Any]:
    alert = {
        "status": "firing",
        "labels": {"alertname": "HighErrorRate", "service": "checkout", "severity": "critical", "instance": "a:80"},
        "annotations": {
            "summary": "5xx above 5 %\nfor five minutes",
            "runbook_url": "https://runbooks.example.com/5xx",
        },
        "startsAt": "2026-11-30T23:59:00.123456789+02:00",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.com/graph?g0.expr=up",
        "fingerprint": "dd19ae3d4e06ac55",
    }
    return {
        "version": "4",
        "groupKey": '{}:{alertname="HighErrorRate"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "autobuild",
        "groupLabels": {"alertname": "HighErrorRate"},
        "commonLabels": {"alertname": "HighErrorRate", "severity": "critical"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.com",
        "alerts": [alert],
    } | changes


def grouped(**changes: Any) -> dict[str, Any]:
    """One alert of a group."""
    return dict(alertmanager()["alerts"][0]) | changes


def grafana(**changes: Any) -> dict[str, Any]:
    return (
        alertmanager(
            groupKey="{}/{}:{alertname=\"HighErrorRate\"}", orgId=1, title="[FIRING:1] HighErrorRate", state="alerting",
            message="**Firing**", version="1",
            alerts=[
                grouped(
                    silenceURL="https://grafana.example.com/alerting/silence/new",
                    dashboardURL="https://grafana.example.com/d/1", panelURL="", values={"B": 44.2}, valueString="[ x ]",
                )
            ],
        )
        | changes
    )  # fmt: skip


def pagerduty(event_type: str = "incident.triggered", id: str = "01CGE5CBZA", **changes: Any) -> dict[str, Any]:
    data = {
        "id": "PGR0VU2",
        "type": "incident",
        "self": "https://api.pagerduty.com/incidents/PGR0VU2",
        "html_url": "https://example.pagerduty.com/incidents/PGR0VU2",
        "number": 2,
        "status": "triggered",
        "incident_key": None,
        "created_at": "2026-11-30T18:17:05Z",
        "title": "Checkout answers with errors",
        "service": {"id": "PF9KMXH", "summary": "checkout", "type": "service_reference"},
        "assignees": [],
        "priority": {"id": "PSO75BM", "summary": "P1", "type": "priority_reference"},
        "urgency": "high",
    } | changes
    agent = {"id": "PLH1HKV", "summary": "Monalisa Octocat", "type": "user_reference"}
    return {
        "event": {
            "id": id, "event_type": event_type, "resource_type": "incident", "occurred_at": "2026-11-30T18:18:00.123Z",
            "agent": agent, "client": None, "data": data,
        }
    }  # fmt: skip


def sentry_metric(action: str = "critical") -> dict[str, Any]:
    closed = "2026-11-30T01:10:00Z" if action == "resolved" else None
    metric = {
        "alert_rule": {"id": "7", "name": "Too many errors", "aggregate": "count()", "triggers": []},
        "date_closed": closed, "date_started": "2026-11-30T01:07:00Z", "id": "1247", "identifier": "59",
        "organization_id": "1", "projects": ["checkout"], "title": "Too many errors", "type": 2,
    }  # fmt: skip
    text = "1000 events in the last 10 minutes"
    address = "https://sentry.example.com/organizations/octocat/incidents/59/"
    data = {"description_text": text, "description_title": "Critical: Too many errors", "metric_alert": metric}
    return {"action": action, "actor": {"id": "sentry"}, "data": data | {"web_url": address}, "installation": {}}


def sentry_event() -> dict[str, Any]:
    event = {
        "event_id": "e4874d664c3540c1a32eab185f12c5ab", "issue_id": "1117540176", "title": "ReferenceError: heck",
        "level": "fatal", "datetime": "2026-11-30T21:06:17.403000Z", "timestamp": 1764536777.403, "project": 1,
        "web_url": "https://sentry.example.com/issues/1117540176/events/e4874d66/", "culprit": "?(<anonymous>)",
        "tags": [["browser", "Chrome 75"], ["service", "checkout"], ["nothing", None]],
    }  # fmt: skip
    return {"action": "triggered", "data": {"event": event, "triggered_rule": "Very important alert rule"}}


def sentry_issue(action: str = "created") -> dict[str, Any]:
    issue = {
        "id": "1117540176", "shortId": "CHECKOUT-1", "title": "ReferenceError: heck", "level": "error",
        "firstSeen": "2026-11-30T20:00:00Z", "lastSeen": "2026-11-30T21:00:00Z", "status": "unresolved",
        "project": {"id": "1", "slug": "checkout", "name": "Checkout"}, "web_url": "https://sentry.example.com/issues/1/",
    }  # fmt: skip
    return {"action": action, "data": {"issue": issue}}


def datadog(**changes: Any) -> dict[str, Any]:
    return {
        "id": "7841",
        "title": "[Triggered on {service:checkout}] Error rate is high",
        "alert_id": "1234",
        "aggregation": "9bd4ac313a4d1e8fae2482df7b77628",
        "transition": "Triggered",
        "type": "error",
        "priority": "P2",
        "scope": "env:prod,service:checkout",
        "tags": "team:web,service:checkout",
        "date": "1764536400000",
        "last_updated": "1764536460000",
        "text": "Error rate above 5 %",
        "url": "https://app.datadoghq.com/event/event?id=7841",
    } | changes


def generic(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Queue is long", "group": "queue", "service": "checkout", "severity": "high",
        "summary": "The queue grows", "starts_at": "2026-11-30T21:00:00", "id": "n-1",
        "url": "https://monitor.example.com/1", "labels": {"queue": "mail", "length": 12},
    } | changes  # fmt: skip


def encode(body: Any) -> bytes:
    return json.dumps(body).encode()


def hexadecimal(signed: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def bearer(_body: bytes = b"", secret: str = SECRET) -> Headers:
    return {"Authorization": f"Bearer {secret}"}


def pagerduty_signed(body: bytes, secret: str = SECRET) -> Headers:
    """While a secret is being changed, both sign."""
    return {"X-PagerDuty-Signature": f"v1={hexadecimal(body, 'another secret')}, v1={hexadecimal(body, secret)}"}


def sentry_signed(body: bytes, secret: str = SECRET) -> Headers:
    return {"Sentry-Hook-Resource": "event_alert", "Sentry-Hook-Signature": hexadecimal(body, secret)}


def grafana_signed(body: bytes, secret: str = SECRET, age: float = 0) -> Headers:
    moment = str(int(time.time() - age))
    signature = hexadecimal(f"{moment}:".encode() + body, secret)
    return {"X-Grafana-Alerting-Signature": signature, "X-Grafana-Alerting-Timestamp": moment}
