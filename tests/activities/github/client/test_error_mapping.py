"""Every unsuccessful answer of GitHub's is one of our errors: first as a table, then over HTTP."""

import asyncio
import dataclasses
import json
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.errors import ConfigError, UserError
from activities.github.activity_errors import as_application_error
from activities.github.client import GitHub
from activities.github.client.error_mapping import error_of, graphql_error
from activities.github.errors import (
    Conflict,
    Forbidden,
    GitHubError,
    NotFound,
    RateLimited,
    Suspended,
    Unauthorized,
    Unavailable,
    Validation,
)
from activities.model import RepoRef
from activities.reporting import escape_markdown
from simulator.github.server import SimulatedGitHub

REPO = "/repos/octocat/hello"
# Several workers must not be back in the same moment.
JITTER_S = 15
NOW = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


def said(message: str, **more: object) -> bytes:
    return json.dumps({"message": message, **more}).encode()


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "wait"),
    [
        (401, {}, said("Bad credentials"), Unauthorized, 0),
        (403, {}, said("Resource not accessible by integration"), Forbidden, 0),
        (403, {}, said("This installation has been suspended"), Suspended, 0),
        (403, {"retry-after": "17"}, said("You have exceeded a secondary rate limit."), RateLimited, 17),
        (403, {}, said("You have triggered an abuse detection mechanism."), RateLimited, 60),
        (403, {"retry-after": "Thu, 01 Jan 2026 00:02:00 GMT"}, b"", RateLimited, 120),
        (403, {"retry-after": "Wed, 31 Dec 2025 23:59:00 GMT"}, b"", RateLimited, 1),
        (403, {"retry-after": "soon"}, b"", RateLimited, 60),
        (403, {"x-ratelimit-remaining": "0"}, said("API rate limit exceeded"), RateLimited, 60),
        (429, {}, b"<html>", RateLimited, 60),
        (429, {"retry-after": "0"}, b"", RateLimited, 1),
        (429, {"retry-after": "999999"}, b"", RateLimited, 3600),
        (404, {}, said("Not Found"), NotFound, 0),
        (410, {}, said("Gone"), NotFound, 0),
        (409, {}, said("Conflict"), Conflict, 0),
        (422, {}, said("No commit found for SHA: abc"), NotFound, 1),
        (422, {}, said("Validation Failed", errors=[{"field": "title"}]), Validation, 0),
        (422, {}, b"null", Validation, 0),
        (500, {}, b"", Unavailable, 0),
        (502, {}, b"<html>Unicorn!", Unavailable, 0),
        (599, {}, b"\xff\xfe", Unavailable, 0),
        (301, {}, said("Moved"), Validation, 0),
    ],
)
def test_error_of_an_answer(
    status: int, headers: dict[str, str], body: bytes, kind: type[GitHubError], wait: float
) -> None:
    error = error_of(status, headers, body, "GET /x", NOW)
    assert type(error) is kind
    assert error.retry_after == wait


def test_used_up_limit_has_its_reset() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 100)}
    assert error_of(403, headers, b"", "GET /x", NOW).retry_after == 100


def test_error_names_request_and_reason() -> None:
    error = error_of(422, {}, said("Validation Failed", errors=[{"field": "ghs_abc.def"}]), "POST /x")
    reason = escape_markdown('Validation Failed ([{"field": "***"}])')
    assert str(error) == f"GitHub answered 422 to `POST /x`: {reason}"


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([{"type": "NOT_FOUND", "message": "x"}], NotFound),
        ([{"type": "FORBIDDEN"}], Forbidden),
        ([{"type": "STALE_DATA"}], Conflict),
        ([{"type": "UNPROCESSABLE"}], Validation),
        ([{"type": "RATE_LIMITED"}], RateLimited),
        ([{"message": "Something went wrong while executing your query"}], Unavailable),
        ([], Unavailable),
        ("odd", Unavailable),
        (None, Unavailable),
    ],
)
def test_error_of_a_graphql_answer(errors: object, kind: type[GitHubError]) -> None:
    assert type(graphql_error(errors)) is kind


