"""Whatever comes back over the network, or does not, is one of our errors: never a crash, never a misread answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from activities.github.client import GitHub
from activities.github.client.api import API
from activities.github.errors import GitHubError, NotFound, RateLimited, Unavailable, Validation
from activities.model import RepoRef

TOKEN = b'{"token": "ghs_secret", "expires_at": "2099-01-01T00:00:00Z"}'


def http(status: str, body: bytes = b"", *headers: str, kind: str = "application/json", length: int = -1) -> bytes:
    """A whole answer; `length` other than the body's is a lie."""
    said = len(body) if length < 0 else length
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {said}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Wire:
    """A server that says the same bytes to everybody and hangs up; only a token is minted properly."""

    answer: bytes = b""
    asked: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        minting = b"/access_tokens" in head.partition(b"\r\n")[0]
        if not minting:
            self.asked.append(head)
        writer.write(http("201 Created", TOKEN) if minting else self.answer)
        await writer.drain()
        writer.close()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def api(wire: Wire, key: Path, session: aiohttp.ClientSession) -> AsyncIterator[API]:
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    github = GitHub(f"http://127.0.0.1:{port}", 1, key.read_text(), session)
    async with server:
        yield await github.installation(RepoRef("octocat", "hello", 5), {"contents": "read"})


async def _list(api: API) -> object:
    return [item async for item in api.getiter("/list")]


WAYS: dict[str, Callable[[API], Awaitable[object]]] = {
    "an item": lambda api: api.getitem("/item"),
    "a list": _list,
    "getitem_if_changed": lambda api: api.getitem_if_changed("/item", {}, ""),
    "a new thing": lambda api: api.post("/things", data={"a": 1}),
    "a change": lambda api: api.patch("/things/1", data={"a": 1}),
    "a query": lambda api: api.query("query { viewer { login } }"),
}

BROKEN: dict[str, tuple[bytes, type[GitHubError]]] = {
    "nothing at all": (b"", Unavailable),
    "no HTTP": (b"\x00\xff\x00\xff\r\n\r\n", Unavailable),
    "another protocol": (b"SSH-2.0-OpenSSH_9.9\r\n", Unavailable),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-Ty", Unavailable),
    "half a body": (http("200 OK", b'{"id": 1, ', length=100), Unavailable),
    "half a chunk": (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{\"id\"", Unavailable,
    ),
    "an endless head": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", Unavailable),
    "no body": (http("200 OK"), Unavailable),
    "created without a body": (http("201 Created"), Unavailable),
    "a proxy's page": (http("200 OK", b"<html>Sign in", kind="text/html"), Unavailable),
    "half JSON": (http("200 OK", b'{"id": '), Unavailable),
    "no text": (http("200 OK", b"\xff\xfe\x00"), Unavailable),
    "deep JSON": (http("200 OK", b"[" * 200_000), Unavailable),
    "unknown characters": (http("200 OK", b"\xc3(", kind="application/json; charset=klingon"), Unavailable),
    "packed badly": (http("200 OK", b"not gzip", "Content-Encoding: gzip"), Unavailable),
    "packed unknown": (http("200 OK", b"x", "Content-Encoding: br"), Unavailable),
    "early": (http("299 Odd", b"{}"), Unavailable),
    "500": (http("500 Internal Server Error", b'{"message": "Server Error"}'), Unavailable),
    "502 with a page": (http("502 Bad Gateway", b"<html>Unicorn!", kind="text/html"), Unavailable),
    "503 with a time": (http("503 Service Unavailable", b"", "Retry-After: 7"), Unavailable),
    "504": (http("504 Gateway Timeout"), Unavailable),
    "599": (http("599 Odd", b"{}"), Unavailable),
    "a status of no kind": (http("999 Odd", b"{}"), Unavailable),
    "a redirection to nowhere": (http("302 Found"), Validation),
    "300": (http("300 Multiple Choices", b"{}"), Validation),
    "418": (http("418 I'm a teapot", b"short and stout", kind="text/plain"), Validation),
    "429 with a page": (http("429 Too Many Requests", b"<html>", kind="text/html"), RateLimited),
    "a limit": (http("403 Forbidden", b'{"message": "You have exceeded a secondary rate limit"}'), RateLimited),
    "404 with a page": (http("404 Not Found", b"<html>", kind="text/html"), NotFound),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", BROKEN)
async def test_every_fault_with_every_call(wire: Wire, api: API, what: str, way: str) -> None:
    wire.answer, kind = BROKEN[what]
    with pytest.raises(GitHubError) as caught:
        await WAYS[way](api)
    assert type(caught.value) is kind
    assert "ghs_secret" not in f"{caught.value!r}{caught.value.__cause__!r}"
    # aiohttp asks once more for what only reads, where a connection ended without a word.
    assert len(wire.asked) <= (2 if wire.asked[0].startswith(b"GET") else 1)
    assert len(str(caught.value)) <= 1000


@pytest.mark.parametrize("body", [b"null", b"5", b'"text"', b'[1, "two", null]', b'{"message": "odd"}'])
async def test_malformed_list_is_unavailable(wire: Wire, api: API, body: bytes) -> None:
    wire.answer = http("200 OK", body)
    with pytest.raises(Unavailable):
        await _list(api)


@pytest.mark.parametrize("body", [b"null", b"[]", b"{}", b'{"data": null}', b'{"data": []}', b'{"errors": "x"}', b"5"])
async def test_query_without_data_is_unavailable(wire: Wire, api: API, body: bytes) -> None:
    wire.answer = http("200 OK", body)
    with pytest.raises(Unavailable):
        await api.query("query { viewer { login } }")


async def test_retry_after_is_obeyed(wire: Wire, api: API) -> None:
    wire.answer = http("503 Service Unavailable", b"", "Retry-After: 7")
    with pytest.raises(Unavailable) as caught:
        await api.getitem("/item")
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    ("body", "headers", "wait"),
    [
        (b'{"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}', ["Retry-After: 40"], 40),
        (b'{"errors": [{"message": "You have exceeded a secondary rate limit."}]}', [], 60),
        (b'{"data": {"x": 1}, "errors": [{"type": "RATE_LIMITED"}]}', [], 60),
    ],
)
async def test_rate_limited_query(wire: Wire, api: API, body: bytes, headers: list[str], wait: float) -> None:
    wire.answer = http("200 OK", body, *headers)
    with pytest.raises(RateLimited) as caught:
        await api.query("query { viewer { login } }")
    assert wait <= caught.value.retry_after <= wait + 15
    with pytest.raises(RateLimited):
        await api.getitem("/item")
    assert len(wire.asked) == 1


async def test_unreachable_server_is_unavailable(key: Path, session: aiohttp.ClientSession) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    for url in (f"http://127.0.0.1:{port}", "http://no-such-host.invalid", f"https://127.0.0.1:{port}"):
        github = GitHub(url, 1, key.read_text(), session)
        with pytest.raises(Unavailable):
            await github.installation(RepoRef("octocat", "hello", 5), {"contents": "read"})
