"""REST: the log of webhook deliveries and another attempt at one of them."""

from bot.simulator.hub import Missing
from bot.simulator.rest import Answer, Call, Endpoints
from bot.simulator.state import Json
from bot.simulator.webhooks import Delivery

endpoints = Endpoints()


@endpoints.on("GET", "/app/hook/deliveries", "app")
async def list_deliveries(call: Call) -> Answer:
    """Newest first; `cursor` is the id after which the page begins; `status` is `success` or `failure`."""
    query = call.request.query
    size = min(call.whole("per_page", 30), 100)
    before = int(query["cursor"]) if query.get("cursor", "").isdecimal() else None
    wanted = {"success": (True,), "failure": (False,)}.get(query.get("status", ""), (True, False))
    found = sorted(call.hub.hooks.deliveries, key=lambda each: each.id, reverse=True)
    found = [each for each in found if (each.status == "OK") in wanted and (before is None or each.id < before)]
    link = ""
    if len(found) > size:
        after = call.request.url.update_query(cursor=str(found[size - 1].id))
        link = f'<{after}>; rel="next"'
    return Answer([_item(each) for each in found[:size]], headers={"Link": link} if link else {})


@endpoints.on("GET", "/app/hook/deliveries/{delivery_id}", "app")
async def get_delivery(call: Call) -> Json:
    it = _delivery(call)
    return {
        **_item(it),
        "url": call.hub.hook_url,
        "request": {"headers": it.request_headers, "payload": it.payload},
        "response": {"headers": it.response_headers, "payload": it.response},
    }


@endpoints.on("POST", "/app/hook/deliveries/{delivery_id}/attempts", "app")
async def attempt_again(call: Call) -> Answer:
    call.hub.hooks.attempt_again(_delivery(call))
    return Answer({}, 202)


def _delivery(call: Call) -> Delivery:
    number = call.number("delivery_id")
    for delivery in call.hub.hooks.deliveries:
        if delivery.id == number:
            return delivery
    raise Missing("delivery")


def _item(it: Delivery) -> Json:
    payload = it.payload
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
        "installation_id": payload.get("installation", {}).get("id"),
        "repository_id": payload.get("repository", {}).get("id"),
        "throttled_at": None,
    }
