"""Smee channels, as on smee.io: a post goes to the clients that listen at that moment, and is not kept.

`GET /smee/{channel}` with `Accept: text/event-stream` listens: an event `ready`, a `ping` every 30 s, and a message for
each post, whose data is the post's headers (lower case) with `body`, `query` and `timestamp` (ms) among them.
Behaviour of the server at github.com/probot/smee.io.
"""

import asyncio
import json
import secrets
import time
from dataclasses import dataclass, field

from aiohttp import web

from simulator.github.entities import Json
from simulator.github.pages import HEADERS
from simulator.github.store import Store

PING_S = 30.0
BODY_LIMIT = 1024 * 1024
"""Bytes of a post; more are answered 413."""
_POLL_S = 1.0
_CHANNEL = "{channel:[A-Za-z0-9_-]{1,128}}"


@dataclass(eq=False)
class _Listener:
    """`frames` to be sent, each without its number; None ends the connection."""

    frames: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)


class Smee:
    """All channels. `ping_s`: seconds between two pings."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._listeners: dict[str, list[_Listener]] = {}
        self.ping_s = PING_S

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/smee/new", self._new)
        app.router.add_get(f"/smee/{_CHANNEL}", self._get)
        app.router.add_post(f"/smee/{_CHANNEL}", self._post)

    def url(self, channel: str) -> str:
        """The address for the App's hook and for a smee client."""
        return f"{self._store.url}/smee/{channel}"

    def listeners(self, channel: str) -> int:
        """The number of clients that listen now."""
        return len(self._listeners.get(channel, ()))

    def hang_up(self, channel: str) -> None:
        """Ends all connections, as a restart of smee.io does; clients have to reconnect."""
        for listener in self._listeners.get(channel, ()):
            listener.frames.put_nowait(None)

    def ping(self, channel: str) -> None:
        """One now, beside the regular ones."""
        self._send(channel, "event: ping\ndata: {}")

    def close(self) -> None:
        for channel in self._listeners:
            self.hang_up(channel)

    async def _new(self, request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect(self.url(secrets.token_urlsafe(12)))

    async def _get(self, request: web.Request) -> web.StreamResponse:
        channel = request.match_info["channel"]
        if "text/event-stream" not in request.headers.get("Accept", ""):
            text = f"<!doctype html><title>{channel}</title><p>Webhook deliveries posted to {self.url(channel)} go to"
            return web.Response(
                text=f"{text} the clients that listen: {self.listeners(channel)}.",
                content_type="text/html",
                headers=HEADERS,
            )
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "x-no-compression": "1"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        listener = _Listener()
        listener.frames.put_nowait("event: ready\ndata: {}")
        self._listeners.setdefault(channel, []).append(listener)
        self._store.changed()
        try:
            await self._stream(request, response, listener)
        except ConnectionError:
            pass  # the client disconnected
        finally:
            self._listeners[channel].remove(listener)
            self._store.changed()
        return response

    async def _stream(self, request: web.Request, response: web.StreamResponse, listener: _Listener) -> None:
        """Sends frames until either side disconnects; checks regularly whether the client is still connected."""
        number, pinged = 0, time.monotonic()
        while request.transport is not None and not request.transport.is_closing():
            try:
                frame = await asyncio.wait_for(listener.frames.get(), min(_POLL_S, self.ping_s))
            except TimeoutError:
                if time.monotonic() - pinged < self.ping_s:
                    continue
                frame, pinged = "event: ping\ndata: {}", time.monotonic()
            if frame is None:
                return
            await response.write(f"id: {number}\n{frame}\n\n".encode("utf-8", "backslashreplace"))
            number += 1

    async def _post(self, request: web.Request) -> web.Response:
        """Accepts a post whether or not a client listens."""
        if request.content_type != "application/json":
            return _refused(415, f"Unsupported Media Type: {request.content_type}")
        if (request.content_length or 0) > BODY_LIMIT or len(raw := await request.read()) > BODY_LIMIT:
            return _refused(413, "Request body is too large")
        try:
            body = json.loads(raw)
        except ValueError:
            return _refused(400, "Body is not valid JSON but content-type is set to 'application/json'")
        if not isinstance(body, dict):
            return _refused(400, "body must be object")
        headers = {name.lower(): value for name, value in request.headers.items()}
        at = int(self._store.time() * 1000)
        data: Json = {**headers, "body": body, "query": dict(request.query), "timestamp": at}
        self._send(request.match_info["channel"], f"data: {_compact(data)}")
        return web.Response()

    def _send(self, channel: str, frame: str) -> None:
        for listener in self._listeners.get(channel, ()):
            listener.frames.put_nowait(frame)


def _compact(data: Json) -> str:
    """On one line, as JavaScript writes it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _refused(status: int, message: str) -> web.Response:
    return web.json_response({"statusCode": status, "message": message}, status=status)
