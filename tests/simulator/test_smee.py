"""A smee channel: those who listen receive what is posted, as smee.io sends it."""

import asyncio
import hashlib
import hmac
import io
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from simulator.github.server import SimulatedGitHub
from tests.deadlines import WITHIN_S
from tests.simulator.conftest import REPO

EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


async def frame(stream: aiohttp.StreamReader) -> dict[str, str]:
    """The fields of the next event."""
    async with asyncio.timeout(WITHIN_S):
        lines = (await stream.readuntil(b"\n\n")).decode().strip().split("\n")
    return dict(line.split(": ", 1) for line in lines)


async def test_delivery_reaches_the_client(github: SimulatedGitHub, client: aiohttp.ClientSession) -> None:
    github.webhooks.set_config(url=github.smee.url("our-channel"))
    async with client.get(github.smee.url("our-channel"), headers=EVENTS) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert await frame(stream.content) == {"id": "0", "event": "ready", "data": "{}"}
        github.issues.open_issue(REPO, "Ünïcode\n\nid: 7")
        message = await frame(stream.content)
        github.smee.ping("our-channel")
        assert await frame(stream.content) == {"id": "2", "event": "ping", "data": "{}"}
    assert list(message) == ["id", "data"]
    data = json.loads(message["data"])
    assert data["x-github-event"] == "issues"
    assert data["body"]["issue"]["title"] == "Ünïcode\n\nid: 7"
    assert (data["query"], abs(data["timestamp"] / 1000 - github.store.time()) < 10) == ({}, True)
    body = json.dumps(data["body"], ensure_ascii=False, separators=(",", ":")).encode()
    mac = hmac.new(github.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
    assert data["x-hub-signature-256"] == f"sha256={mac}"
    await github.webhooks.idle()
    assert [each.status_code for each in github.webhooks.deliveries] == [200]


async def test_all_listeners_receive_an_event(github: SimulatedGitHub, client: aiohttp.ClientSession) -> None:
    url = github.smee.url("a")
    async with client.post(url, json={"n": 0}) as reply:
        assert (reply.status, await reply.text()) == (200, "")
    async with client.get(url, headers=EVENTS) as one, client.get(url, headers=EVENTS) as other:
        await github.store.wait_for(lambda: github.smee.listeners("a") == 2)
        async with client.post(f"{url}?q=1&r=%26", json={"n": 1}) as reply:
            assert reply.status == 200
        async with client.post(github.smee.url("b"), json={"n": 2}) as reply:
            assert reply.status == 200
        for stream in (one, other):
            assert (await frame(stream.content))["event"] == "ready"
            data = json.loads((await frame(stream.content))["data"])
            assert (data["body"], data["query"]) == ({"n": 1}, {"q": "1", "r": "&"})


async def test_either_side_can_disconnect(github: SimulatedGitHub, client: aiohttp.ClientSession) -> None:
    stream = await client.get(github.smee.url("a"), headers=EVENTS)
    await frame(stream.content)
    github.smee.hang_up("a")
    assert await stream.content.read() == b""
    await github.store.wait_for(lambda: github.smee.listeners("a") == 0)
    stream = await client.get(github.smee.url("a"), headers=EVENTS)
    await frame(stream.content)
    stream.close()
    await github.store.wait_for(lambda: github.smee.listeners("a") == 0)


async def test_channel_sends_pings(github: SimulatedGitHub, client: aiohttp.ClientSession) -> None:
    github.smee.ping_s = 0.02
    async with client.get(github.smee.url("a"), headers=EVENTS) as stream:
        assert [(await frame(stream.content))["event"] for _ in range(3)] == ["ready", "ping", "ping"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b'{"a": "' + b"x" * 1024 * 1024 + b'"}', "application/json", 413),
    ],
)
async def test_invalid_post_is_refused(
    github: SimulatedGitHub, client: aiohttp.ClientSession, body: bytes, kind: str, status: int
) -> None:
    async with client.get(github.smee.url("a"), headers=EVENTS) as stream:
        await frame(stream.content)
        async with client.post(github.smee.url("a"), data=io.BytesIO(body), headers={"Content-Type": kind}) as reply:
            assert reply.status == status
        github.smee.ping("a")
        assert (await frame(stream.content))["event"] == "ping"


async def test_browser_gets_a_page_and_a_new_channel(github: SimulatedGitHub, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{github.url}/smee/new", headers={"Accept": "text/html"}) as reply:
        assert reply.url.path.startswith("/smee/")
        assert len(reply.url.name) == 16
        assert "clients that listen: 0" in await reply.text()
    async with client.get(f"{github.url}/smee/%3Cscript%3E") as reply:
        assert reply.status == 404


async def test_server_stops_with_open_connections(github: SimulatedGitHub, client: aiohttp.ClientSession) -> None:
    async with client.get(github.smee.url("a"), headers=EVENTS) as stream:
        await frame(stream.content)
        async with asyncio.timeout(WITHIN_S):
            await github.stop()
        assert await stream.content.read() == b""
