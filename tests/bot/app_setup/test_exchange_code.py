"""GitHub's answers to the code, and which of them are an App."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from bot.app_setup.access import SetupRefused
from bot.app_setup.manifest import exchange_code

GITHUB = "https://github.example.com"


def pem(key: Any, locked: KeySerializationEncryption | None = None) -> str:
    locked = locked or NoEncryption()
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, locked).decode())


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
GOOD: dict[str, Any] = {
    "id": 7,
    "slug": "our-bot",
    "html_url": f"{GITHUB}/github-apps/our-bot",
    "client_id": "Iv1.7",
    "pem": pem(RSA),
    "webhook_secret": "swordfish",
    "client_secret": "not needed",
}


class Answering:
    """A server that answers every POST in the same way."""

    def __init__(self) -> None:
        self.status, self.body = 201, b""
        self.headers: dict[str, str] = {}
        self.asked: list[web.Request] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        return web.Response(status=self.status, body=self.body, headers=self.headers)


@pytest.fixture
async def github() -> AsyncIterator[Answering]:
    it, app = Answering(), web.Application()
    app.router.add_route("*", "/{any:.*}", it.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    it.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/v3"  # type: ignore[attr-defined]
    yield it
    await runner.cleanup()


async def asked(github: Answering, body: Any, status: int = 201) -> Any:
    github.body, github.status = body if isinstance(body, bytes) else json.dumps(body).encode(), status
    return await exchange_code("a1B2", GITHUB, github.url)  # type: ignore[attr-defined]


async def test_app_is_read(github: Answering) -> None:
    app = await asked(github, GOOD)
    assert (app.id, app.slug, app.client_id, app.github_url) == (7, "our-bot", "Iv1.7", GITHUB)
    assert (app.private_key, app.webhook_secret) == (GOOD["pem"], "swordfish")
    assert app.installation_page == f"{GITHUB}/github-apps/our-bot/installations/new"
    (request,) = github.asked
    assert (request.method, request.path) == ("POST", "/api/v3/app-manifests/a1B2/conversions")
    assert "Authorization" not in request.headers


@pytest.mark.parametrize("page", ["https://evil.example/apps/x", f"{GITHUB}.evil.example/", "javascript:alert(1)", ""])
async def test_page_of_another_site_is_replaced(github: Answering, page: str) -> None:
    app = await asked(github, GOOD | {"html_url": page})
    assert app.installation_page == f"{GITHUB}/apps/our-bot/installations/new"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff",
        b"<html>",
        b"[" * 10_000,
        b'{"id": 7}',
        *[GOOD | {name: None} for name in ("id", "slug", "pem", "webhook_secret", "html_url", "client_id")],
        GOOD | {"id": "7"},
        GOOD | {"id": 0},
        GOOD | {"id": -7},
        GOOD | {"id": True},
        GOOD | {"slug": "../x"},
        GOOD | {"slug": "a b"},
        GOOD | {"slug": "a\n"},
        GOOD | {"slug": ""},
        GOOD | {"webhook_secret": ""},
        GOOD | {"webhook_secret": "  "},
        GOOD | {"webhook_secret": "a\nAUTOBUILD_SANDBOX=none"},
        GOOD | {"pem": "swordfish"},
        GOOD | {"pem": ""},
        GOOD | {"pem": GOOD["pem"][:-100]},
        GOOD | {"pem": pem(ec.generate_private_key(ec.SECP256R1()))},
        GOOD | {"pem": pem(RSA, BestAvailableEncryption(b"password"))},
        json.dumps(GOOD).encode() + b" " * 2**19,
    ],
)
async def test_invalid_app_is_refused(github: Answering, body: Any) -> None:
    with pytest.raises(SetupRefused) as refused:
        await asked(github, body)
    assert "not an App" in refused.value.what
    assert "swordfish" not in refused.value.what + refused.value.remedy


@pytest.mark.parametrize(("status", "shown"), [(404, 400), (422, 400), (200, 502), (302, 502), (500, 502), (401, 502)])
async def test_other_statuses_are_refused(github: Answering, status: int, shown: int) -> None:
    github.headers = {"Location": "/elsewhere"}
    with pytest.raises(SetupRefused) as refused:
        await asked(github, GOOD, status)
    assert refused.value.status == shown
    assert "delete it" in refused.value.remedy
    assert len(github.asked) == 1


async def test_no_answer_is_refused() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(SetupRefused, match="did not answer"):
            await exchange_code("a1B2", GITHUB, f"http://127.0.0.1:{port}")
