"""The hook and its log: pages, filters, age; and random faults."""

import asyncio
import hashlib
import hmac
import json
from dataclasses import replace
from urllib.parse import parse_qs

from aiohttp import web

from simulator.github.server import SimulatedGitHub
from simulator.github.webhooks.delivery_faults import DeliveryFaults, DeliveryPlan
from simulator.github.webhooks.delivery_log import DeliveryLog, WebhookDelivery
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver

LOG = "/app/hook/deliveries"


def delivery(number: int, code: int = 200) -> WebhookDelivery:
    """Its payload is not even JSON, so whoever looks at it fails."""
    return WebhookDelivery(
        f"guid-{number}", "push", None, b"\xff", 7, 8, id=number, delivered_at="2026-01-01", status_code=code
    )


async def pages(ask: ApiClient, query: str) -> list[list[int]]:
    found, path = [], f"{LOG}?{query}"
    while path:
        reply = await ask("GET", path, who="app")
        found.append([each["id"] for each in reply.body])
        link = reply.headers.get("Link", "")
        path = link[1 : link.index(">")].removeprefix(ask.github.api_url) if link else ""
    return found


async def test_long_log_is_paginated(github: SimulatedGitHub, ask: ApiClient) -> None:
    for number in range(20_000):
        made = replace(
            delivery(0, 503 if number % 100 == 0 else 202), id=github.store.new_id(), delivered_at=github.store.now()
        )
        github.webhooks.log.add(made)
    failed = [each.id for each in reversed(github.webhooks.deliveries) if each.status_code == 503]
    found = await pages(ask, "per_page=100&status=failure")
    assert [len(page) for page in found] == [100, 100]
    assert [*found[0], *found[1]] == failed
    assert len((await ask("GET", f"{LOG}?per_page=100&cursor=v1_{failed[-1] + 50}", who="app")).body) == 50
    openapi.assert_valid(github.requests)


def test_log_removes_the_oldest() -> None:
    log = DeliveryLog()
    for number in range(1, 30_001):
        log.add(delivery(number, 500 if number % 2 else 200))
    assert 20_000 <= len(log.all) <= 21_000
    assert log.all[-1].id == 30_000
    first = log.all[0].id
    assert log.get(first - 1, "") is None
    assert log.page("failure", first + 3, 5, "")[-1].id >= first
    assert len(log.page("success", None, 30_000, "")) == len(log.all) // 2


async def test_log_shows_three_days(github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver) -> None:
    github.issues.open_issue(REPO, "old")
    await github.webhooks.idle()
    github.store.advance(2 * 24 * 3600)
    github.issues.open_issue(REPO, "new")
    await github.webhooks.idle()
    old, new = (each.id for each in github.webhooks.deliveries)
    assert await pages(ask, "per_page=5") == [[new, old]]
    github.store.advance(24 * 3600 + 60)
    assert await pages(ask, "per_page=5") == [[new]]
    assert (await ask("GET", f"{LOG}/{old}", who="app")).status == 404
    assert (await ask("POST", f"{LOG}/{old}/attempts", who="app")).status == 404
    assert (await ask("GET", f"{LOG}/{new}", who="app")).status == 200


async def test_filters_use_the_status_code(github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver) -> None:
    ids = {}
    for status in (202, 302, 401, 503):
        receiver.status = status
        github.issues.open_issue(REPO, str(status))
        await github.webhooks.idle()
        ids[status] = github.webhooks.deliveries[-1].id
    github.webhooks.faults.drop("issues")
    github.issues.open_issue(REPO, "unreachable")
    assert await pages(ask, "status=success") == [[ids[302], ids[202]]]
    assert await pages(ask, "status=failure") == [[github.webhooks.deliveries[-1].id, ids[503], ids[401]]]
    assert (await ask("GET", f"{LOG}?status=pending", who="app")).status == 422
    assert (await ask("GET", f"{LOG}?cursor=x", who="app")).status == 422
    assert len(receiver.requests) == 4


