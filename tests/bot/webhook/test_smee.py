"""Deliveries through a smee channel: which are refused, which are taken, and what no channel can do to us."""

import asyncio
import base64
import contextlib
import json
import logging
import resource
import subprocess
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from activities.errors import UserError
from activities.languages.javascript.programs import node
from bot.webhook.smee import Deliver, RetryPace, SmeeMessage, listen
from simulator.github.server import SimulatedGitHub
from tests.bot.webhook import samples
from tests.bot.webhook.running_server import SECRET, RunningServer, signature, signed
from tests.bot.webhook.smee_channel import READY, Channel, said, smee_channel
from tests.deadlines import WITHIN_S

QUICK = RetryPace(first_s=0.005, longest_s=0.02, tries=4)
EXAMPLES = Path(__file__).parents[2] / "node_modules/@octokit/webhooks-examples/api.github.com/index.json"

# What smee.io does with a body, and then again with the whole message.
SMEE_IO = """
const lines = require('fs').readFileSync(0, 'utf8').split('\\n').filter(Boolean);
for (const line of lines) console.log(JSON.stringify({body: JSON.parse(line), query: {}, timestamp: 1}));
"""


class Heard:
    """Stands for the webhook server: notes what is delivered, and answers as it is told (401 where the signature is wrong)."""

    def __init__(self, *answers: int) -> None:
        self.bodies: list[bytes] = []
        self._answers = list(answers)
        self._news = asyncio.Condition()

    async def __call__(self, headers: Mapping[str, str], body: bytes) -> int:
        async with self._news:
            self.bodies.append(body)
            self._news.notify_all()
        right = headers["x-hub-signature-256"] == signature(body)
        return self._answers.pop(0) if self._answers else 202 if right else 401

    async def times(self, count: int) -> list[bytes]:
        async with self._news:
            await self._news.wait_for(lambda: len(self.bodies) >= count)
            return self.bodies


@pytest.fixture
async def channel() -> AsyncIterator[Channel]:
    async with smee_channel() as channel:
        yield channel


@contextlib.asynccontextmanager
async def listening(channel: Channel | str, deliver: Deliver) -> AsyncIterator[asyncio.Task[None]]:
    url = channel if isinstance(channel, str) else channel.url
    async with aiohttp.ClientSession() as session, asyncio.timeout(WITHIN_S):
        task = asyncio.ensure_future(listen(url, deliver, session, QUICK))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def one(body: bytes, **more: Any) -> bytes:
    return said(signed("push", body), body, **more)


# --- which channel


@pytest.mark.parametrize(
    "address",
    [
        "",
        "smee.io/abc",
        "http://smee.io/abc",
        "ftp://127.0.0.1/abc",
        "https://smee.io",
        "https://smee.io/",
        "https:///abc",
        "https://octocat:pass@smee.io/abc",
        "https://[::1/abc",
        "https://smee.io:99999/abc",
        "http://127.0.0.1.example.com/abc",
    ],
)
async def test_malformed_channel_address_is_refused(address: str) -> None:
    async with listening(address, Heard()) as task:
        with pytest.raises(UserError, match="https address of a channel"):
            await task


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 204, 206])
async def test_missing_channel_is_reported(channel: Channel, status: int) -> None:
    channel.answers(status)
    async with listening(channel, Heard()) as task:
        with pytest.raises(UserError, match="channel does not exist"):
            await task


async def test_web_page_is_not_a_channel(channel: Channel) -> None:
    channel.answers(200, "<html>")
    async with listening(channel, Heard()) as task:
        with pytest.raises(UserError, match="not a channel"):
            await task


async def test_redirect_is_not_followed(channel: Channel) -> None:
    channel.answers(307, Location=channel.url)
    async with listening(channel, Heard()) as task:
        with pytest.raises(UserError, match="redirects"):
            await task
    assert len(channel.requests) == 1


# --- what is refused


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"not json",
        b"{}",
        b'{"body":',
        b'{"body":{},"x-github-event":7}',
        b'{"body":{},"x-github-event":"\xff"}',
        b'{"body":{},"x-github-event":"\\ud800"}',
        b'{"body":' + b"[" * 100_000,
        b'{"bodyB":"***"}',
        b'{"rawdata":{}}',
    ],
)
def test_malformed_message_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        SmeeMessage.read(data).bodies()