@pytest.mark.parametrize(
    ("fault", "more", "kind"),
    [
        ("status", {"status": 500}, Unavailable),
        ("status", {"status": 502}, Unavailable),
        ("half", {}, Unavailable),
        ("hang_up", {}, Unavailable),
        ("secondary", {"retry_after": 30}, RateLimited),
        ("secondary", {"retry_after": 30, "status": 429}, RateLimited),
        ("primary", {"retry_after": 30}, RateLimited),
    ],
)
async def test_faults_over_http(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef, fault: str, more: dict[str, int], kind: type[GitHubError]
) -> None:
    api = await github.installation(repo, {"contents": "read"})
    simulated.faults.add("GET", REPO, fault, times=2, **more)  # type: ignore[arg-type]
    with pytest.raises(kind) as caught:
        await api.getitem(REPO)
    assert "ghs_" not in f"{caught.value!r} {caught.value.__cause__!r}"
    if kind is RateLimited:
        assert 28 <= caught.value.retry_after <= 30 + JITTER_S


async def test_nothing_is_sent_during_a_rate_limit(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    api = await github.installation(repo, {"contents": "read"})
    simulated.faults.add("GET", REPO, "secondary", retry_after=600)
    with pytest.raises(RateLimited):
        await api.getitem(REPO)
    before = len(simulated.requests)
    with pytest.raises(RateLimited) as caught:
        await api.getitem(REPO)
    assert 590 < caught.value.retry_after <= 600 + JITTER_S
    assert len(simulated.requests) == before


async def test_query_errors_equal_rest_errors(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    api = await github.installation(repo, {"contents": "read"})
    with pytest.raises(Unavailable, match="Cannot query field"):
        await api.query("query { viewer { login } }")
    simulated.faults.add("POST", "/api/graphql", "secondary", retry_after=9)
    with pytest.raises(RateLimited):
        await api.query("query { viewer { login } }")


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {"Content-Type": "text/html"}, b"<html>Sign in to the Wi-Fi"),
        (200, {"Content-Type": "application/json"}, b'{"half'),
        (200, {"Content-Type": "application/json"}, b"\xff"),
        (200, {"Content-Type": "application/json; charset=klingon"}, b"{}"),
        (520, {"Content-Type": "text/plain"}, b"origin error"),
        (302, {"Location": "/elsewhere"}, b""),
        (302, {"Location": "https://example.com/elsewhere"}, b""),
        (307, {"Location": "//["}, b""),
    ],
)
async def test_proxy_page_is_unavailable(
    aiohttp_server: AiohttpServer, github: GitHub, session: object, simulated: SimulatedGitHub,
    status: int, headers: dict[str, str], body: bytes,
) -> None:  # fmt: skip
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, headers=headers, body=body)

    async def elsewhere(request: web.Request) -> web.Response:
        return web.json_response([], status=201)

    app = web.Application()
    app.router.add_post("/app/installations/{id}/access_tokens", answer)
    app.router.add_post("/elsewhere", elsewhere)
    server = await aiohttp_server(app)
    client = GitHub(str(server.make_url("")), 1, simulated.private_key_pem, session)  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        await client.installation(RepoRef("octocat", "hello", 5), {"contents": "read"})