async def test_slow_server_times_out(github: SimulatedGitHub) -> None:
    github.webhooks.timeout_s = 0.05
    never = asyncio.Event()

    async def receive(_: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", receive)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    github.webhooks.set_config(url=f"http://127.0.0.1:{runner.addresses[0][1]}/")
    github.issues.open_issue(REPO, "x")
    await github.webhooks.idle()
    never.set()
    await runner.cleanup()
    assert [(each.status_code, each.status) for each in github.webhooks.deliveries] == [(504, "timed out")]


async def test_throttled_delivery_is_marked(github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver) -> None:
    github.webhooks.faults.throttle("issues.opened")
    github.issues.open_issue(REPO, "slow")
    github.issues.open_issue(REPO, "fast")
    await github.webhooks.idle()
    slow, fast = sorted((await ask("GET", LOG, who="app")).body, key=lambda each: each["throttled_at"] is None)
    assert (slow["throttled_at"] is None, fast["throttled_at"]) == (False, None)
    await ask("POST", f"{LOG}/{slow['id']}/attempts", who="app")
    await github.webhooks.idle()
    assert github.webhooks.deliveries[-1].throttled_at is None
    openapi.assert_valid(github.requests)


async def test_hook_config_can_be_read_and_changed(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    shown = {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": receiver.url}
    assert (await ask("GET", "/app/hook/config", who="app")).body == shown
    changed = await ask("PATCH", "/app/hook/config", {"secret": "new", "content_type": "form"}, who="app")
    assert changed.body == {**shown, "content_type": "form"}
    github.issues.open_issue(REPO, "x")
    await github.webhooks.idle()
    headers, body = receiver.requests[0]
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["X-Hub-Signature-256"] == f"sha256={hmac.new(b'new', body, hashlib.sha256).hexdigest()}"
    assert json.loads(parse_qs(body.decode())["payload"][0])["issue"]["title"] == "x"
    for wrong in ({"url": "x"}, {"url": 7}, {"content_type": "xml"}, {"insecure_ssl": "2"}, {"secret": ""}):
        assert (await ask("PATCH", "/app/hook/config", wrong, who="app")).status == 422
    openapi.assert_valid(github.requests)


async def test_missing_or_inactive_hook_receives_nothing(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    github.webhooks.set_config(active=False)
    github.issues.open_issue(REPO, "x")
    assert (await ask("GET", "/app/hook/config", who="app")).status == 200
    github.webhooks.set_config(url="")
    github.issues.open_issue(REPO, "y")
    assert (await ask("GET", "/app/hook/config", who="app")).status == 404
    await github.webhooks.idle()
    assert github.webhooks.deliveries == []


async def test_payload_is_compact_json(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    """As a smee client does, which hands on JSON."""
    github.issues.open_issue(REPO, 'Ünicode "quoted" 🙂 \u2028 \ud800', body="a\tb\x00\\")
    await github.webhooks.idle()
    body = receiver.requests[0][1]
    again = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":"))
    assert again.encode("utf-8", "backslashreplace") == body


async def test_held_deliveries_can_be_shuffled(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    held = github.webhooks.faults.hold()
    for number in range(9):
        github.issues.open_issue(REPO, str(number))
    guids = [each.guid for each in held.waiting]
    held.shuffle(4)
    await github.webhooks.idle()
    came = [each.guid for each in github.webhooks.deliveries]
    assert came != guids
    assert sorted(came) == sorted(guids)


def test_same_seed_gives_the_same_faults() -> None:
    def fates(seed: int) -> list[DeliveryPlan]:
        faults = DeliveryFaults(seed, drop=0.2, duplicate=0.2, delay=1.0, unrecorded=0.5)
        return [faults.next("") for _ in range(300)]

    assert fates(1) == fates(1)
    assert fates(1) != fates(2)
    found = fates(1)
    lost = [fate for fate in found if fate.lost]
    assert 30 < len(lost) < 90
    assert {fate.recorded for fate in lost} == {True, False}
    assert {len(fate.delays) for fate in found} == {0, 1, 2}
    assert all(0 <= delay < 1 for fate in found for delay in fate.delays)


async def test_random_faults_lose_duplicate_and_delay(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    faults = github.webhooks.faults.start_random(3, drop=0.3, duplicate=0.3, delay=0.05, unrecorded=0.5)
    for number in range(60):
        github.issues.open_issue(REPO, str(number))
    await github.webhooks.idle()
    came = [each["issue"]["title"] for each in receiver.payloads("issues.opened")]
    missing, known = {*faults.dropped, *faults.lost}, {each.guid for each in github.webhooks.deliveries}
    assert len(set(came)) == 60 - len(missing)
    assert len(came) == len(set(came)) + len(faults.duplicated)
    assert came != sorted(came, key=int)
    assert all((faults.dropped, faults.lost, faults.duplicated))
    assert {each.guid for each in github.webhooks.deliveries if not each.good} == set(faults.dropped)
    assert not known & set(faults.lost)


async def test_redelivery_avoids_random_faults_unless_included(
    github: SimulatedGitHub, receiver: WebhookReceiver
) -> None:
    github.webhooks.faults.start_random(1, drop=1.0)
    github.issues.open_issue(REPO, "x")
    failed = github.webhooks.deliveries[0]
    github.webhooks.redeliver(failed)
    await github.webhooks.idle()
    assert [(each.guid, each.redelivery, each.good) for each in github.webhooks.deliveries] == [
        (failed.guid, False, False),
        (failed.guid, True, True),
    ]
    github.webhooks.faults.start_random(1, drop=1.0, redeliveries=True)
    github.webhooks.redeliver(failed)
    await github.webhooks.idle()
    assert [each.good for each in github.webhooks.deliveries] == [False, True, False]
    github.webhooks.faults.stop_random()
    github.issues.open_issue(REPO, "y")
    await github.webhooks.idle()
    assert receiver.names == ["issues.opened", "issues.opened"]


async def test_many_deliveries_all_arrive(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    for number in range(300):
        github.issues.open_issue(REPO, str(number))
    await github.webhooks.idle()
    assert len(receiver.requests) == 300
    assert [each.id for each in github.webhooks.deliveries] == sorted(each.id for each in github.webhooks.deliveries)
    assert all(each.good for each in github.webhooks.deliveries)
