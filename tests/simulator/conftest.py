"""A running simulated GitHub, a client of its API, and a receiver of its webhooks."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from multidict import CIMultiDict

from simulator.github.server import SimulatedGitHub

REPO = "octocat/hello"


@dataclass
class Reply:
    status: int
    headers: CIMultiDict[str]
    body: Any


class ApiClient:
    """Calls the API as the app (`app`), its installation (`bot`), a user (their login) or anonymously ("")."""

    def __init__(self, github: SimulatedGitHub, client: aiohttp.ClientSession) -> None:
        self.github = github
        self.client = client
        self._token = ""

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        who: str = "bot",
        token: str = "",
        headers: dict[str, str] | None = None,
    ) -> Reply:
        credential = token or await self._credential(who)
        sent = {"User-Agent": "tests", **(headers or {})}
        if credential:
            sent["Authorization"] = f"Bearer {credential}"
        raw = None if body is None else json.dumps(body).encode()
        base = f"{self.github.url}/api" if path == "/graphql" else self.github.api_url
        async with self.client.request(method, base + path, data=raw, headers=sent, allow_redirects=False) as response:
            text = await response.read()
            return Reply(response.status, CIMultiDict(response.headers), json.loads(text) if text else None)

    def app_jwt(self, **claims: Any) -> str:
        now = int(self.github.store.time())
        whole = {"iat": now - 60, "exp": now + 500, "iss": str(self.github.app_id), **claims}
        return jwt.encode(whole, _private_key(self.github.private_key_pem), algorithm="RS256")

    async def mint(self, **limits: Any) -> str:
        installation = next(iter(self.github.store.installations))
        reply = await self("POST", f"/app/installations/{installation}/access_tokens", limits or None, who="app")
        assert reply.status == 201, reply.body
        return str(reply.body["token"])

    async def _credential(self, who: str) -> str:
        if who == "app":
            return self.app_jwt()
        if who == "bot":
            self._token = self._token or await self.mint()
            return self._token
        return self.github.store.add_user(who).token if who else ""


@cache
def _private_key(pem: str) -> RSAPrivateKey:
    """Its numbers are checked once: that takes 40 ms."""
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


@dataclass
class WebhookReceiver:
    """Receives webhooks; answers `status`."""

    url: str = ""
    status: int = 202
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """`push`, `check_suite.requested` and so on, as they came."""
        found = []
        for headers, body in self.requests:
            action = json.loads(body).get("action")
            found.append(headers["X-GitHub-Event"] + (f".{action}" if action else ""))
        return found

    def payloads(self, name: str) -> list[Any]:
        return [json.loads(body) for (_, body), each in zip(self.requests, self.names, strict=True) if each == name]

    async def receive(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status, text="heard")


@pytest.fixture
async def hook() -> AsyncIterator[WebhookReceiver]:
    hook = WebhookReceiver()
    app = web.Application()
    app.router.add_post("/webhook", hook.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
    yield hook
    await runner.cleanup()


@pytest.fixture(scope="session")
def app_key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One key for all tests: making one takes a while."""
    return SimulatedGitHub(tmp_path_factory.mktemp("key")).private_key_pem


@pytest.fixture
async def github(tmp_path: Any, app_key: str) -> AsyncIterator[SimulatedGitHub]:
    """With `octocat/hello`: a public repository of two files, the app installed."""
    (tmp_path / "app.pem").write_text(app_key)
    async with SimulatedGitHub(tmp_path) as github:
        await github.repositories.add_repository(REPO, {"README.md": "# Hello\n", "src/hello.py": "print('hello')\n"})
        yield github


@pytest.fixture
async def ask(github: SimulatedGitHub) -> AsyncIterator[ApiClient]:
    async with aiohttp.ClientSession() as client:
        yield ApiClient(github, client)


@pytest.fixture
async def receiver(github: SimulatedGitHub, hook: WebhookReceiver) -> WebhookReceiver:
    """The receiver, with the simulated GitHub sending to it."""
    github.webhooks.set_config(url=hook.url)
    return hook
