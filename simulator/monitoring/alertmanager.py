"""Alertmanager: its API for alerts, and the webhook that is called for each group."""

import hashlib
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from pydantic import BaseModel, ConfigDict, Field

from simulator.monitoring.alert_rules import rfc3339

_ZERO = "0001-01-01T00:00:00Z"
_RESOLVED_AFTER_S = 300.0


class WebhookSettings(BaseModel):
    """Where groups are sent. `repeat` is after how many seconds a group that still fires is sent again."""

    model_config = ConfigDict(extra="forbid")
    url: str = ""
    token: str = ""
    group_by: list[str] = ["alertname", "service"]
    receiver: str = "autobuild"
    repeat: float = Field(default=3600.0, gt=0)
    send_resolved: bool = True


@dataclass
class HeldAlert:
    """`ends` is when it is over where nobody says that it still fires."""

    labels: dict[str, str]
    annotations: dict[str, str]
    starts: float
    ends: float
    url: str

    @property
    def fingerprint(self) -> str:
        text = "\0".join(f"{name}={value}" for name, value in sorted(self.labels.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass
class SentGroup:
    """What was last sent of a group: fingerprints of what fired and of what was over."""

    state: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    at: float = 0.0


@dataclass
class AlertmanagerState:
    """`deliveries` are all calls of the webhook: the status of the answer, 0 for none, and the body."""

    settings: WebhookSettings = field(default_factory=WebhookSettings)
    alerts: dict[str, HeldAlert] = field(default_factory=dict)
    sent: dict[str, SentGroup] = field(default_factory=lambda: defaultdict(SentGroup))
    deliveries: list[dict[str, Any]] = field(default_factory=list)


class Alertmanager:
    """`state` is all that it keeps."""

    def __init__(self) -> None:
        self.state = AlertmanagerState()

    def add_to(self, app: web.Application) -> None:
        """Its routes."""
        app.router.add_get("/api/v2/alerts", self._list)
        app.router.add_post("/api/v2/alerts", self._post)
        app.router.add_get("/api/v2/status", self._status)

    def take(self, posted: Iterable[Mapping[str, Any]], now: float) -> None:
        """Alerts as they are posted. Raises ValueError."""
        for one in posted:
            labels = {str(name): str(value) for name, value in dict(one["labels"]).items() if value}
            if not labels:
                raise ValueError("at least one label pair required")
            starts, ends = _time(one.get("startsAt")) or now, _time(one.get("endsAt")) or now + _RESOLVED_AFTER_S
            if ends < starts:
                raise ValueError("start time must be before end time")
            annotations = {str(name): str(value) for name, value in dict(one.get("annotations") or {}).items()}
            alert = HeldAlert(labels, annotations, starts, ends, str(one.get("generatorURL", "")))
            known = self.state.alerts.get(alert.fingerprint)
            if known and known.ends > now:
                alert.starts = min(alert.starts, known.starts)
            self.state.alerts[alert.fingerprint] = alert

    async def send(self, session: ClientSession, now: float) -> None:
        """Every group that has changed, or is due again. One that cannot be delivered is tried at the next call."""
        settings = self.state.settings
        if not settings.url:
            return
        groups: dict[str, list[HeldAlert]] = defaultdict(list)
        for alert in self.state.alerts.values():
            groups[_group_key(alert, settings)].append(alert)
        for key, alerts in groups.items():
            firing = frozenset(one.fingerprint for one in alerts if one.ends > now)
            over = frozenset(one.fingerprint for one in alerts if one.ends <= now)
            sent = self.state.sent[key]
            new = firing - sent.state[0] or (settings.send_resolved and over & sent.state[0])
            if not (new or (firing and now - sent.at >= settings.repeat)):
                continue
            if await self._deliver(session, settings, key, alerts, now):
                self.state.sent[key] = SentGroup((firing, over), now)
                for fingerprint in over:
                    self.state.alerts.pop(fingerprint, None)

    async def _deliver(
        self, session: ClientSession, settings: WebhookSettings, key: str, alerts: list[HeldAlert], now: float
    ) -> bool:
        body = webhook_body(settings, key, alerts, now)
        headers = {"Authorization": f"Bearer {settings.token}"} if settings.token else {}
        status = 0
        try:
            async with session.post(
                settings.url, json=body, headers=headers, timeout=ClientTimeout(total=10)
            ) as answer:
                status = answer.status
        except (ClientError, TimeoutError):
            pass
        self.state.deliveries.append({"status": status, "body": body})
        return 200 <= status < 500 and status != 429

    async def _list(self, _request: web.Request) -> web.Response:
        now = time.time()
        shared = {
            "updatedAt": rfc3339(now), "receivers": [{"name": self.state.settings.receiver}],
            "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
        }  # fmt: skip
        firing = [one for one in self.state.alerts.values() if one.ends > now]
        return web.json_response([{**alert_json(one, now), **shared} for one in firing])

    async def _post(self, request: web.Request) -> web.Response:
        try:
            self.take(await request.json(), time.time())
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return web.json_response(f"bad request: {error}", status=400)
        return web.Response()

    async def _status(self, _request: web.Request) -> web.Response:
        return web.json_response({"cluster": {"status": "disabled"}, "versionInfo": {"version": "0.25.0"}})


def webhook_body(settings: WebhookSettings, key: str, alerts: list[HeldAlert], now: float) -> dict[str, Any]:
    """Version 4 of the body."""
    firing = any(one.ends > now for one in alerts)
    return {
        "version": "4", "groupKey": key, "truncatedAlerts": 0, "status": "firing" if firing else "resolved",
        "receiver": settings.receiver, "groupLabels": _common([_grouped(one, settings) for one in alerts]),
        "commonLabels": _common([one.labels for one in alerts]),
        "commonAnnotations": _common([one.annotations for one in alerts]),
        "externalURL": "http://alertmanager.example", "alerts": [alert_json(one, now) for one in alerts],
    }  # fmt: skip


def alert_json(alert: HeldAlert, now: float) -> dict[str, Any]:
    """The end of one that fires is not known."""
    fires = alert.ends > now
    return {
        "status": "firing" if fires else "resolved", "labels": alert.labels, "annotations": alert.annotations,
        "startsAt": rfc3339(alert.starts), "endsAt": _ZERO if fires else rfc3339(alert.ends),
        "generatorURL": alert.url, "fingerprint": alert.fingerprint,
    }  # fmt: skip


def _grouped(alert: HeldAlert, settings: WebhookSettings) -> dict[str, str]:
    return {name: alert.labels[name] for name in settings.group_by if name in alert.labels}


def _group_key(alert: HeldAlert, settings: WebhookSettings) -> str:
    pairs = ", ".join(f'{name}="{value}"' for name, value in sorted(_grouped(alert, settings).items()))
    return f"{{}}:{{{pairs}}}"


def _common(each: list[dict[str, str]]) -> dict[str, str]:
    return dict(set(each[0].items()).intersection(*(one.items() for one in each))) if each else {}


def _time(text: object) -> float:
    if not isinstance(text, str) or not text or text == _ZERO:
        return 0.0
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
