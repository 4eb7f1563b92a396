"""The server: one address for the protocols of OpenAI, Anthropic and Google.

`/_requests` lists every request that it got, with the number of the reply that it gave, and `PUT /_script` begins anew
with another script.
"""

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from simulator.model.faults import bad_request, error_of
from simulator.model.protocols import AskedModel, ErrorAnswer, Json, ModelProtocol
from simulator.model.protocols.anthropic import AnthropicMessages
from simulator.model.protocols.chat_completions import ChatCompletions
from simulator.model.protocols.google import GoogleGenerate
from simulator.model.protocols.responses import OpenAIResponses
from simulator.model.script import ModelReply, ModelScript

_LARGEST_REQUEST = 64 * 1024**2
_HUGE = 50 * 1024**2
_PIECE = 64 * 1024
_MARK = "sixteen-letters."
_ENDLESS_PAUSE_S = 0.01
_STREAMED = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
_JSON = {"Content-Type": "application/json"}
_ANTHROPIC = AnthropicMessages()
_ROUTES: tuple[tuple[str, ModelProtocol], ...] = (
    ("/v1/messages", _ANTHROPIC),
    ("/v1/chat/completions", ChatCompletions()),
    ("/chat/completions", ChatCompletions()),
    ("/v1/responses", OpenAIResponses()),
    ("/v1beta/models/{call:[^/]+:(?:stream)?[gG]enerateContent}", GoogleGenerate()),
)


