"""The webhook server and Temporal: 202 means that Temporal has the work, 503 that it does not answer."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from activities.model import Head
from bot.settings import Settings
from bot.webhook import dispatch
from bot.webhook.server import make_app
from tests.bot.conftest import AiohttpClient
from tests.bot.webhook import samples
from tests.bot.webhook.running_server import RunningServer
from workflows import ids
from workflows.messages import BranchRequest, CommandInput, PullChanged, Pushed
from workflows.quality.branch_state import ContinuousQualityInput

GITHUB_WAITS_S = 10


async def test_push_starts_the_branch_workflow(server: RunningServer) -> None:
    repo = samples.unique()
    assert await server.send("push", samples.push(repo), "d-1") == 202
    handle = server.temporal.get_workflow_handle(ids.quality(repo, "topic"))
    about = await handle.describe()
    assert (about.workflow_type, about.status) == ("ContinuousQualityWorkflow", WorkflowExecutionStatus.RUNNING)
    assert about.task_queue == ids.TASK_QUEUE
    started, signalled, *_ = (await handle.fetch_history()).events
    decode = server.temporal.data_converter.decode
    (branch,) = await decode(
        started.workflow_execution_started_event_attributes.input.payloads, [ContinuousQualityInput]
    )
    ref = branch.branch.repo
    assert branch == ContinuousQualityInput(Head(ref, branch="topic"), "main")
    assert (ref.full_name, ref.installation_id) == (repo, 5)
    signal = signalled.workflow_execution_signaled_event_attributes
    assert signal.signal_name == "pushed"
    assert await decode(signal.input.payloads, [Pushed]) == [
        Pushed(Head(ref, samples.SHA, "topic"), samples.OLD, "d-1", samples.AT)
    ]


async def test_all_events_of_a_branch_join_one_workflow(server: RunningServer) -> None:
    repo = samples.unique()
    for name, payload in (
        ("pull_request", samples.pull("opened", repo)),
        ("check_suite", samples.suite("requested", repo)),
        ("push", samples.push(repo)),
        ("push", samples.push(repo, after=samples.NONE, deleted=True)),
        ("pull_request", samples.pull("closed", repo)),
    ):
        assert await server.send(name, payload) == 202
    events = await server.started(ids.quality(repo, "topic"))
    assert (events.count("started_event_attributes"), events.count("signaled_event_attributes")) == (1, 5)


async def test_closed_workflow_is_started_again(server: RunningServer) -> None:
    repo = samples.unique()
    assert await server.send("push", samples.push(repo)) == 202
    handle = server.temporal.get_workflow_handle(ids.quality(repo, "topic"))
    first = (await handle.describe()).run_id
    await handle.terminate()
    assert await server.send("push", samples.push(repo)) == 202
    assert (await handle.describe()).run_id != first


async def test_ending_event_without_workflow_is_202(server: RunningServer) -> None:
    repo = samples.unique()
    assert await server.send("push", samples.push(repo, after=samples.NONE, deleted=True)) == 202
    assert await server.send("pull_request", samples.pull("closed", repo, head_repo="example/x")) == 202
    assert await server.send("merge_group", samples.group("destroyed", repo)) == 202


async def test_fork_pull_signals_its_own_workflow(server: RunningServer) -> None:
    repo = samples.unique()
    assert await server.send("pull_request", samples.pull("opened", repo, head_repo="example/x"), "d-1") == 202
    handle = server.temporal.get_workflow_handle(ids.quality_of_fork(repo, 3))
    _, signalled, *_ = (await handle.fetch_history()).events
    payloads = signalled.workflow_execution_signaled_event_attributes.input.payloads
    (pull,) = await server.temporal.data_converter.decode(payloads, [PullChanged])
    assert (pull.head.pull, pull.head.fork, pull.head.sha) == (3, True, samples.SHA)


async def test_a_command_is_signalled_to_its_thread(server: RunningServer) -> None:
    repo = samples.unique()
    for _ in range(3):
        assert await server.send("issue_comment", samples.comment("/retest coverage", repo, id=9), "d-1") == 202
    handle = server.temporal.get_workflow_handle(ids.thread(repo, 3))
    events = (await handle.fetch_history()).events
    assert events[0].workflow_execution_started_event_attributes.workflow_type.name == "ThreadWorkflow"
    signalled = events[1].workflow_execution_signaled_event_attributes
    (request,) = await server.temporal.data_converter.decode(signalled.input.payloads, [CommandInput])
    (action,) = request.actions
    assert (action.command, request.actor) == ("retest", "octocat")
    assert action.request == BranchRequest("rerun", ("coverage",))


async def test_redelivered_button_press_is_one_command(server: RunningServer) -> None:
    repo = samples.unique()
    press = samples.run("requested_action", repo, identifier="fix")
    later = samples.suite("requested", updated_at="2027-01-15T09:00:00Z")["check_suite"]
    again = samples.run("requested_action", repo, identifier="fix", check_suite=later)
    for payload in (press, press, again, again):
        assert await server.send("check_run", payload) == 202
    prefix = ids.command(repo, "check-run-21-fix")
    for moment in ("08:00:00Z", "09:00:00Z"):
        id = f"{prefix}-2027-01-15T{moment}-2027-01-15T08:00:00Z"
        assert (await server.started(id)).count("started_event_attributes") == 1


async def test_branch_name_over_255_bytes_is_400(server: RunningServer) -> None:
    repo = samples.unique()
    assert await server.send("push", samples.push(repo, ref="refs/heads/" + "x" * 255)) == 202
    assert await server.send("push", samples.push(repo, ref="refs/heads/" + "é" * 255)) == 400


@contextlib.asynccontextmanager
async def _closed_port() -> AsyncIterator[str]:
    """An address where no server listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@contextlib.asynccontextmanager
