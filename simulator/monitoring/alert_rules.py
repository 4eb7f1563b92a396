"""Alert rules: which are pending and which fire, and since when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from simulator.monitoring.promql import evaluate
from simulator.monitoring.promql_syntax import BadQuery, parse, seconds_in
from simulator.monitoring.series import SeriesStore


class AlertRule(BaseModel):
    """As in a file of rules; `lasting` is its `for`."""

    model_config = ConfigDict(extra="forbid")
    alert: str
    expr: str
    lasting: str = "0s"
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


@dataclass
class RuledAlert:
    """One alert of a rule; `resolved` is 0 while it holds."""

    rule: AlertRule
    labels: Mapping[str, str]
    since: float
    value: float
    firing: bool = False
    resolved: float = 0.0


def rfc3339(at: float) -> str:
    """As both servers write times."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class AlertRules:
    """`replace` raises BadQuery for a rule that cannot be read."""

    def __init__(self, store: SeriesStore) -> None:
        self._store = store
        self._rules: list[AlertRule] = []
        self._alerts: dict[tuple[str, tuple[tuple[str, str], ...]], RuledAlert] = {}

    def replace(self, rules: list[AlertRule]) -> None:
        """These from now on."""
        for rule in rules:
            parse(rule.expr)
            seconds_in(rule.lasting)
        self._rules = rules
        self._alerts.clear()

    def look(self, now: float) -> list[RuledAlert]:
        """Every rule once: the alerts that fire, and those that have just been resolved."""
        held = {key: alert for rule in self._rules for key, alert in self._holding(rule, now)}
        over = [alert for key, alert in self._alerts.items() if key not in held and alert.firing]
        for alert in over:
            alert.resolved = now
        self._alerts = held
        return [alert for alert in held.values() if alert.firing] + over

    def _holding(
        self, rule: AlertRule, now: float
    ) -> Iterator[tuple[tuple[str, tuple[tuple[str, str], ...]], RuledAlert]]:
        try:
            found = evaluate(parse(rule.expr), self._store, now)
        except BadQuery:
            return
        for labels, value in found if isinstance(found, list) else []:
            named = {name: each for name, each in labels.items() if name != "__name__"}
            whole = {**named, **rule.labels, "alertname": rule.alert}
            key = (rule.alert, tuple(sorted(whole.items())))
            alert = self._alerts.get(key) or RuledAlert(rule, whole, now, value)
            alert.value = value
            alert.firing = now - alert.since >= seconds_in(rule.lasting)
            yield key, alert

    def alerts_json(self) -> list[dict[str, Any]]:
        """As `/api/v1/alerts` lists them."""
        return [
            {
                "labels": dict(alert.labels), "annotations": _annotations(alert),
                "state": "firing" if alert.firing else "pending", "activeAt": rfc3339(alert.since),
                "value": f"{alert.value:e}",
            }
            for alert in self._alerts.values()
        ]  # fmt: skip

    def rules_json(self) -> list[dict[str, Any]]:
        """As `/api/v1/rules` lists them."""
        made = []
        for rule in self._rules:
            alerts = [one for one in self.alerts_json() if one["labels"]["alertname"] == rule.alert]
            states = {one["state"] for one in alerts}
            state = "firing" if "firing" in states else "pending" if states else "inactive"
            made.append({
                "name": rule.alert, "query": rule.expr, "duration": seconds_in(rule.lasting), "labels": rule.labels,
                "annotations": rule.annotations, "alerts": alerts, "health": "ok", "type": "alerting", "state": state,
            })  # fmt: skip
        return made


def _annotations(alert: RuledAlert) -> dict[str, str]:
    """With `{{ $value }}` and `{{ $labels.x }}` filled in."""
    filled = {}
    for name, text in alert.rule.annotations.items():
        whole = text.replace("{{ $value }}", f"{alert.value:g}")
        for label, value in alert.labels.items():
            whole = whole.replace(f"{{{{ $labels.{label} }}}}", value)
        filled[name] = whole
    return filled


def posted_alert(alert: RuledAlert, now: float) -> dict[str, Any]:
    """As a server with rules sends it to Alertmanager."""
    ends = alert.resolved or now + 60.0
    return {
        "labels": dict(alert.labels), "annotations": _annotations(alert), "startsAt": rfc3339(alert.since),
        "endsAt": rfc3339(ends), "generatorURL": "http://prometheus.example/graph",
    }  # fmt: skip
