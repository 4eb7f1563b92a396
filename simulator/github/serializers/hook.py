"""The hook and its deliveries as GitHub's JSON."""

from simulator.github.entities import Json
from simulator.github.webhooks import HookConfig
from simulator.github.webhooks.delivery_log import WebhookDelivery


def config(it: HookConfig) -> Json:
    """The secret is never shown."""
    return {
        "content_type": it.content_type,
        "insecure_ssl": it.insecure_ssl,
        "secret": "********",
        "url": it.url,
    }


def summary(it: WebhookDelivery) -> Json:
    """As in the list, without the payload."""
    return {
        "id": it.id,
        "guid": it.guid,
        "delivered_at": it.delivered_at,
        "redelivery": it.redelivery,
        "duration": it.duration,
        "status": it.status,
        "status_code": it.status_code,
        "event": it.event,
        "action": it.action,
        "installation_id": it.installation_id,
        "repository_id": it.repository_id,
        "throttled_at": it.throttled_at,
    }


def delivery(it: WebhookDelivery, url: str) -> Json:
    """As a single delivery is returned, with request and response."""
    return {
        **summary(it),
        "url": url,
        "request": {"headers": it.request_headers, "payload": it.payload},
        "response": {"headers": it.response_headers, "payload": it.response},
    }
