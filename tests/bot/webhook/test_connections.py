"""Connections that are slow, idle or too many, at the webhook server's socket."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from temporalio.client import Client

from bot.settings import Settings
from bot.webhook.connections import ConnectionLimits, listening
from bot.webhook.server import make_app
from tests.bot.webhook.running_server import signature
from tests.deadlines import WITHIN_S

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: autobuild.example.com\r\n\r\n"
POST = (
    b"POST /webhook HTTP/1.1\r\nHost: autobuild.example.com\r\nContent-Length: 1000\r\n"
    b"X-Hub-Signature-256: " + signature(b"").encode() + b"\r\n\r\n"
)
MOST = 5


@pytest.fixture
async def port(settings: Settings, temporal: Client) -> AsyncIterator[int]:
    limits = ConnectionLimits(patience_s=0.3, most=MOST)
    async with listening(make_app(settings, temporal), "127.0.0.1", 0, limits) as address:
        yield urlsplit(address).port or 0


async def answer_to(port: int, *parts: bytes) -> bytes:
    """All that the server says until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(WITHIN_S):
            for part in parts:
                writer.write(part)
                await writer.drain()
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"G",
        b"GET /healthz HTTP/1.1\r\n",
        REQUEST[:-2],
        REQUEST[:-1],
        b"\r\n",
        b"POST /webhook HTTP/1.1\r\nA: b\r\n",
    ],
)
async def test_connection_without_a_complete_request_is_closed(port: int, sent: bytes) -> None:
    assert b"200 OK" not in await answer_to(port, sent)


async def test_slow_body_is_answered_408_and_closed(port: int) -> None:
    assert (await answer_to(port, POST, b"{")).startswith(b"HTTP/1.1 408 ")


async def test_idle_connection_is_closed_after_its_answer(port: int) -> None:
    assert (await answer_to(port, REQUEST)).startswith(b"HTTP/1.1 200 OK")
    assert (await answer_to(port, REQUEST, REQUEST)).count(b"HTTP/1.1 200 OK") == 2
    assert (await answer_to(port, REQUEST, b"GET /hea")).count(b"HTTP/1.1 200 OK") == 1


async def test_headers_may_come_in_pieces(port: int) -> None:
    assert (await answer_to(port, *(REQUEST[at : at + 1] for at in range(len(REQUEST))))).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"\x00" * 70_000, b"GET / HTTP/9.9\r\n\r\n"]
)
async def test_what_is_not_http_is_400_or_closed(port: int, garbage: bytes) -> None:
    answer = await answer_to(port, garbage)
    assert answer == b"" or answer.startswith(b"HTTP/1.0 400 ") or answer.startswith(b"HTTP/1.1 400 ")


async def test_broken_chunks_are_400(port: int) -> None:
    head = POST.replace(b"Content-Length: 1000", b"Transfer-Encoding: chunked")
    assert b" 400 " in (await answer_to(port, head, b"zz\r\n"))[:20]


async def test_more_connections_than_allowed_are_closed_at_once(port: int) -> None:
    kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST)]
    assert await answer_to(port, REQUEST) == b""
    async with asyncio.timeout(WITHIN_S):  # the server gives up on those that send nothing
        assert [await reader.read() for reader, _ in kept] == [b""] * MOST
    for _, writer in kept:
        writer.close()
    assert (await answer_to(port, REQUEST)).startswith(b"HTTP/1.1 200 OK")
