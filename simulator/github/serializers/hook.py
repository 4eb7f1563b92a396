"""The hook and its deliveries as GitHub's JSON."""

from simulator.github.services.entities import Json
from simulator.github.webhooks.delivery_log import WebhookDelivery
from simulator.github.webhooks.sender import HookConfig


def config(it: HookConfig) -> Json:
    """The secret is never shown."""
    return {
        "content_type": it.content_type,
        "insecure_ssl": it.insecure_ssl,
        "secret": "********",
        "url": it.url,
    }


def item(it: WebhookDelivery) -> Json:
    """As in the list: its payload is not looked at."""
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


def whole(it: WebhookDelivery, url: str) -> Json:
    """By its number, with what was sent and what was answered."""
    return {
        **item(it),
        "url": url,
        "request": {"headers": it.request_headers, "payload": it.payload},
        "response": {"headers": it.response_headers, "payload": it.response},
    }
