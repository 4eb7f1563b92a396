"""How an answer goes wrong on demand: slow, an error, half of it, something else altogether."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

FaultName = Literal["slow", "status", "partial", "html", "garbage", "half", "silence", "huge"]
_HUGE = 100 * 1024**2
_PIECE = b'{"metric":{"__name__":"padding"},"values":[]},' * 1000


class RequestedFault(BaseModel):
    """For requests whose path begins with `path` and whose query contains `contains`, `times` times (0: always).

    `status` answers with `code`, `slow` waits `seconds`, `partial` adds `warnings`, `half` ends in the midst of the
    answer, `silence` never answers."""

    model_config = ConfigDict(extra="forbid", strict=True)
    fault: FaultName
    path: str = "/"
    contains: str = ""
    times: int = Field(default=0, ge=0)
    code: int = Field(default=500, ge=400, le=599)
    seconds: float = Field(default=1.0, ge=0, le=600)
    retry_after: int = 0
    warnings: list[str] = ["one store did not answer"]


class FaultList:
    """`faults` count down as they are used."""

    def __init__(self) -> None:
        self.faults: list[RequestedFault] = []
        self._used: dict[int, int] = {}

    def replace(self, faults: list[RequestedFault]) -> None:
        """These from now on, and no others."""
        self.faults = faults
        self._used.clear()

    def take(self, path: str, query: str) -> RequestedFault | None:
        """The first one that is for this request."""
        for number, one in enumerate(self.faults):
            used = self._used.get(number, 0)
            if path.startswith(one.path) and one.contains in query and not 0 < one.times <= used:
                self._used[number] = used + 1
                return one
        return None


async def failed(
    fault: RequestedFault, request: web.Request, answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """The answer as the fault makes it."""
    if fault.fault == "silence":
        await asyncio.Event().wait()
    if fault.fault == "slow":
        await asyncio.sleep(fault.seconds)
        return await answer(request)
    if fault.fault == "huge":
        return await _huge(request)
    if fault.fault in ("partial", "half"):
        real = await answer(request)
        body = real.body if isinstance(real, web.Response) and isinstance(real.body, bytes) else b"{}"
        if fault.fault == "half":
            return await _half(request, body)
        return web.json_response({**json.loads(body), "warnings": fault.warnings})
    return _other(fault)


def _other(fault: RequestedFault) -> web.Response:
    """An answer that has nothing to do with the request."""
    if fault.fault == "html":
        page = "<!doctype html><title>Sign in</title><form></form>"
        return web.Response(text=page, content_type="text/html")
    if fault.fault == "garbage":
        return web.Response(body=b'{"status":"success","data":{"result":\xff\xfe', content_type="application/json")
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after else {}
    return web.Response(status=fault.code, text="the simulator was asked to fail", headers=headers)


async def _half(request: web.Request, body: bytes) -> web.StreamResponse:
    """The connection ends before what was announced has come."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = max(len(body), 2)
    await response.prepare(request)
    await response.write(body[: max(len(body) // 2, 1)])
    if request.transport:
        request.transport.close()
    return response


async def _huge(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"status":"success","data":{"resultType":"matrix","result":[')
    for _ in range(_HUGE // len(_PIECE)):
        await response.write(_PIECE)
    await response.write(b'{"metric":{},"values":[]}]}}')
    return response
