"""Answers an agent's calls of its model by the provider's answers.

The agent has a key that opens nothing, and the sandbox no other way out. A request leaves only after the run's limits
were asked, for the model that the deployment chose and with the deployment's key; its answer is passed on as it comes,
and kept before its last piece is.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
import h11

from activities.agent_gateway.providers import (
    PROVIDERS,
    Json,
    ModelCall,
    RequestRefused,
    longest_answer,
    read_body,
)
from activities.agent_gateway.spending import KeptAnswer, RunSpending, request_name
from activities.agent_gateway.usage import AnswerReader
from activities.agent_runs.backend import AgentBench
from activities.agent_runs.meter import LimitReached
from activities.agent_runs.prices import TokenUse
from activities.egress.http_peer import READ_SIZE, HttpPeer
from activities.redaction import redact

LARGEST_REQUEST = 32 * 1024**2
LARGEST_ANSWER = 16 * 1024**2
_LARGEST_ERROR = 256 * 1024
_CONNECT_S = 20.0
_SILENT_S = 600.0  # some models think for minutes without a byte

_PASSED_ON = frozenset(("accept", "anthropic-beta", "anthropic-version", "content-type", "openai-beta", "user-agent"))
_PASSED_BACK = frozenset(("content-type", "retry-after", "request-id", "x-request-id"))
_QUERY = frozenset(("alt", "beta"))


class ModelGateway:
    """Of one run. `answers` counts those that came whole, `failure` is what the last one lacked, "" where it came well;
    `status` its status (0: none came), `retry_after` the seconds that its host asks to wait. `refused`: the model
    declined at last."""

    def __init__(self, bench: AgentBench, client: aiohttp.ClientSession) -> None:
        self._bench, self._client = bench, client
        self._api = PROVIDERS[bench.model.provider]
        self.spending = RunSpending(bench)
        self.answers = 0
        self.failure = ""
        self.status = 0
        self.retry_after: float | None = None
        self.refused = False

    async def serve(self, client: HttpPeer, request: h11.Request) -> None:
        """Answers one request of the sandbox."""
        url = urlsplit(request.target.decode("ascii"))
        method = request.method.decode("ascii")
        kind = self._api.kind(method, url.path)
        if kind is None:
            return await self._say(
                client, 404, f"{method} {url.path[:200]} is not served: only the model's answers are"
            )
        if kind == "list":
            name = self._bench.model.model
            return await _send(client, 200, {"object": "list", "data": [{"id": name, "type": "model"}], "models": []})
        try:
            body = self._api.prepared(read_body(await _read(client)), self._bench.model)
        except RequestRefused as refused:
            return await self._say(client, 400, str(refused))
        query = urlencode([(name, value) for name, value in parse_qsl(url.query) if name in _QUERY])
        path = self._api.path_for_model(url.path, self._bench.model)
        most = longest_answer(body, self._bench.model.max_output_tokens)
        call = ModelCall(kind, f"{path}?{query}" if query else path, json.dumps(body).encode(), most)
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in request.headers}
        if kind == "count":
            return await self._pass(client, call, headers, AnswerReader(streamed=False), "")
        await self._answer(client, call, headers, request_name(path, body), streamed=_is_streamed(path, body))

    async def _answer(
        self, client: HttpPeer, call: ModelCall, headers: dict[str, str], name: str, *, streamed: bool
    ) -> None:
        """What was paid for is not paid for again; anything else only within the limits."""
        spending = self.spending
        try:
            if kept := await asyncio.to_thread(spending.kept, name):
                spending.repeated(name)
                return await _send_bytes(client, 200, kept.content_type, kept.body)
            reserved = spending.before_call(len(call.body), call.longest_answer)
        except LimitReached as reached:
            return await self._say(client, 400, f"the run ends here. {reached.explanation}")
        reader = AnswerReader(streamed=streamed)
        try:
            await self._pass(client, call, headers, reader, name)
        finally:
            use = reader.use(len(call.body)) if reader.size else TokenUse()
            cost = spending.after_call(reserved, use)
            facts = {"input": use.input, "output": use.output, "dollars": round(cost, 6), "failure": self.failure}
            self._bench.transcript.add("model", status=self.status, **facts)

    async def _pass(
        self, client: HttpPeer, call: ModelCall, headers: dict[str, str], reader: AnswerReader, name: str
    ) -> None:
        """The provider's answer, as it comes. Where it breaks off, so does ours."""
        self.status, self.failure = 0, "The model's answer broke off."
        try:
            async with self._asked(call, headers) as response:
                self.status = response.status
                if response.status != 200:
                    text = await response.content.read(_LARGEST_ERROR)
                    self.failure = f"The model's host answered with status {response.status}."
                    self.retry_after = _seconds(response.headers.get("Retry-After", ""))
                    return await _send_bytes(client, response.status, "", self._without_key(text), response)
                await self._stream(client, call, response, reader, name)
        except (aiohttp.ClientError, TimeoutError) as error:
            if self.status == 0:
                self.failure = "The model's host could not be reached."
                await self._say(client, 502, f"the model's host could not be reached ({type(error).__name__})")

    async def _stream(
        self, client: HttpPeer, call: ModelCall, response: aiohttp.ClientResponse, reader: AnswerReader, name: str
    ) -> None:
        """One piece is held back, so that an answer is kept before the agent has all of it."""
        content_type = response.headers.get("Content-Type", "application/json")
        await client.send(h11.Response(status_code=200, headers=_headers(content_type, response), reason=b"OK"))
        body, held = bytearray(), b""
        async for piece in response.content.iter_chunked(READ_SIZE):
            if len(body) + len(piece) > LARGEST_ANSWER:
                self.failure = f"The model's answer is larger than {LARGEST_ANSWER // 1024**2} MiB."
                return
            reader.feed(piece)
            body += piece
            if held:
                await client.send(h11.Data(data=held))
            held = piece
        self.failure = ""
        if call.kind == "answer":
            use = reader.use(len(call.body))
            self.answers += 1
            self.refused = reader.refused
            if reader.counted:  # what counts no tokens is no answer of a model, and may be another one next time
                kept = KeptAnswer(content_type, bytes(body))
                await asyncio.to_thread(self.spending.keep, name, kept, use)
        if held:
            await client.send(h11.Data(data=held))
        await client.send(h11.EndOfMessage())

    @asynccontextmanager
    async def _asked(self, call: ModelCall, headers: dict[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """The key goes to this address and is carried on to no other."""
        sent = {name: value for name, value in headers.items() if name in _PASSED_ON}
        if self._bench.key:
            sent.update(self._api.key(self._bench.key))
        target = self._api.target(self._bench.model, call.path)
        sent["Accept-Encoding"] = "identity"
        async with self._client.post(target, data=call.body, headers=sent, allow_redirects=False) as response:
            yield response

    def _without_key(self, data: bytes) -> bytes:
        """An error's text may quote the key."""
        text = data.decode("utf-8", "replace")
        return redact(text.replace(self._bench.key, "***") if self._bench.key else text).encode()

    async def _say(self, client: HttpPeer, status: int, why: str) -> None:
        await _send(client, status, self._api.error(status, f"Autobuild: {why}"))


@asynccontextmanager
async def model_gateway(bench: AgentBench) -> AsyncIterator[ModelGateway]:
    """The gateway of one run, for the block."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_SILENT_S)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as client:
        yield ModelGateway(bench, client)


def _seconds(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,6}(?:\.\d{1,3})?", text) else None


def _is_streamed(path: str, body: Json) -> bool:
    return bool(body.get("stream")) or ":stream" in path


async def _read(client: HttpPeer) -> bytes:
    """Raises RequestRefused for a body that is too large."""
    body = bytearray()
    while not isinstance(event := await client.receive(), h11.EndOfMessage):
        if not isinstance(event, h11.Data):
            raise ConnectionError
        body += event.data
        if len(body) > LARGEST_REQUEST:
            raise RequestRefused(f"the request is larger than {LARGEST_REQUEST // 1024**2} MiB")
    return bytes(body)


async def _send(client: HttpPeer, status: int, body: Json) -> None:
    await _send_bytes(client, status, "application/json", json.dumps(body).encode())


async def _send_bytes(
    client: HttpPeer, status: int, content_type: str, body: bytes, response: aiohttp.ClientResponse | None = None
) -> None:
    headers = [*_headers(content_type, response), (b"Content-Length", str(len(body)).encode())]
    with suppress(OSError):  # it is gone already
        await client.send(h11.Response(status_code=status, headers=headers, reason=b""))
        await client.send(h11.Data(data=body))
        await client.send(h11.EndOfMessage())


def _headers(content_type: str, response: aiohttp.ClientResponse | None) -> list[tuple[bytes, bytes]]:
    own = {"content-type": content_type} if content_type else {}
    theirs = {name.lower(): value for name, value in response.headers.items()} if response else {}
    kept = {**{name: value for name, value in theirs.items() if name in _PASSED_BACK}, **own}
    return [
        *((name.encode(), value.encode("latin-1", "replace")) for name, value in kept.items()),
        (b"Connection", b"close"),
    ]