def test_body_over_githubs_limit_is_refused() -> None:
    body = b'"' + b"x" * (25 * 2**20 - 2) + b'"'
    assert SmeeMessage.read(b'{"body":' + body + b"}").bodies() == (body,)
    with pytest.raises(ValueError, match="bigger"):
        SmeeMessage.read(b'{"body":[' + body + b"]}").bodies()


def test_unknown_fields_take_no_memory() -> None:
    many = b'{"body":1,' + b",".join(b'"x%d":0' % number for number in range(1_000_000)) + b"}"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert SmeeMessage.read(many).bodies() == (b"1",)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000


async def test_unsigned_message_is_refused(
    channel: Channel, server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps(samples.push(samples.unique())).encode()
    unsigned = signed("push", body, "d-1") | {"X-Hub-Signature-256": signature(body, "another")}
    done = asyncio.Event()

    async def deliver(headers: Mapping[str, str], body: bytes) -> int:
        status = await server.post(body, headers)
        if headers["X-GitHub-Delivery"] == "d-2":
            done.set()
        return status

    channel.says(READY, said(unsigned, body), said(signed("push", body, "d-2"), body))
    with caplog.at_level(logging.INFO, "autobuild.smee"):
        async with listening(channel, deliver):
            await done.wait()
    assert "smee=message delivery='d-1' event='push' answer=401" in caplog.messages


async def test_malformed_message_does_not_stop_the_channel(channel: Channel) -> None:
    heard = Heard()
    channel.says(b"data: {\n\n", b"event: ping\ndata: {}\n\n", b"event: other\n" + one(b"1"), one(b"{}"))
    async with listening(channel, heard):
        assert await heard.times(1) == [b"{}"]


async def test_server_error_does_not_stop_the_channel(channel: Channel) -> None:
    heard = Heard()

    async def deliver(headers: Mapping[str, str], body: bytes) -> int:
        if body == b"1":
            raise LookupError(body)
        return await heard(headers, body)

    channel.says(one(b"1"), one(b"2"))
    async with listening(channel, deliver):
        assert await heard.times(1) == [b"2"]


# --- what was signed


def as_smee_io_says(bodies: list[bytes]) -> list[bytes]:
    done = subprocess.run([node(), "-e", SMEE_IO], input=b"\n".join(bodies), capture_output=True, check=True)
    return done.stdout.splitlines()


def test_signed_bytes_of_every_example_are_rebuilt() -> None:
    """Written as GitHub writes them: without spaces, in UTF-8."""
    payloads = [each for group in json.loads(EXAMPLES.read_text()) for each in group["examples"]]
    bodies = [json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode() for each in payloads]
    assert len(bodies) == 329
    through = as_smee_io_says(bodies)
    assert [
        body for body, line in zip(bodies, through, strict=True) if body not in SmeeMessage.read(line).bodies()
    ] == []


@pytest.mark.parametrize(
    "body",
    [
        '{"body":"\\u001B[34m and \\\\u001b[0m \x7f"}',
        '{"body":"é \u2028 \U0001f600 \\" \\\\ / <b>&amp;</b> \\b\\f\\n\\r\\t"}',
        '{"body":"the text \\\\u001b is no escape"}',
        '{"b":1,"a":[],"":null,"n":9007199254740991,"f":0.5,"t":true}',
    ],
)
def test_githubs_own_escapes_are_rebuilt(body: str) -> None:
    (line,) = as_smee_io_says([body.encode()])
    assert body.encode() in SmeeMessage.read(line).bodies()


async def test_message_with_githubs_escapes_is_verified(channel: Channel) -> None:
    heard = Heard()
    body = b'{"body":"\\u001B[0m"}'
    channel.says(said(signed("push", body), body.replace(b"1B", b"1b")))
    async with listening(channel, heard):
        assert await heard.times(2) == [body.replace(b"1B", b"1b"), body]


@pytest.mark.parametrize("name", ["bodyB", "rawdata"])
async def test_raw_bytes_are_preferred(channel: Channel, name: str) -> None:
    heard = Heard()
    raw = '{ "n": 1.0, "é": 12345678901234567890 }\n'.encode()
    value = base64.b64encode(raw).decode() if name == "bodyB" else raw.decode()
    channel.says(said(signed("push", raw), b'{"n":1}', **{name: value}))
    async with listening(channel, heard):
        assert await heard.times(1) == [raw]


async def test_signed_message_is_delivered(channel: Channel, server: RunningServer) -> None:
    body = json.dumps(samples.push(samples.unique())).encode()
    answers: asyncio.Queue[int] = asyncio.Queue()

    async def deliver(headers: Mapping[str, str], body: bytes) -> int:
        status = await server.post(body, headers)
        answers.put_nowait(status)
        return status

    channel.says(READY, one(body))
    async with listening(channel, deliver):
        assert await answers.get() == 202


# --- Temporal is unavailable


async def test_503_is_retried_before_the_next_message(channel: Channel) -> None:
    heard = Heard(503, 503, 202, 202)
    channel.says(one(b"1"), one(b"2"))
    async with listening(channel, heard):
        assert await heard.times(4) == [b"1", b"1", b"1", b"2"]


async def test_retries_of_a_message_end(channel: Channel) -> None:
    heard = Heard(503, 503, 503, 503)
    channel.says(one(b"1"), one(b"2"))
    async with listening(channel, heard):
        assert await heard.times(5) == [b"1", b"1", b"1", b"1", b"2"]


# --- connections


async def test_reconnect_sends_the_last_event_id(channel: Channel) -> None:
    heard = Heard()
    channel.says(b"id: 3\n", one(b"1"), stay=False)
    channel.answers(502)
    channel.answers(429)
    channel.says(one(b"2"))
    async with listening(channel, heard):
        assert await heard.times(2) == [b"1", b"2"]
    assert [request.get("Last-Event-ID") for request in channel.requests] == [None, "3", "3", "3"]
    assert {request["Accept"] for request in channel.requests} == {"text/event-stream"}


async def test_broken_connection_is_reopened(channel: Channel) -> None:
    async def cut(request: web.Request, response: web.StreamResponse) -> None:
        await response.prepare(request)
        await response.write(one(b"1") + one(b"half")[:20])
        assert request.transport
        request.transport.abort()

    heard = Heard()
    channel.visits.append(cut)
    channel.says(one(b"2"))
    async with listening(channel, heard):
        assert await heard.times(2) == [b"1", b"2"]


async def test_missing_server_is_retried() -> None:
    async with smee_channel() as gone:
        url = gone.url
    async with listening(url, Heard()) as task:
        done, _ = await asyncio.wait([task], timeout=0.1)
        assert not done


async def test_endless_line_takes_no_memory_and_no_time(channel: Channel) -> None:
    """35 MiB are read, and the connection is ended."""

    async def endless(request: web.Request, response: web.StreamResponse) -> None:
        await response.prepare(request)
        while True:
            await response.write(b"x" * 2**20)

    heard = Heard()
    channel.visits.append(endless)
    channel.says(one(b"2"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with listening(channel, heard):
        assert await heard.times(1) == [b"2"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000


def test_waits_grow_up_to_a_limit() -> None:
    assert [RetryPace().wait(failures) for failures in (1, 2, 3, 7, 5000)] == [1, 2, 4, 60, 60]


# --- the whole way


@pytest.fixture
async def github(tmp_path: Path) -> AsyncIterator[SimulatedGitHub]:
    async with SimulatedGitHub(tmp_path, webhook_secret=SECRET) as github:
        await github.repositories.add_repository("octocat/hello", {"a.py": "x = 1\n"})
        github.webhooks.set_config(url=github.smee.url("channel"))
        yield github


async def test_simulated_github_events_arrive_through_the_channel(
    github: SimulatedGitHub, server: RunningServer
) -> None:
    heard: asyncio.Queue[tuple[str, int]] = asyncio.Queue()

    async def deliver(headers: Mapping[str, str], body: bytes) -> int:
        status = await server.post(body, headers)
        heard.put_nowait((headers["x-github-event"], status))
        return status

    async with listening(github.webhooks.config.url, deliver):
        await github.store.wait_for(lambda: github.smee.listeners("channel"))
        await github.pushes.push_commit("octocat/hello", "change", {"é.py": "y = '\U0001f600'\n"})
        while (answer := await heard.get())[0] != "push":
            pass
    assert answer == ("push", 202)
