"""REST: the hook's configuration, the log of webhook deliveries, and another attempt at one of them."""

from typing import Any

from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.serializers import hook
from simulator.github.services.entities import Json
from simulator.github.services.manifest import is_web
from simulator.github.services.store import EntityNotFound
from simulator.github.webhooks.delivery_log import WebhookDelivery

endpoints = Endpoints()
_SETTINGS = {"content_type": ("json", "form"), "insecure_ssl": ("0", "1")}


@endpoints.on("GET", "/app/hook/config", "app")
async def get_config(call: RestRequest) -> Json:
    if not call.hub.hook_url:
        raise EntityNotFound("hook")
    return hook.config(call.hub.hooks.config)


@endpoints.on("PATCH", "/app/hook/config", "app")
async def set_config(call: RestRequest) -> Json:
    """What is left out stays as it is; the secret can be set but never read."""
    changes: dict[str, Any] = {}
    if "url" in call.body:
        changes["url"] = call.text("url")
        if not is_web(changes["url"]):
            raise invalid("url", "invalid")
    for name, values in _SETTINGS.items():
        if name in call.body:
            changes[name] = str(call.body[name])
            if changes[name] not in values:
                raise invalid(name, "invalid")
    if "secret" in call.body:
        call.hub.webhook_secret = call.text("secret")
    call.hub.hooks.set_config(**changes)
    return hook.config(call.hub.hooks.config)


@endpoints.on("GET", "/app/hook/deliveries", "app")
async def list_deliveries(call: RestRequest) -> RestResponse:
    """Newest first. `status` is `success` (answered 200 to 399) or `failure`; `cursor` comes from the Link header."""
    query, hooks = call.request.query, call.hub.hooks
    size, sort = min(call.whole("per_page", 30), 100), query.get("status", "")
    if sort not in ("", "success", "failure"):
        raise invalid("status", "invalid")
    found = hooks.log.page(sort, _before(query.get("cursor", "")), size + 1, hooks.since)
    link = ""
    if len(found) > size:
        link = f'<{call.request.url.update_query(cursor=f"v1_{found[size - 1].id}")}>; rel="next"'
    return RestResponse([hook.item(each) for each in found[:size]], headers={"Link": link} if link else {})


@endpoints.on("GET", "/app/hook/deliveries/{delivery_id}", "app")
async def get_delivery(call: RestRequest) -> Json:
    return hook.whole(_delivery(call), call.hub.hook_url)


@endpoints.on("POST", "/app/hook/deliveries/{delivery_id}/attempts", "app")
async def attempt_again(call: RestRequest) -> RestResponse:
    call.hub.hooks.attempt_again(_delivery(call))
    return RestResponse({}, 202)


def _before(cursor: str) -> int | None:
    number = cursor.removeprefix("v1_")
    if cursor and not (number.isascii() and number.isdecimal()):
        raise ApiError(422, "Invalid cursor")
    return int(number) if cursor else None


def _delivery(call: RestRequest) -> WebhookDelivery:
    hooks = call.hub.hooks
    found = hooks.log.get(call.number("delivery_id"), hooks.since)
    if found is None:
        raise EntityNotFound("delivery")
    return found
