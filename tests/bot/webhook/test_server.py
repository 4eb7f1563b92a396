"""What the door answers, over HTTP."""

import gzip
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from activities.errors import UserError
from bot.settings import Settings
from bot.webhook.server import make_app
from tests.bot.webhook import samples
from tests.bot.webhook.door import SECRET, Door, signature, signed

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
async def test_a_body_that_github_did_not_sign_is_401(door: Door, forged: dict[str, str]) -> None:
    headers = signed("push", PUSH)
    del headers["X-Hub-Signature-256"]
    assert await door.post(PUSH, headers | forged) == 401


async def test_unsigned_is_401_whatever_else_is_wrong(door: Door) -> None:
    assert await door.post(b"not json", {}) == 401
    assert await door.post(b"", {"X-GitHub-Event": "star"}) == 401


async def test_a_signature_is_of_the_raw_body(door: Door) -> None:
    spaced = json.dumps(samples.pull("labeled"), indent=4).encode() + b"\n\n"
    assert await door.post(spaced, signed("pull_request", spaced)) == 204


@pytest.mark.parametrize("missing", ["X-GitHub-Event", "X-GitHub-Delivery"])
async def test_a_delivery_without_its_headers_is_400(door: Door, missing: str) -> None:
    headers = signed("push", PUSH)
    assert await door.post(PUSH, headers | {missing: ""}) == 400
    assert await door.post(PUSH, headers | {missing: "é\tb"}) == 400
    assert await door.post(PUSH, headers | {missing: "x" * 101}) == 400
    del headers[missing]
    assert await door.post(PUSH, headers) == 400


@pytest.mark.parametrize("body", [b"", b"{", b"nul", b"[]", b"1", b'"x"', b"null", b"\xff", b"{}{}", b"[" * 100_000])
@pytest.mark.parametrize("event", ["push", "pull_request", "check_run", "issue_comment"])
async def test_a_known_event_with_a_bad_body_is_400(door: Door, event: str, body: bytes) -> None:
    assert await door.send(event, body) == 400


@pytest.mark.parametrize("event", ["ping", "star", "workflow_run", "no_such_event", "deployment"])
async def test_an_event_that_nobody_wants_is_204(door: Door, event: str) -> None:
    assert await door.send(event, {"zen": "Anything added dilutes everything else."}) == 204
    assert await door.send(event, b"not even json") == 204


async def test_25_mib_are_read_and_no_byte_more(door: Door) -> None:
    body = json.dumps(samples.pull("labeled")).encode().ljust(25 * 2**20)
    assert await door.send("pull_request", body) == 204
    assert await door.send("pull_request", body + b" ") == 413


async def test_a_small_body_that_unpacks_to_a_big_one_is_413(door: Door) -> None:
    bomb = gzip.compress(b" " * (26 * 2**20))
    assert len(bomb) < 2**16
    assert await door.post(bomb, signed("push", bomb) | {"Content-Encoding": "gzip"}) == 413


async def test_a_body_without_a_length_is_cut_off_too(door: Door) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(27):
            yield b" " * 2**20

    async with door.client.post("/webhook", data=chunks(), headers=signed("push", b"")) as answer:
        assert answer.status == 413


async def test_only_post(door: Door) -> None:
    async with door.client.get("/webhook") as answer:
        assert answer.status == 405


async def test_alive_and_ready(door: Door) -> None:
    for path in ("/healthz", "/readyz"):
        async with door.client.get(path) as answer:
            assert answer.status == 200, path


@pytest.mark.parametrize("secret", ["", "  \n"])
async def test_no_secret_no_start(temporal: Client, secret: str) -> None:
    with pytest.raises(UserError, match="AUTOBUILD_WEBHOOK_SECRET"):
        make_app(Settings(app_id=7, webhook_secret=secret), temporal)


async def test_the_log_names_the_delivery_and_never_the_payload(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    repo = samples.unique()
    assert await door.send("push", samples.push(repo, head_commit={"message": "swordfish"}), "d-1") == 202
    assert await door.send("push", samples.push(repo, after="swordfish"), "d-2") == 400
    (taken,) = [line for line in caplog.messages if "answer=202" in line]
    assert taken == f"delivery=d-1 event=push repository={repo} workflow=quality:{repo}@topic answer=202"
    assert any("delivery=d-2" in line and "answer=400" in line and "$.after" in line for line in caplog.messages)
    assert "swordfish" not in caplog.text
