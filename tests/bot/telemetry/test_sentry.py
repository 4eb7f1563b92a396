"""What a crash tells Sentry and the log: enough to find it, and nothing of what it held."""

import asyncio
import contextlib
import json
import logging
import os
import socket
import sys
import uuid
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import jwt
import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle

from activities.errors import UserError
from activities.model import RepoRef
from bot.settings import Settings
from bot.telemetry import CleanFormatter, cleaner, prepare
from bot.telemetry.sentry import LONGEST_TEXT, scrub
from simulator.github.keys import AppKey
from tests.bot.telemetry.crashing import QUEUE, Crashing, CrashInput
from tests.bot.telemetry.ingest import Ingest, ingest

LONG_TOKEN = "ghs_7_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJnaXRodWIi" + "fQ" * 80 + "." + "x_-" * 60


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> str:
    return AppKey.read_or_generate(tmp_path_factory.mktemp("key")).pem


@pytest.fixture
def secrets(pem: str) -> dict[str, str]:
    """What must never be seen: as a message may hold it, and the part of it that would give it away."""
    return {
        "SECRET_A_TOKEN": LONG_TOKEN,
        "SECRET_B_PERSONAL": "github_pat_11ABCDE_0123456789",
        "SECRET_C_JWT": jwt.encode({"iss": "7"}, pem, algorithm="RS256"),
        "SECRET_D_KEY": pem,
        "SECRET_E_MAIL": "octocat+private@mail.example.com",
        "SECRET_F_ADDRESS": "https://x-access-token:pa55word@github.example.com/octocat/hello.git",
        "SECRET_G_HOOK": "a webhook secret, shown to nobody",
        "SECRET_H_PAYLOAD": '{"action": "opened", "issue": {"body": "the plans of the company"}}',
    }


CREDENTIALS = ("ghs_7", "x_-x_-", "github_pat_11", "eyJ", "PRIVATE KEY", "pa55word", "shown to nobody")
PEOPLE_AND_PAYLOADS = (
    *("octocat+private", "mail.example.com", "the plans of", "203.0.113.7"),
    *("pers0nal", "hidden-cookie", "hidden-query", "hidden-agent"),
)
OF_THIS_MACHINE = (str(Path(__file__).parents[3]), socket.gethostname())


@pytest.fixture
async def sentry() -> AsyncIterator[Ingest]:
    async with ingest() as server:
        yield server


