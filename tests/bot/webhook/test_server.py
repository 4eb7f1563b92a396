"""What the webhook server answers, over HTTP."""

import gzip
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator

import pytest
from multidict import CIMultiDict
from temporalio.client import Client

from activities.errors import UserError
from bot.settings import Settings
from bot.webhook.server import make_app
from tests.bot.webhook import samples
from tests.bot.webhook.running_server import SECRET, RunningServer, signature, signed

PUSH = json.dumps(samples.push()).encode()


def sha1(body: bytes) -> str:
    return "sha1=" + hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"X-Hub-Signature": sha1(PUSH)},
        {"X-Hub-Signature-256": sha1(PUSH)},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": signature(PUSH)[:-1]},
        {"X-Hub-Signature-256": signature(PUSH).upper()},
        {"X-Hub-Signature-256": signature(PUSH).removeprefix("sha256=")},
        {"X-Hub-Signature-256": signature(PUSH) + "0"},
        {"X-Hub-Signature-256": signature(PUSH, "another secret")},
        {"X-Hub-Signature-256": signature(PUSH, "")},
        {"X-Hub-Signature-256": signature(PUSH + b"\n")},
        {"X-Hub-Signature-256": "sha256=" + "é" * 64},
        {"X-Hub-Signature-256": "sha256=" + "１" * 64},
    ],
)
async def test_unsigned_body_is_401(server: RunningServer, forged: dict[str, str]) -> None:
    headers = signed("push", PUSH)
    del headers["X-Hub-Signature-256"]
    assert await server.post(PUSH, headers | forged) == 401


async def test_missing_signature_is_401_before_any_other_error(server: RunningServer) -> None:
    assert await server.post(b"not json", {}) == 401
    assert await server.post(b"", {"X-GitHub-Event": "star"}) == 401


async def test_signature_covers_the_raw_body(server: RunningServer) -> None:
    spaced = json.dumps(samples.pull("labeled"), indent=4).encode() + b"\n\n"
    assert await server.post(spaced, signed("pull_request", spaced)) == 204


@pytest.mark.parametrize("missing", ["X-GitHub-Event", "X-GitHub-Delivery"])
async def test_missing_delivery_headers_are_400(server: RunningServer, missing: str) -> None:
    headers = signed("push", PUSH)
    assert await server.post(PUSH, headers | {missing: ""}) == 400
    assert await server.post(PUSH, headers | {missing: "é\tb"}) == 400
    assert await server.post(PUSH, headers | {missing: "x" * 101}) == 400
    del headers[missing]
    assert await server.post(PUSH, headers) == 400


@pytest.mark.parametrize("body", [b"", b"{", b"nul", b"[]", b"1", b'"x"', b"null", b"\xff", b"{}{}", b"[" * 100_000])
@pytest.mark.parametrize(
    "event", ["push", "pull_request", "check_run", "issue_comment", "ping", "star", "no_such_event"]
)
async def test_malformed_body_is_400(server: RunningServer, event: str, body: bytes) -> None:
    assert await server.send(event, body) == 400


@pytest.mark.parametrize("event", ["ping", "star", "workflow_run", "no_such_event", "deployment"])
async def test_unused_event_is_204(server: RunningServer, event: str) -> None:
    assert await server.send(event, {"zen": "Anything added dilutes everything else."}) == 204
    assert await server.send(event, b'{"half a character": "\\ud800"}') == 204


async def test_two_signatures_are_401(server: RunningServer) -> None:
    headers = CIMultiDict(signed("push", PUSH))
    headers.add("X-Hub-Signature-256", signature(b"another body"))
    assert await server.post(PUSH, headers) == 401
    del headers["X-Hub-Signature-256"]
    headers.extend([("X-Hub-Signature-256", signature(PUSH))] * 2)
    assert await server.post(PUSH, headers) == 401


async def test_body_over_25_mib_is_413(server: RunningServer) -> None:
    body = json.dumps(samples.pull("labeled")).encode().ljust(25 * 2**20)
    assert await server.send("pull_request", body) == 204
    assert await server.send("pull_request", body + b" ") == 413


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "unknown"])
async def test_nothing_is_decompressed(server: RunningServer, encoding: str) -> None:
    """A signature is of the bytes as they came."""
    for body in (b"garbage", gzip.compress(b" " * (26 * 2**20)), gzip.compress(PUSH)):
        unsigned = {"Content-Encoding": encoding, "X-Hub-Signature-256": signature(b"another body")}
        assert await server.post(body, signed("push", body) | unsigned) == 401
        assert await server.post(body, signed("push", body) | {"Content-Encoding": encoding}) == 400
    assert await server.post(PUSH, signed("push", PUSH) | {"Content-Encoding": encoding}) == 202


async def test_chunked_body_over_the_limit_is_413(server: RunningServer) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(27):
            yield b" " * 2**20

    async with server.client.post("/webhook", data=chunks(), headers=signed("push", b"")) as answer:
        assert answer.status == 413


async def test_webhook_takes_only_post(server: RunningServer) -> None:
    async with server.client.get("/webhook") as answer:
        assert answer.status == 405


async def test_health_endpoints_answer_200(server: RunningServer) -> None:
    for path in ("/healthz", "/readyz"):
        async with server.client.get(path) as answer:
            assert answer.status == 200, path


@pytest.mark.parametrize("secret", ["", "  \n"])
async def test_missing_webhook_secret_stops_the_start(temporal: Client, secret: str) -> None:
    with pytest.raises(UserError, match="AUTOBUILD_WEBHOOK_SECRET"):
        make_app(Settings(app_id=7, webhook_secret=secret), temporal)


async def test_log_names_the_delivery_and_never_the_payload(
    server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    repo = samples.unique()
    assert await server.send("push", samples.push(repo, head_commit={"message": "swordfish"}), "d-1") == 202
    assert await server.send("push", samples.push(repo, after="swordfish"), "d-2") == 400
    (taken,) = [line for line in caplog.messages if "answer=202" in line]
    assert taken == f"delivery=d-1 event=push repository={repo} workflow=quality:{repo}@topic answer=202"
    assert any("delivery=d-2" in line and "answer=400" in line and "$.after" in line for line in caplog.messages)
    assert "swordfish" not in caplog.text
