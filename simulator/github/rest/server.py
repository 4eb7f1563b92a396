"""Everything under `/api`: each request is authenticated, carried out, answered with GitHub's headers, and recorded."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from aiohttp import web

from simulator.github.entities import Json
from simulator.github.errors import Unprocessable
from simulator.github.rest import ApiError, Caller, Endpoint, RestRequest, RestResponse, auth, dump, redirects
from simulator.github.rest.faults import ApiFault, ApiFaults
from simulator.github.services import GitHubServices
from simulator.github.store import RateLimitStatus, Store

PREFIX = "/api/v3"
_MODULES = (
    "graphql", "app", "checks", "comments", "contents", "deployments", "git", "hook", "issues", "objects", "pulls",
    "releases", "repositories", "reviews", "rulesets", "statuses",
)  # fmt: skip
ENDPOINTS: tuple[Endpoint, ...] = tuple(
    endpoint for name in _MODULES for endpoint in import_module(f"simulator.github.rest.{name}").endpoints
)
_RECORDED = 20_000
_MULTI_SEGMENT = ("path", "ref", "branch", "basehead")


@dataclass(frozen=True)
class ApiExchange:
    """One request and its answer. `template` is GitHub's name of the endpoint, "" where there is none.

    `faulted`: it failed on purpose, so `status` and `response` are not what GitHub's description says.
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

    def __init__(self, services: GitHubServices) -> None:
        self._services, self._store = services, services.store
        self.faults = ApiFaults(self._store.time)
        self.requests: list[ApiExchange] = []

    def add_to(self, app: web.Application) -> None:
        """Registers all endpoints; names of branches, refs and paths may hold slashes."""
        greedy = tuple(f"{{{name}}}" for name in _MULTI_SEGMENT)
        for endpoint in sorted(ENDPOINTS, key=lambda each: each.template.endswith(greedy)):
            path = endpoint.template
            for name in _MULTI_SEGMENT:
                path = path.replace(f"{{{name}}}", f"{{{name}:.{'*' if name == 'path' else '+'}}}")
            prefix = "/api" if endpoint.template == "/graphql" else PREFIX
            app.router.add_route(endpoint.method, prefix + path, self._handler(endpoint))
            if path.startswith(redirects.NAMED):
                numbered = path.replace(redirects.NAMED, redirects.NUMBERED, 1)
                app.router.add_route(endpoint.method, prefix + numbered, self._handler(endpoint))
        app.router.add_route("*", f"{PREFIX}/{{rest:.*}}", self._handler(None))

    def _handler(self, endpoint: Endpoint | None) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            body = (await request.read()).decode("utf-8", "replace")
            fault = self.faults.take(request.method, _path(request), body)
            self._store.wake()
            if fault and fault.kind == "hold":
                await fault.wait()
                fault = None
            if fault and not fault.after:
                await request.read()
                return await self._fail(request, fault, RestResponse())
            answer, exchange = await self._answer(request, endpoint)
            if fault:
                return await self._fail(request, fault, answer)
            if _is_recorded(exchange):
                self._record(exchange)
            return web.Response(body=_body(answer), status=answer.status, headers=answer.headers)

        return handle

    async def _answer(self, request: web.Request, endpoint: Endpoint | None) -> tuple[RestResponse, ApiExchange]:
        caller, sent = auth.ANONYMOUS, None
        try:
            caller = auth.caller_of(self._store, request)
            sent = await _sent(request)
            answer = await self._carry_out(request, endpoint, caller, sent)
        except (ApiError, LookupError, Unprocessable) as error:
            answer = _error_response(self._store, error)
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
            _within_budget(self._store.spend(_budget(request, caller), 0))
        params = redirects.with_name(self._store, request.match_info)
        if redirect := redirects.moved(self._store, request, caller, params):
            return redirect
        body = sent if isinstance(sent, dict) else {"labels": sent} if isinstance(sent, list) else {}
        api_request = RestRequest(self._services, request, caller, params, body)
        repo = api_request.repo if "repo" in params else None
        auth.admit(caller, endpoint.needs, repo)
        if repo and repo.archived and request.method != "GET":
            raise ApiError(403, "Repository was archived so is read-only.")
        result = await endpoint.handler(api_request)
        return result if isinstance(result, RestResponse) else RestResponse(result)

    def _with_headers(self, request: web.Request, caller: Caller, answer: RestResponse) -> RestResponse:
        """Adds GitHub's headers. An answer that the caller has already is 304, which the rate limit does not count."""
        headers = {"Content-Type": "application/json; charset=utf-8", "X-GitHub-Media-Type": "github.v3; format=json"}
        if request.method == "GET" and answer.status == 200:
            headers["ETag"] = f'W/"{hashlib.sha256(_body(answer)).hexdigest()}"'
            if request.headers.get("If-None-Match") == headers["ETag"]:
                answer = RestResponse(status=304)
        if caller.kind != "app":
            free = answer.status == 304 or _path(request) == "/rate_limit"
            rate = self._store.spend(_budget(request, caller), 0 if free else 1)
            headers |= _rate_headers(rate, "graphql" if _is_graphql(request) else "core")
        if answer.status in (204, 304):
            headers.pop("Content-Type")
        return replace(answer, headers={**headers, **answer.headers})

    async def _fail(self, request: web.Request, fault: ApiFault, answer: RestResponse) -> web.StreamResponse:
        sent = await _sent(request, strict=False)
        broken = _fault_response(self._store, fault)
        self._record(ApiExchange(
            request.method, _path(request), dict(request.query), "", "", sent, dict(request.headers),
            broken.status, broken.body, broken.headers, faulted=True,
        ))  # fmt: skip
        if fault.kind == "hang_up" and request.transport:
            request.transport.close()
        if fault.kind == "half":
            return await _send_half(
                request, _body(answer) if answer.body is not None else dump({"id": 1, "node_id": "x"})
            )
        return web.Response(body=_body(broken), status=broken.status, headers=broken.headers)

    def _record(self, exchange: ApiExchange) -> None:
        self.requests.append(exchange)
        del self.requests[:-_RECORDED]
        if exchange.method == "GET":
            self._store.wake()
        else:
            self._store.changed()


