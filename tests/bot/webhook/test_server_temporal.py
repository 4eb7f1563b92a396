"""The door and the Temporal behind it: 202 means it is there, 503 that it is not."""

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from bot.settings import Settings
from bot.webhook.server import make_app
from tests.bot.conftest import AiohttpClient
from tests.bot.webhook import samples
from tests.bot.webhook.door import Door
from workflows import ids
from workflows.messages import CommandInput, ContinuousQualityInput, PullChanged, Pushed


async def test_a_push_starts_its_branch(door: Door) -> None:
    repo = samples.unique()
    assert await door.send("push", samples.push(repo), "d-1") == 202
    handle = door.temporal.get_workflow_handle(ids.quality(repo, "topic"))
    about = await handle.describe()
    assert (about.workflow_type, about.status) == ("ContinuousQualityWorkflow", WorkflowExecutionStatus.RUNNING)
    assert about.task_queue == ids.TASK_QUEUE
    started, signalled, *_ = (await handle.fetch_history()).events
    decode = door.temporal.data_converter.decode
    (branch,) = await decode(
        started.workflow_execution_started_event_attributes.input.payloads, [ContinuousQualityInput]
    )
    assert branch == ContinuousQualityInput(branch.repo, "topic", default_branch="main")
    assert (branch.repo.full_name, branch.repo.installation_id) == (repo, 5)
    signal = signalled.workflow_execution_signaled_event_attributes
    assert signal.signal_name == "pushed"
    assert await decode(signal.input.payloads, [Pushed]) == [
        Pushed(samples.SHA, samples.OLD, delivery="d-1", sent_at=samples.AT)
    ]


async def test_all_events_of_a_branch_join_one_workflow(door: Door) -> None:
    repo = samples.unique()
    for name, payload in (
        ("pull_request", samples.pull("opened", repo)),
        ("check_suite", samples.suite("requested", repo)),
        ("push", samples.push(repo)),
        ("push", samples.push(repo, after=samples.NONE, deleted=True)),
        ("pull_request", samples.pull("closed", repo)),
    ):
        assert await door.send(name, payload) == 202
    events = await door.started(ids.quality(repo, "topic"))
    assert (events.count("started_event_attributes"), events.count("signaled_event_attributes")) == (1, 5)


async def test_a_closed_workflow_is_started_anew(door: Door) -> None:
    repo = samples.unique()
    assert await door.send("push", samples.push(repo)) == 202
    handle = door.temporal.get_workflow_handle(ids.quality(repo, "topic"))
    first = (await handle.describe()).run_id
    await handle.terminate()
    assert await door.send("push", samples.push(repo)) == 202
    assert (await handle.describe()).run_id != first


async def test_what_ends_nothing_is_done(door: Door) -> None:
    repo = samples.unique()
    assert await door.send("push", samples.push(repo, after=samples.NONE, deleted=True)) == 202
    assert await door.send("pull_request", samples.pull("closed", repo, head_repo="example/x")) == 202
    assert await door.send("merge_group", samples.group("destroyed", repo)) == 202


async def test_a_forks_pull(door: Door) -> None:
    repo = samples.unique()
    assert await door.send("pull_request", samples.pull("opened", repo, head_repo="example/x"), "d-1") == 202
    handle = door.temporal.get_workflow_handle(ids.quality_of_fork(repo, 3))
    _, signalled, *_ = (await handle.fetch_history()).events
    payloads = signalled.workflow_execution_signaled_event_attributes.input.payloads
    (pull,) = await door.temporal.data_converter.decode(payloads, [PullChanged])
    assert (pull.number, pull.fork, pull.head_sha) == (3, True, samples.SHA)


async def test_a_command_is_started_once(door: Door) -> None:
    repo = samples.unique()
    for _ in range(3):
        assert await door.send("issue_comment", samples.comment("/retest coverage", repo, id=9), "d-1") == 202
    handle = door.temporal.get_workflow_handle(ids.command(repo, "comment-9"))
    started = (await handle.fetch_history()).events[0].workflow_execution_started_event_attributes
    assert started.workflow_type.name == "CommandWorkflow"
    (request,) = await door.temporal.data_converter.decode(started.input.payloads, [CommandInput])
    (deed,) = request.deeds
    assert (deed.command, deed.signal, deed.message["checks"], request.actor) == (
        "retest",
        "rerun",
        ["coverage"],
        "octocat",
    )


async def test_a_button_pressed_twice_is_two_and_delivered_twice_is_one(door: Door) -> None:
    repo = samples.unique()
    press = samples.run("requested_action", repo, identifier="fix")
    later = samples.suite("requested", updated_at="2027-01-15T09:00:00Z")["check_suite"]
    again = samples.run("requested_action", repo, identifier="fix", check_suite=later)
    for payload in (press, press, again, again):
        assert await door.send("check_run", payload) == 202
    prefix = ids.command(repo, "check-run-21-fix")
    for moment in ("08:00:00Z", "09:00:00Z"):
        id = f"{prefix}-2027-01-15T{moment}-2027-01-15T08:00:00Z"
        assert (await door.started(id)).count("started_event_attributes") == 1


async def test_a_thousand_bytes_of_branch_are_no_danger(door: Door) -> None:
    repo = samples.unique()
    assert await door.send("push", samples.push(repo, ref="refs/heads/" + "x" * 255)) == 202
    assert await door.send("push", samples.push(repo, ref="refs/heads/" + "é" * 255)) == 400


@contextlib.asynccontextmanager
async def _nobody() -> AsyncIterator[str]:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@contextlib.asynccontextmanager
async def _silence() -> AsyncIterator[str]:
    """An address where somebody listens and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(params=[_nobody, _silence])
async def away(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    async with request.param() as address:
        yield await Client.connect(address, lazy=True)


async def test_temporal_away_is_503_in_time(aiohttp_client: AiohttpClient, settings: Settings, away: Client) -> None:
    door = Door(await aiohttp_client(make_app(settings, away)), away)
    deliveries = [
        ("push", samples.push()),
        ("push", samples.push(after=samples.NONE, deleted=True)),
        ("issue_comment", samples.comment("/retest")),
    ]
    before = time.monotonic()
    assert await asyncio.gather(*[door.send(*delivery) for delivery in deliveries]) == [503] * 3
    assert time.monotonic() - before < 5


async def test_without_temporal_the_door_is_alive_and_not_ready(
    aiohttp_client: AiohttpClient, settings: Settings, away: Client
) -> None:
    door = Door(await aiohttp_client(make_app(settings, away)), away)
    assert (await door.client.get("/healthz")).status == 200
    before = time.monotonic()
    assert (await door.client.get("/readyz")).status == 503
    assert time.monotonic() - before < 5
    assert await door.send("push", samples.push(ref="refs/tags/v1")) == 204


async def test_a_delivery_is_taken_again_once_temporal_is_back(
    aiohttp_client: AiohttpClient, settings: Settings
) -> None:
    async with _nobody() as address:
        port = int(address.rpartition(":")[2])
    payload = samples.push(samples.unique())
    async with await _server(port) as first:
        door = Door(await aiohttp_client(make_app(settings, first.client)), first.client)
        assert await door.send("push", payload, "d-1") == 202
    assert await door.send("push", payload, "d-2") == 503
    async with await _server(port):
        assert await door.send("push", payload, "d-2") == 202


async def _server(port: int) -> WorkflowEnvironment:
    program = str(Path(sys.prefix) / "bin" / "temporal")
    return await WorkflowEnvironment.start_local(
        port=port, dev_server_existing_path=program, dev_server_log_level="error"
    )
