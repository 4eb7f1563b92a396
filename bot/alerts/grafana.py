"""Grafana Alerting: a webhook contact point, signed, or with an authorization header or basic authentication."""

from collections.abc import Mapping
from functools import partial

from bot.alert_bodies.alert_groups import read_group
from bot.alert_bodies.authentication import has_secret, has_signature, is_recent
from bot.alerts import AlertSource

SIGNATURE = "x-grafana-alerting-signature"
TIMESTAMP = "x-grafana-alerting-timestamp"


def _verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """A signature is of the body, or of the time and the body where the contact point names a header for the time."""
    if SIGNATURE not in headers:
        return has_secret(headers, body, secret)
    moment = headers.get(TIMESTAMP, "").strip()
    signed = f"{moment}:".encode("utf-8", "surrogateescape") + body if moment else body
    return has_signature(headers[SIGNATURE], signed, secret) and (not moment or is_recent(moment))


GRAFANA = AlertSource("grafana", _verify, partial(read_group, "grafana"))
