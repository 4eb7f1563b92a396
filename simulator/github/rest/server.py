"""Everything under `/api`: each request is admitted, carried out, answered with GitHub's headers, and written down."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from simulator.github.rest import ApiError, Caller, Endpoint, RestRequest, RestResponse, auth, dump, redirects
from simulator.github.rest.endpoints import ENDPOINTS
from simulator.github.rest.faults import ApiFault, ApiFaults
from simulator.github.services.commits import Pushes
from simulator.github.services.entities import Json
from simulator.github.services.pulls import Unprocessable
from simulator.github.services.store import EntityNotFound, RateLimitStatus

PREFIX = "/api/v3"
_REMEMBERED = 20_000
_MANY_SEGMENTS = ("path", "ref", "branch", "basehead")


@dataclass(frozen=True)
class ApiExchange:
    """One request and its answer. `template` is GitHub's name of the endpoint, "" where there is none.

    `faulted`: something went wrong on purpose, so `status` and `response` are not what GitHub's description says.
    """

    method: str
    path: str
    query: dict[str, str]
    template: str
    caller: str
    request: Any
    request_headers: dict[str, str]
    status: int
    response: Any
    response_headers: dict[str, str]
    faulted: bool = False


class RestApi:
    """`requests` holds every exchange, oldest first."""

    def __init__(self, hub: Pushes) -> None:
        self._hub = hub
        self.faults = ApiFaults(hub.time)
        self.requests: list[ApiExchange] = []

    def add_to(self, app: web.Application) -> None:
        """Registers all endpoints; names of branches, refs and paths may hold slashes."""
        greedy = tuple(f"{{{name}}}" for name in _MANY_SEGMENTS)
        for endpoint in sorted(ENDPOINTS, key=lambda each: each.template.endswith(greedy)):
            path = endpoint.template
            for name in _MANY_SEGMENTS:
                path = path.replace(f"{{{name}}}", f"{{{name}:.{'*' if name == 'path' else '+'}}}")
            prefix = "/api" if endpoint.template == "/graphql" else PREFIX
            app.router.add_route(endpoint.method, prefix + path, self._handler(endpoint))
            if path.startswith(redirects.NAMED):
                numbered = path.replace(redirects.NAMED, redirects.NUMBERED, 1)
                app.router.add_route(endpoint.method, prefix + numbered, self._handler(endpoint))
        app.router.add_route("*", f"{PREFIX}/{{rest:.*}}", self._handler(None))

    def _handler(self, endpoint: Endpoint | None) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            fault = self.faults.take(request.method, _path(request))
            self._hub.heard()
            if fault and fault.kind == "hold":
                await fault.wait()
                fault = None
            if fault and not fault.after:
                await request.read()
                return await self._break(request, fault, RestResponse())
            answer, exchange = await self._answer(request, endpoint)
            if fault:
                return await self._break(request, fault, answer)
            if _worth_keeping(exchange):
                self._write_down(exchange)
            return web.Response(body=_body(answer), status=answer.status, headers=answer.headers)

        return handle

    async def _answer(self, request: web.Request, endpoint: Endpoint | None) -> tuple[RestResponse, ApiExchange]:
        caller, sent = auth.NOBODY, None
        try:
            caller = auth.caller_of(self._hub, request)
            sent = await _sent(request)
            answer = await self._carry_out(request, endpoint, caller, sent)
        except (ApiError, EntityNotFound, LookupError, Unprocessable) as error:
            answer = _refusal(self._hub, error)
        answer = self._with_headers(request, caller, answer)
        exchange = ApiExchange(
            request.method, _path(request), dict(request.query),
            endpoint.template if endpoint else "", caller.kind, sent, dict(request.headers),
            answer.status, answer.body, answer.headers,
        )  # fmt: skip
        return answer, exchange

    async def _carry_out(
        self, request: web.Request, endpoint: Endpoint | None, caller: Caller, sent: Any
    ) -> RestResponse:
        if endpoint is None:
            raise ApiError(404, "Not Found")
        if not request.headers.get("User-Agent"):
            raise ApiError(
                403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"
            )
        if caller.kind == "installation" and endpoint.template != "/rate_limit":
            _within_budget(self._hub.spend(caller.budget, 0))
        params = redirects.with_name(self._hub, request.match_info)
        if elsewhere := redirects.moved(self._hub, request, caller, params):
            return elsewhere
        body = sent if isinstance(sent, dict) else {"labels": sent} if isinstance(sent, list) else {}
        call = RestRequest(self._hub, request, caller, params, body)
        repo = call.repo if "repo" in params else None
        auth.admit(caller, endpoint.needs, repo)
        if repo and repo.archived and request.method != "GET":
            raise ApiError(403, "Repository was archived so is read-only.")
        given = await endpoint.handler(call)
        return given if isinstance(given, RestResponse) else RestResponse(given)

    def _with_headers(self, request: web.Request, caller: Caller, answer: RestResponse) -> RestResponse:
        """An answer that the caller has already is 304 and costs nothing."""
        headers = {"Content-Type": "application/json; charset=utf-8", "X-GitHub-Media-Type": "github.v3; format=json"}
        if request.method == "GET" and answer.status == 200:
            headers["ETag"] = f'W/"{hashlib.sha256(_body(answer)).hexdigest()}"'
            if request.headers.get("If-None-Match") == headers["ETag"]:
                answer = RestResponse(status=304)
        if caller.kind != "app":
            rate = self._hub.spend(caller.budget, 0 if answer.status == 304 else 1)
            headers |= _rate_headers(rate)
        if answer.status in (204, 304):
            headers.pop("Content-Type")
        return replace(answer, headers={**headers, **answer.headers})

    async def _break(self, request: web.Request, fault: ApiFault, answer: RestResponse) -> web.StreamResponse:
        sent = await _sent(request, strict=False)
        broken = _broken(self._hub, fault)
        self._write_down(ApiExchange(
            request.method, _path(request), dict(request.query), "", "", sent, dict(request.headers),
            broken.status, broken.body, broken.headers, faulted=True,
        ))  # fmt: skip
        if fault.kind == "hang_up" and request.transport:
            request.transport.close()
        if fault.kind == "half":
            return await _half(request, _body(answer) if answer.body is not None else dump({"id": 1, "node_id": "x"}))
        return web.Response(body=_body(broken), status=broken.status, headers=broken.headers)

    def _write_down(self, exchange: ApiExchange) -> None:
        self.requests.append(exchange)
        del self.requests[:-_REMEMBERED]
        if exchange.method == "GET":
            self._hub.heard()
        else:
            self._hub.changed()


def _worth_keeping(exchange: ApiExchange) -> bool:
    """Not so anybody who only looks, as the demo does: nothing is to be learnt from that."""
    return exchange.method != "GET" or exchange.caller != auth.NOBODY.kind


def _path(request: web.Request) -> str:
    """As GitHub names it, without `/api/v3`; GraphQL stays `/api/graphql`."""
    return request.path.removeprefix(PREFIX)


async def _sent(request: web.Request, *, strict: bool = True) -> Any:
    """The request's JSON, None where there is none."""
    raw = await request.read()
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError as error:
        if strict:
            raise ApiError(400, "Problems parsing JSON") from error
        return None