def _is_recorded(exchange: ApiExchange) -> bool:
    """All but anonymous reads, which the demo repeats to follow progress."""
    return exchange.method != "GET" or exchange.caller != auth.ANONYMOUS.kind


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


def _error_response(store: Store, error: Exception) -> RestResponse:
    if isinstance(error, Unprocessable):
        error = ApiError(422, str(error))
    if not isinstance(error, ApiError):
        error = ApiError(404, "Not Found")
    body: Json = {"message": error.message, "documentation_url": f"{store.url}/rest", "status": str(error.status)}
    if error.errors:
        body["errors"] = error.errors
    return RestResponse(body, error.status, error.headers)


def _within_budget(rate: RateLimitStatus) -> None:
    if rate.used >= rate.limit:
        raise ApiError(403, "API rate limit exceeded for installation.")


def _is_graphql(request: web.Request) -> bool:
    return request.path == "/api/graphql"


def _budget(request: web.Request, caller: Caller) -> str:
    return caller.graphql_budget if _is_graphql(request) else caller.budget


def _rate_headers(rate: RateLimitStatus, resource: str = "core") -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(rate.limit),
        "X-RateLimit-Remaining": str(rate.limit - rate.used),
        "X-RateLimit-Used": str(rate.used),
        "X-RateLimit-Reset": str(rate.reset),
        "X-RateLimit-Resource": resource,
    }


def _fault_response(store: Store, fault: ApiFault) -> RestResponse:
    docs = f"{store.url}/rest"
    if fault.kind == "secondary":
        message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        status = fault.status if fault.status in (403, 429) else 403
        return RestResponse(
            {"message": message, "documentation_url": docs}, status, {"Retry-After": str(fault.retry_after)}
        )
    if fault.kind == "primary":
        rate = RateLimitStatus(5000, 5000, int(store.time()) + fault.retry_after)
        return RestResponse({"message": "API rate limit exceeded", "documentation_url": docs}, 403, _rate_headers(rate))
    return RestResponse({"message": "Server Error"}, fault.status)


async def _send_half(request: web.Request, body: bytes) -> web.StreamResponse:
    """Closes the connection before the Content-Length is reached."""
    response = web.StreamResponse(headers={"Content-Type": "application/json; charset=utf-8"})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport:
        request.transport.close()
    return response