@contextlib.asynccontextmanager
async def crashing(sentry: Ingest, secrets: dict[str, str], *words: str) -> AsyncIterator[Process]:
    own = {"SENTRY_DSN": sentry.dsn, "SENTRY_ENVIRONMENT": "staging", "AUTOBUILD_PRIVATE_KEY": secrets["SECRET_D_KEY"]}
    own |= {"AUTOBUILD_WEBHOOK_SECRET": secrets["SECRET_G_HOOK"], "ELSEWHERE": sentry.elsewhere_url}
    environ = {**os.environ, **secrets, **own}
    command = (sys.executable, "-m", "tests.bot.telemetry.crashing", *words)
    process = await asyncio.create_subprocess_exec(*command, env=environ, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def nothing_is_given_away(received: list[bytes], log: bytes) -> None:
    """The log stays here: it may say what somebody wrote into it, except credentials."""
    assert received
    assert [word for word in CREDENTIALS if word.encode() in log] == []
    for text in received:
        assert [word for word in (*CREDENTIALS, *PEOPLE_AND_PAYLOADS, *OF_THIS_MACHINE) if word.encode() in text] == []


async def test_crash_of_the_webhook_server(sentry: Ingest, secrets: dict[str, str]) -> None:
    async with crashing(sentry, secrets, "web") as process, aiohttp.ClientSession() as client:
        assert process.stdout
        url = (await process.stdout.readline()).decode().strip()
        headers = {
            "Authorization": f"Bearer {LONG_TOKEN}",
            "Cookie": "session=hidden-cookie",
            "User-Agent": "hidden-agent",
            "X-Forwarded-For": "203.0.113.7",
            "X-GitHub-Event": "issues",
            "X-GitHub-Delivery": "d-1",
            "X-Hub-Signature-256": "sha256=pers0nal",
        }
        async with client.post(f"{url}?q=hidden-query", data=secrets["SECRET_H_PAYLOAD"], headers=headers) as answer:
            assert answer.status == 500
        event = await sentry.until(lambda event: "exception" in event)
        logged = await sentry.until(lambda event: "logentry" in event)
        process.kill()
        assert process.stderr
        log = await process.stderr.read()
    nothing_is_given_away(sentry.received, log)
    assert [error["type"] for error in event["exception"]["values"]] == ["LookupError", "Crash"]
    assert event["exception"]["values"][1]["value"].startswith("it broke: *** and")
    assert event["request"] == {
        "method": "POST",
        "url": url,
        "headers": {
            "content-type": "text/plain; charset=utf-8",
            "content-length": str(len(secrets["SECRET_H_PAYLOAD"])),
            "x-github-event": "issues",
            "x-github-delivery": "d-1",
        },
    }
    assert event["exception"]["values"][1]["stacktrace"]["frames"][-1]["function"] == "handler"
    assert event["environment"] == "staging"
    assert event["release"].startswith("autobuild@")
    assert logged["logentry"]["formatted"] == "cannot read {…}"
    assert len(sentry.events) == 2
    (visit,) = sentry.visits
    assert not {name.lower() for name in visit} & {"sentry-trace", "baggage", "traceparent"}
    for each in sentry.events:
        assert not each.keys() & {"user", "server_name", "extra", "modules", "spans"}


@pytest.fixture
async def worker(sentry: Ingest, secrets: dict[str, str], temporal_address: str) -> AsyncIterator[Process]:
    async with crashing(sentry, secrets, "worker", temporal_address) as process:
        assert process.stdout
        assert await process.stdout.readline() == b"working\n"
        yield process


async def started(temporal: Client, how: str) -> WorkflowHandle[Crashing, None]:
    input = CrashInput(RepoRef("octocat", "hello", 5), how)
    return await temporal.start_workflow(Crashing.run, input, id=f"{how}-{uuid.uuid4()}", task_queue=QUEUE)


async def test_worker_crash_is_reported_once(
    sentry: Ingest, temporal: Client, worker: Process, secrets: dict[str, str]
) -> None:
    """Activities are tried twice, and a workflow's task again and again: each is reported once."""
    for how in ("user", "github"):
        with pytest.raises(WorkflowFailureError):
            await (await started(temporal, how)).result()
    waiting = await started(temporal, "wait")
    await waiting.cancel()
    with pytest.raises(WorkflowFailureError):
        await waiting.result()
    handles = {how: await started(temporal, how) for how in ("crash", "fail", "task")}
    for how in ("crash", "fail"):
        with pytest.raises(WorkflowFailureError):
            await handles[how].result()
    found = {}
    for how, handle in handles.items():
        found[how] = await sentry.until(lambda event, handle=handle: event.get("tags", {}).get("workflow") == handle.id)  # type: ignore[misc]
    async for event in handles["task"].fetch_history_events(wait_new_event=True):
        if event.workflow_task_failed_event_attributes.failure.message:
            break
    await handles["task"].terminate()
    assert worker.stdin
    worker.stdin.close()
    await worker.wait()
    assert worker.stderr
    nothing_is_given_away(sentry.received, await worker.stderr.read())
    assert found["crash"]["tags"] == {
        "activity": "crash",
        "attempt": "1",
        "repository": "octocat/hello",
        "workflow": handles["crash"].id,
    }
    assert found["fail"]["exception"]["values"][-1]["value"] == "the workflow fails"
    assert found["task"]["tags"]["type"] == "Crashing"
    assert sorted(event["tags"]["workflow"] for event in sentry.events) == sorted(one.id for one in handles.values())


async def test_crash_at_the_start_is_logged_without_secrets(sentry: Ingest, secrets: dict[str, str]) -> None:
    async with crashing(sentry, secrets, "plain") as process:
        _, log = await process.communicate()
    assert process.returncode == 1
    assert b"level=CRITICAL logger=autobuild crash=Crash" in log
    nothing_is_given_away(sentry.received, log)
    assert [event["exception"]["values"][0]["type"] for event in sentry.events] == ["Crash"]


# --- settings


@pytest.mark.parametrize(
    "dsn", ["not-a-dsn", "http://dsn", "https://example.com/1", "ftp://a@example.com/1", "https://a@example.com:x/1"]
)
def test_invalid_dsn_is_an_error(dsn: str) -> None:
    """A secret of settings is hidden from then on in all texts of this process, so none is a common word."""
    handlers, hook = list(logging.getLogger().handlers), sys.excepthook
    try:
        with pytest.raises(UserError, match="SENTRY_DSN") as caught:
            prepare(Settings(sentry_dsn=dsn))
    finally:
        logging.getLogger().handlers[:], sys.excepthook = handlers, hook
    assert dsn not in str(caught.value)


# --- scrubbing


def test_unknown_parts_are_not_sent() -> None:
    clean = cleaner()
    assert scrub({}, clean) == {}
    assert (
        scrub({"user": {"id": 1}, "extra": {"a": 1}, "server_name": "h", "modules": {"a": "1"}, "new": 1}, clean) == {}
    )
    assert (
        scrub({"request": {"data": "x", "cookies": "y", "env": {"REMOTE_ADDR": "z"}, "query_string": "q"}}, clean) == {}
    )
    frame = {"vars": {"a": "b"}, "context_line": "x", "abs_path": "/home/octocat/x.py", "function": "f"}
    event = {"exception": {"values": [{"type": "E", "stacktrace": {"frames": [frame]}}]}}
    assert scrub(event, clean)["exception"]["values"] == [{"type": "E", "stacktrace": {"frames": [{"function": "f"}]}}]


@pytest.mark.parametrize("odd", [None, 1, "x", [], {}, {"values": None}, {"values": ["x", None]}, [{"stacktrace": 7}]])
def test_odd_events_are_scrubbed(odd: object) -> None:
    names = ("exception", "breadcrumbs", "request", "contexts", "tags", "logentry", "sdk", "level")
    assert json.dumps(scrub(dict.fromkeys(names, odd), cleaner()))


def test_breadcrumbs_have_addresses_without_queries() -> None:
    crumb = {
        "category": "http",
        "data": {"url": "https://a:b@example.com/x?q#f", "method": "GET", "body": "b", "http.query": "q"},
    }
    (kept,) = scrub({"breadcrumbs": {"values": [crumb]}}, cleaner())["breadcrumbs"]["values"]
    assert kept == {"category": "http", "data": {"url": "https://example.com/x", "method": "GET"}}


def test_texts_are_shortened_quickly() -> None:
    for text in ("x" * 10**7, "a@" * 10**6, "{" * 10**6, "." * 10**6, "\\" * 10**6):
        (shown,) = scrub({"logentry": {"message": text}}, cleaner())["logentry"].values()
        assert len(shown) <= LONGEST_TEXT + 1


def test_events_have_a_limited_size() -> None:
    frames = [{"function": str(number)} for number in range(500)]
    errors = [{"type": str(number), "stacktrace": {"frames": frames}} for number in range(500)]
    event = {"exception": {"values": errors}, "breadcrumbs": {"values": [{"message": "m"}] * 500}}
    kept = scrub(event, cleaner())
    assert kept["exception"]["values"][-1]["type"] == "499"
    assert len(json.dumps(kept)) < 100_000


# --- the log


def formatted(message: str, *args: object, secrets: tuple[str, ...] = ()) -> str:
    record = logging.LogRecord("autobuild", logging.INFO, "", 0, message, args, None)
    return CleanFormatter(cleaner(secrets)).format(record)


def test_log_has_one_line_per_event() -> None:
    assert formatted("a=%s", "b").endswith(" level=INFO logger=autobuild a=b")
    assert formatted("a=%s", "b\r\nlevel=ERROR").endswith(" a=b\\r\\nlevel=ERROR")


def test_log_hides_secrets(secrets: dict[str, str]) -> None:
    for name in ("SECRET_A_TOKEN", "SECRET_C_JWT", "SECRET_D_KEY"):
        assert formatted("a=%s", secrets[name].strip()).endswith(" a=***")
    hook = secrets["SECRET_G_HOOK"]
    assert formatted("a=%r", hook, secrets=("short", hook)).endswith(" a='***'")
    assert formatted("short", secrets=("short", hook)).endswith(" short")