def _body(answer: RestResponse) -> bytes:
    return b"" if answer.status in (204, 304) else dump(answer.body)


def _refusal(hub: Pushes, error: Exception) -> RestResponse:
    if isinstance(error, Unprocessable):
        error = ApiError(422, str(error))
    if not isinstance(error, ApiError):
        error = ApiError(404, "Not Found")
    body: Json = {"message": error.message, "documentation_url": f"{hub.url}/rest", "status": str(error.status)}
    if error.errors:
        body["errors"] = error.errors
    return RestResponse(body, error.status, error.headers)


def _within_budget(rate: RateLimitStatus) -> None:
    if rate.used >= rate.limit:
        raise ApiError(403, "API rate limit exceeded for installation.")


def _rate_headers(rate: RateLimitStatus) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(rate.limit),
        "X-RateLimit-Remaining": str(rate.limit - rate.used),
        "X-RateLimit-Used": str(rate.used),
        "X-RateLimit-Reset": str(rate.reset),
        "X-RateLimit-Resource": "core",
    }


def _broken(hub: Pushes, fault: ApiFault) -> RestResponse:
    docs = f"{hub.url}/rest"
    if fault.kind == "secondary":
        message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        status = fault.status if fault.status in (403, 429) else 403
        return RestResponse(
            {"message": message, "documentation_url": docs}, status, {"Retry-After": str(fault.retry_after)}
        )
    if fault.kind == "primary":
        rate = RateLimitStatus(5000, 5000, int(hub.time()) + fault.retry_after)
        return RestResponse({"message": "API rate limit exceeded", "documentation_url": docs}, 403, _rate_headers(rate))
    return RestResponse({"message": "Server Error"}, fault.status)


async def _half(request: web.Request, body: bytes) -> web.StreamResponse:
    """A Content-Length that is not kept."""
    response = web.StreamResponse(headers={"Content-Type": "application/json; charset=utf-8"})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport:
        request.transport.close()
    return response
