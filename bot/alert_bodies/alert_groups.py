"""The body that Alertmanager and Grafana share: the alerts of one group, each with labels and annotations."""

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct, field

from activities.incidents.types import Alert, AlertSeverity
from activities.result_store import digest
from bot.alert_bodies import plain_values as plain
from bot.alert_bodies.json_bodies import read_json

_MOST_SERVICES = 50
_SEVERITY_LABELS = ("severity", "level", "priority")


class GroupedAlert(Struct):
    """One alert of a group. A zero date is "not yet"."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    starts_at: str | None = field(name="startsAt", default=None)
    ends_at: str | None = field(name="endsAt", default=None)
    generator_url: str | None = field(name="generatorURL", default=None)
    fingerprint: str | None = None
    dashboard_url: str | None = field(name="dashboardURL", default=None)


class AlertGroupBody(Struct):
    """The whole group. Its status is `firing` as long as one of its alerts fires, those left out included."""

    status: Literal["firing", "resolved"]
    group_key: str = field(name="groupKey")
    alerts: list[GroupedAlert]
    common_labels: dict[str, str] = field(name="commonLabels", default={})
    common_annotations: dict[str, str] = field(name="commonAnnotations", default={})
    external_url: str | None = field(name="externalURL", default=None)
    truncated: int | None = field(name="truncatedAlerts", default=0)
    org: int = field(name="orgId", default=0)


def read_group(source: str, body: bytes, names: tuple[str, ...]) -> tuple[Alert, ...]:
    """One alert for each service of the group that has something firing, the worst first, and one for a group that is
    resolved: what is resolved in it while the rest still fires ends nothing. Raises BadAlert."""
    found = read_json(body, AlertGroupBody)
    same = [each for each in found.alerts if each.status == found.status]
    if not same:  # they were left out of the body
        same = [GroupedAlert(found.status, found.common_labels, found.common_annotations)]
    by_service: dict[str, list[GroupedAlert]] = {}
    for each in same:
        service = "" if found.status == "resolved" else plain.service_in(each.labels, names)
        by_service.setdefault(service, []).append(each)
    left_out = max(found.truncated or 0, 0)
    alerts = [_alert_of(source, found, each, names, left_out) for each in by_service.values()]
    return tuple(sorted(alerts, key=lambda alert: -plain.badness(alert.severity))[:_MOST_SERVICES])


def _alert_of(
    source: str, body: AlertGroupBody, alike: list[GroupedAlert], names: tuple[str, ...], left_out: int
) -> Alert:
    """The worst of those on one service stands for all of them, and says how many there are."""
    worst = max(alike, key=lambda each: plain.badness(_severity(each.labels)))
    name = plain.line(worst.labels.get("alertname", "")) or "alert"
    notes = {**body.common_annotations, **worst.annotations}
    text = plain.summary_of(notes.get("summary"), notes.get("description"), notes.get("message"), name)
    starts = [at for each in alike if (at := plain.seconds(each.starts_at))]
    return plain.in_order(
        Alert(
            source,
            plain.key(f"org {body.org}" if body.org > 1 else "", body.group_key),
            name,
            plain.service_in({**body.common_labels, **worst.labels}, names),
            _severity({**body.common_labels, **worst.labels}),
            body.status,
            plain.with_more(text, len(alike) - 1 + left_out),
            min(starts, default=0.0),
            max(plain.seconds(each.ends_at) for each in alike),
            _id(body.status, alike),
            plain.web_address(worst.generator_url, worst.dashboard_url, body.external_url),
            plain.short_labels(worst.labels.items()),
        )
    )


def _severity(labels: Mapping[str, str]) -> AlertSeverity:
    return plain.severity(*(labels.get(name) for name in _SEVERITY_LABELS))


def _id(status: str, alike: Iterable[GroupedAlert]) -> str:
    """The same for the same alerts in the same state, however often the group is sent."""
    facts = sorted(f"{each.fingerprint or sorted(each.labels.items())} {each.starts_at}" for each in alike)
    return f"{status} {digest(*facts)[:32]}"
