"""REST: the hook's configuration, the log of its deliveries, and redelivering one."""

from typing import Any

from simulator.github.entities import Json
from simulator.github.errors import EntityNotFound
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.serializers import hook
from simulator.github.services.manifest import is_web
from simulator.github.webhooks.delivery_log import WebhookDelivery

endpoints = Endpoints()
_SETTINGS = {"content_type": ("json", "form"), "insecure_ssl": ("0", "1")}


@endpoints.on("GET", "/app/hook/config", "app")
async def get_config(request: RestRequest) -> Json:
    if not request.github.webhooks.config.url:
        raise EntityNotFound("hook")
    return hook.config(request.github.webhooks.config)


@endpoints.on("PATCH", "/app/hook/config", "app")
async def set_config(request: RestRequest) -> Json:
    """What is left out stays as it is; the secret can be set but never read."""
    changes: dict[str, Any] = {}
    if "url" in request.body:
        changes["url"] = request.text("url")
        if not is_web(changes["url"]):
            raise invalid("url", "invalid")
    for name, values in _SETTINGS.items():
        if name in request.body:
            changes[name] = str(request.body[name])
            if changes[name] not in values:
                raise invalid(name, "invalid")
    if "secret" in request.body:
        request.store.webhook_secret = request.text("secret")
    request.github.webhooks.set_config(**changes)
    return hook.config(request.github.webhooks.config)


@endpoints.on("GET", "/app/hook/deliveries", "app")
async def list_deliveries(request: RestRequest) -> RestResponse:
    """Newest first. `status` is `success` (answered 200 to 399) or `failure`; `cursor` comes from the Link header."""
    query, hooks = request.http.query, request.github.webhooks
    size, sort = min(request.query_number("per_page", 30), 100), query.get("status", "")
    if sort not in ("", "success", "failure"):
        raise invalid("status", "invalid")
    found = hooks.log.page(sort, _before(query.get("cursor", "")), size + 1, hooks.log_start)
    link = ""
    if len(found) > size:
        link = f'<{request.http.url.update_query(cursor=f"v1_{found[size - 1].id}")}>; rel="next"'
    return RestResponse([hook.summary(each) for each in found[:size]], headers={"Link": link} if link else {})


@endpoints.on("GET", "/app/hook/deliveries/{delivery_id}", "app")
async def get_delivery(request: RestRequest) -> Json:
    return hook.delivery(_delivery(request), request.github.webhooks.config.url)


@endpoints.on("POST", "/app/hook/deliveries/{delivery_id}/attempts", "app")
async def redeliver(request: RestRequest) -> RestResponse:
    request.github.webhooks.redeliver(_delivery(request))
    return RestResponse({}, 202)


def _before(cursor: str) -> int | None:
    number = cursor.removeprefix("v1_")
    if cursor and not (number.isascii() and number.isdecimal()):
        raise ApiError(422, "Invalid cursor")
    return int(number) if cursor else None


def _delivery(request: RestRequest) -> WebhookDelivery:
    hooks = request.github.webhooks
    found = hooks.log.get(request.number("delivery_id"), hooks.log_start)
    if found is None:
        raise EntityNotFound("delivery")
    return found
