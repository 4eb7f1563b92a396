"""Prometheus Alertmanager: a webhook receiver with a bearer token or basic authentication."""

from functools import partial

from bot.alert_bodies.alert_groups import read_group
from bot.alert_bodies.authentication import has_secret
from bot.alerts import AlertSource

ALERTMANAGER = AlertSource("alertmanager", has_secret, partial(read_group, "alertmanager"))
