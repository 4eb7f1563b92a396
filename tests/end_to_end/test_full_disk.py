"""A host whose disk is full: the gate waits, says so if that lasts, and ends with the verdict that it would have had."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from activities.github.check_runs import (
    CreateCheckRunsInput,
    CreateCheckRunsResult,
    StartCheckRunInput,
    UpdateCheckRunsInput,
    UpdateCheckRunsResult,
)
from activities.github.pulls import PullsOfHeadInput, PullsOfHeadResult
from activities.model import Head, RepoRef
from activities.quality_gate.types import GateInput, GateOutcome, Workspace
from bot.processes.temporal_server import temporal_server
from tests.deadlines import WITHIN_S, until
from tests.end_to_end.gates import TEXT, config, title
from tests.mounts import fill, small_disk
from tests.stack import Stack, make_stack
from workflows.quality_gate import QualityGateWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

FULL = "the disk of the host that runs the checks is full"


@pytest_asyncio.fixture(loop_scope="session")
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    with small_disk(tmp_path / "data", "256m"):
        async with make_stack(tmp_path, data_reserve=100_000_000) as made:
            yield made


async def host_troubles(handle: WorkflowHandle[object, object]) -> list[str]:
    """What the activities that a workflow waits for failed by."""
    described = await handle.describe()
    return [
        one.last_failure.message for one in described.raw_description.pending_activities if one.last_failure.message
    ]


async def test_gate_ends_right_when_the_disk_is_free_again(stack: Stack, tmp_path: Path) -> None:
    files = config(linting={"command": "cat lint.txt", **TEXT}) | {"lint.txt": ""}
    repo = await stack.repository(files)
    filler = fill(tmp_path / "data")
    sha = await stack.push(repo, {"lint.txt": "a.txt:1: error: here\n", "a.txt": "x\n"})
    gate = stack.temporal.get_workflow_handle(f"quality-gate:{repo}@{sha}")
    await stack.until(lambda: stack.runs(repo, sha))
    assert FULL in await until(lambda: host_troubles(gate))
    assert {run["status"] for run in stack.runs(repo, sha).values()} <= {"queued", "in_progress"}
    filler.unlink()
    runs = await stack.verdict(repo, sha)
    assert title(runs, "linting") == "1 new error; 0 known."
    assert runs["gate"]["conclusion"] == "failure"
    assert "force push" not in str(runs)
    filler = fill(tmp_path / "data", 40_000_000)  # enough for a start, and not for what the command is allowed
    sha = await stack.push(repo, {"a.txt": "y\n"}, branch="other")
    gate = stack.temporal.get_workflow_handle(f"quality-gate:{repo}@{sha}")
    filler.unlink()
    assert title(await stack.verdict(repo, sha), "linting")


@dataclass
class FullHost:
    """The activities of a host that is in trouble until `free`, and what is written to GitHub meanwhile."""

    free: asyncio.Event = field(default_factory=asyncio.Event)
    said: list[tuple[int, str]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    attempts: int = 0

    @activity.defn
    async def create_check_runs(self, _input: CreateCheckRunsInput) -> CreateCheckRunsResult:
        return CreateCheckRunsResult({"linting": 1, "gate": 2})

    @activity.defn
    async def list_pulls_of_head(self, _input: PullsOfHeadInput) -> PullsOfHeadResult:
        return PullsOfHeadResult(())

    @activity.defn
    async def prepare_workspace(self, head: Head) -> Workspace:
        self.attempts += 1
        if not self.free.is_set():
            first = self.attempts == 1
            raise ApplicationError(
                FULL, type="HostTrouble", non_retryable=first, next_retry_delay=timedelta(milliseconds=50)
            )
        raise ApplicationError("It is free again.", type="UserError", non_retryable=True)

    @activity.defn
    async def start_check_run(self, input: StartCheckRunInput) -> None:
        self.said.append((input.run_id, input.waits_for))

    @activity.defn
    async def update_check_runs(self, input: UpdateCheckRunsInput) -> UpdateCheckRunsResult:
        if input.result:
            self.ended.append(input.result.reason)
        return UpdateCheckRunsResult()


async def start(client: Client, sha: str, limit: timedelta) -> WorkflowHandle[QualityGateWorkflow, GateOutcome]:
    head = Head(RepoRef("octocat", "example"), sha, "main")
    return await client.start_workflow(
        QualityGateWorkflow.run, GateInput(head), id=sha, task_queue="q", execution_timeout=limit
    )


async def test_gate_says_what_it_waits_for_and_ends_before_its_time() -> None:
    host = FullHost()
    does: list[Callable[..., object]] = [
        host.create_check_runs, host.list_pulls_of_head, host.prepare_workspace, host.start_check_run,
        host.update_check_runs,
    ]  # fmt: skip
    async with temporal_server(None) as server, asyncio.timeout(WITHIN_S):
        client = await Client.connect(server.address)
        async with Worker(client, task_queue="q", workflows=[QualityGateWorkflow], activities=does):
            short = await start(client, "a" * 40, timedelta(seconds=10))
            ended = await short.result()
            assert (ended.result.state, host.said) == ("error", [(2, f"Waiting, because {FULL}.")])
            over = f"The time for this gate is over, because {FULL}. Comment /retest when that is fixed."
            assert host.ended == [over]
            host.said.clear()
            host.attempts = 0
            long = await start(client, "b" * 40, timedelta(hours=1))
            await until(lambda: asyncio.sleep(0, host.attempts > 2))  # waits for the host, by Temporal's own retries
            host.free.set()
            assert (await long.result()).result.reason == "It is free again."
            assert host.said == [(2, f"Waiting, because {FULL}.")]