class ModelServer:
    """`requests` are all requests, oldest first: JSON as `/_requests` shows it."""

    def __init__(self, script: ModelScript | None = None) -> None:
        self.url = ""
        self.requests: list[Json] = []
        self._runner: web.AppRunner | None = None
        self.begin(script or ModelScript())

    def begin(self, script: ModelScript) -> None:
        """Answers by this script from now on, with no request known."""
        self.script = script
        self.requests.clear()
        self._given = [0] * len(script.replies)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listens; port 0 takes a free one. `url` is set from then on."""
        app = web.Application(client_max_size=_LARGEST_REQUEST)
        for path, protocol in _ROUTES:
            app.router.add_post(path, _Endpoint(self, protocol).answer)
        app.router.add_post("/v1/messages/count_tokens", self._count_tokens)
        app.router.add_post("/v1beta/models/{call:[^/]+:countTokens}", self._count_tokens)
        for path in ("/v1/models", "/models"):
            app.router.add_get(path, self._models)
        app.router.add_get("/_requests", self._list)
        app.router.add_put("/_script", self._put_script)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Leaves nothing running."""
        if self._runner:
            await self._runner.cleanup()

    def choose(self, asked: AskedModel) -> int:
        """The number of the first reply that fits and was not given often enough, -1 where there is none."""
        for number, reply in enumerate(self.script.replies):
            if _fits(reply, asked) and not 0 < reply.times <= self._given[number]:
                self._given[number] += 1
                return number
        return -1

    def refused(self, key: str, model: str) -> str:
        """The fault of a request that no reply can help, "" for none."""
        if self.script.keys and key not in self.script.keys:
            return "unauthorized"
        return "model_not_found" if self.script.models and model not in self.script.models else ""

    async def _count_tokens(self, request: web.Request) -> web.Response:
        count = len(await request.read()) // 4 + 1
        return web.json_response({"input_tokens": count, "totalTokens": count})

    async def _models(self, request: web.Request) -> web.Response:
        names = self.script.models or ("scripted",)
        if "anthropic-version" in request.headers:
            data: list[Json] = [
                {"type": "model", "id": name, "display_name": name, "created_at": "2025-01-01T00:00:00Z"}
                for name in names
            ]
            return web.json_response({"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]})
        data = [{"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "scripted"} for name in names]
        return web.json_response({"object": "list", "data": data})

    async def _list(self, _request: web.Request) -> web.Response:
        return web.json_response(self.requests)

    async def _put_script(self, request: web.Request) -> web.Response:
        try:
            self.begin(ModelScript.model_validate(await request.json()))
        except (ValidationError, ValueError) as error:
            return web.Response(status=422, text=str(error))
        return web.Response(status=204)


class _Endpoint:
    """The answers in one protocol."""

    def __init__(self, server: ModelServer, protocol: ModelProtocol) -> None:
        self._server, self._protocol = server, protocol

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Records the request before anything else, and how it was answered."""
        body: Any = None
        with contextlib.suppress(ValueError):
            body = json.loads(await request.read())
        number = len(self._server.requests) + 1
        record: Json = {
            "number": number, "path": request.path, "key": _key(request), "body": body, "reply": -1, "status": 0,
            "complete": False,
        }  # fmt: skip
        self._server.requests.append(record)
        try:
            asked = self._protocol.asked(body, request.path)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return self._failed(record, bad_request(f"{type(error).__name__}: {error}"))
        if fault := self._server.refused(_key(request), asked.model):
            return self._failed(record, self._error(fault) or bad_request(fault))
        record["reply"] = self._server.choose(asked)
        if record["reply"] < 0:
            return self._failed(record, bad_request("the script has no answer to this request"))
        reply = self._server.script.replies[record["reply"]]
        await asyncio.sleep(reply.delay)
        if failure := self._error(reply.fault):
            return self._failed(record, failure, reply.retry_after)
        return await self._given(request, record, reply, asked)

    def _error(self, fault: str) -> ErrorAnswer | None:
        return error_of(fault, anthropic=self._protocol is _ANTHROPIC)

    def _failed(self, record: Json, error: ErrorAnswer, retry_after: float | None = None) -> web.Response:
        record.update(status=error.status, complete=True)
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
        return web.json_response(self._protocol.error(error), status=error.status, headers=headers)

    async def _given(
        self, request: web.Request, record: Json, reply: ModelReply, asked: AskedModel
    ) -> web.StreamResponse:
        """Written piece by piece, since half an answer must be possible."""
        if reply.fault == "silence":
            await asyncio.Event().wait()
        said, again = _said(self._protocol, reply, asked, record["number"])
        response = web.StreamResponse(headers=_STREAMED if asked.stream else _JSON)
        if not (asked.stream or again):
            response.content_length = sum(map(len, said))
        if reply.fault == "half":
            said = said[: max(1, len(said) // 2)]
        record["status"] = response.status
        await response.prepare(request)
        for piece in said:
            await response.write(piece.encode())
        while again:  # until the client is gone, which raises
            await response.write(again.encode())
            await asyncio.sleep(_ENDLESS_PAUSE_S)
        if reply.fault == "half" and request.transport:
            request.transport.close()
            return response
        await response.write_eof()
        record["complete"] = True
        return response


def _said(protocol: ModelProtocol, reply: ModelReply, asked: AskedModel, number: int) -> tuple[list[str], str]:
    """(the body in pieces, what follows for ever). It is ASCII."""
    if reply.fault == "garbage":
        return ["data: <html>\n\n" if asked.stream else "<html>Bad gateway</html>"], ""
    if asked.stream and reply.fault in ("huge", "endless"):
        # Few large events instead of millions: those before the first with text, that one, and those behind it.
        events = list(protocol.events(reply.model_copy(update={"text": _MARK}), asked, number))
        place = next(place for place, event in enumerate(events) if _MARK in event)
        if reply.fault == "endless":
            return events[:place], events[place]
        large = events[place].replace(_MARK, "x" * _PIECE)
        return [*events[:place], *[large] * (_HUGE // _PIECE), *events[place + 1 :]], ""
    if asked.stream:
        return list(protocol.events(reply, asked, number)), ""
    if reply.fault == "huge":
        reply = reply.model_copy(update={"text": "x" * _HUGE})
    text = json.dumps(protocol.whole(reply, asked, number))
    half = len(text) // 2
    return ([text[:half]], " ") if reply.fault == "endless" else ([text[:half], text[half:]], "")


def _fits(reply: ModelReply, asked: AskedModel) -> bool:
    if reply.when not in asked.text or reply.last not in asked.last:
        return False
    return reply.offers in ("", *asked.tools) and reply.model in ("", asked.model)


def _key(request: web.Request) -> str:
    """Whatever header the provider reads it from."""
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return request.headers.get("x-api-key") or request.headers.get("x-goog-api-key") or bearer