async def test_next_page_elsewhere_gets_no_token(aiohttp_server: AiohttpServer, session: object, key: Path) -> None:
    seen = []

    async def token(request: web.Request) -> web.Response:
        return web.json_response({"token": "ghs_x", "expires_at": "2099-01-01T00:00:00Z"}, status=201)

    async def listed(request: web.Request) -> web.Response:
        return web.json_response([{"id": 1}], headers={"Link": f'<{stranger.make_url("/more")}>; rel="next"'})

    async def more(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.json_response([{"id": 2}])

    there, here = web.Application(), web.Application()
    there.router.add_get("/more", more)
    here.router.add_post("/app/installations/{id}/access_tokens", token)
    here.router.add_get("/list", listed)
    stranger, server = await aiohttp_server(there), await aiohttp_server(here)
    client = GitHub(str(server.make_url("")), 1, key.read_text(), session)  # type: ignore[arg-type]
    api = await client.installation(RepoRef("octocat", "hello", 5), {"contents": "read"})
    with pytest.raises(Unavailable, match="outside"):
        _ = [item async for item in api.getiter("/list")]
    assert seen == []


@pytest.mark.parametrize(
    ("error", "kind", "final", "delay"),
    [
        (UserError("Do that."), "UserError", True, None),
        (ConfigError("Line 3.", 3), "UserError", True, None),
        (Forbidden("Give it."), "UserError", True, None),
        (Suspended("Unsuspend it."), "UserError", True, None),
        (Validation("No."), "Validation", True, None),
        (NotFound("Not yet."), "NotFound", False, None),
        (Conflict("Moved."), "Conflict", False, None),
        (Unavailable("Down."), "Unavailable", False, None),
        (RateLimited("Wait.", 42), "RateLimited", False, 42),
    ],
)
async def test_application_error_of_each_error(error: Exception, kind: str, final: bool, delay: float | None) -> None:
    @as_application_error
    async def work() -> None:
        raise error from RuntimeError("ghs_secret")

    with pytest.raises(ApplicationError) as caught:
        await work()
    failure = caught.value
    assert (failure.type, failure.non_retryable) == (kind, final)
    assert failure.message == str(error)
    assert failure.__cause__ is None
    assert (failure.next_retry_delay.total_seconds() if failure.next_retry_delay else None) == delay


@pytest.mark.parametrize(
    ("attempts", "delays"),
    [
        (8, [5, 5, 5, 60, 300, 900, 3600, 5]),
        (10, [5, 5, 5, 5, 5, 60, 300, 900, 3600, 5]),
        (3, [5, 5, 5]),  # a work that nothing depends on
        (0, [5] * 12),  # what must be done is tried for ever, and need not wait for longer than GitHub says
    ],
)
async def test_retries_outlast_an_hour_of_limits(attempts: int, delays: list[float]) -> None:
    @as_application_error
    async def work() -> None:
        raise RateLimited("Wait.", 5)

    found = []
    for attempt in range(1, len(delays) + 1):
        there = ActivityEnvironment()
        policy = RetryPolicy(maximum_attempts=attempts)
        there.info = dataclasses.replace(there.info, attempt=attempt, retry_policy=policy)
        with pytest.raises(ApplicationError) as caught:
            await there.run(work)
        assert caught.value.next_retry_delay
        found.append(caught.value.next_retry_delay.total_seconds())
    assert found == delays


async def test_named_hour_is_one_delay() -> None:
    @as_application_error
    async def work() -> None:
        raise RateLimited("Wait.", 3600)

    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(work)
    assert caught.value.next_retry_delay == timedelta(hours=1)


@pytest.mark.parametrize("inside", [False, True])
async def test_unforeseen_error_is_redacted(inside: bool) -> None:
    @as_application_error
    async def work() -> None:
        if not inside:
            raise KeyError("ghs_16C7e42F292c6912E7710c838347Ae178B4a")
        try:
            raise OSError("https://x-access-token:abc@example.com/")
        except OSError as error:
            raise KeyError("nothing") from error

    with pytest.raises(ApplicationError) as caught:
        await work()
    shown = "".join(traceback.format_exception(caught.value))
    assert (caught.value.type, caught.value.non_retryable) == ("KeyError", False)
    assert "ghs_" not in shown
    assert "abc" not in shown


async def test_unforeseen_error_without_secrets_keeps_its_trace() -> None:
    @as_application_error
    async def work() -> None:
        raise KeyError("nothing")

    with pytest.raises(KeyError):
        await work()


async def test_non_retryable_error_stays_non_retryable() -> None:
    @as_application_error
    async def work() -> None:
        raise ApplicationError("with ghs_16C7e42F292c6912E7710c838347Ae178B4a", type="Odd", non_retryable=True)

    with pytest.raises(ApplicationError) as caught:
        await work()
    assert (caught.value.message, caught.value.type, caught.value.non_retryable) == ("with ***", "Odd", True)


async def test_cancellation_is_not_wrapped() -> None:
    @as_application_error
    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await work()