async def _silent_port() -> AsyncIterator[str]:
    """An address where a server listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(params=[_closed_port, _silent_port])
async def unavailable(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    async with request.param() as address:
        yield await Client.connect(address, lazy=True)


def test_temporal_is_given_less_time_than_github_gives() -> None:
    assert max(dispatch.START_LIMIT_S, dispatch.HEALTH_LIMIT_S) < GITHUB_WAITS_S


async def test_unavailable_temporal_is_503(
    aiohttp_client: AiohttpClient, settings: Settings, unavailable: Client
) -> None:
    server = RunningServer(await aiohttp_client(make_app(settings, unavailable)), unavailable)
    deliveries = [
        ("push", samples.push()),
        ("push", samples.push(after=samples.NONE, deleted=True)),
        ("issue_comment", samples.comment("/retest")),
    ]
    assert await asyncio.gather(*[server.send(*delivery) for delivery in deliveries]) == [503] * 3


async def test_without_temporal_the_server_is_alive_and_not_ready(
    aiohttp_client: AiohttpClient, settings: Settings, unavailable: Client
) -> None:
    server = RunningServer(await aiohttp_client(make_app(settings, unavailable)), unavailable)
    assert (await server.client.get("/healthz")).status == 200
    assert (await server.client.get("/readyz")).status == 503
    assert await server.send("push", samples.push(ref="refs/tags/v1")) == 204


async def test_redelivery_succeeds_once_temporal_is_back(aiohttp_client: AiohttpClient, settings: Settings) -> None:
    async with _closed_port() as address:
        port = int(address.rpartition(":")[2])
    payload = samples.push(samples.unique())
    async with await _server(port) as first:
        server = RunningServer(await aiohttp_client(make_app(settings, first.client)), first.client)
        assert await server.send("push", payload, "d-1") == 202
    assert await server.send("push", payload, "d-2") == 503
    async with await _server(port):
        assert await server.send("push", payload, "d-2") == 202


async def _server(port: int) -> WorkflowEnvironment:
    program = str(Path(sys.prefix) / "bin" / "temporal")
    return await WorkflowEnvironment.start_local(
        port=port, dev_server_existing_path=program, dev_server_log_level="error"
    )
