"""The monitoring on a real Temporal server, with stand-ins for the incidents that it starts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.incidents.types import Alert, AlertBatch, IncidentInput, IncidentOutcome
from activities.incidents.watching import (
    FiringRule,
    IncidentEnded,
    NamedService,
    PollRulesInput,
    PollRulesResult,
    ReadServicesInput,
    ReadServicesResult,
)
from tests.deadlines import until
from workflows import ids
from workflows.monitoring.monitoring import ContinuousMonitoringWorkflow
from workflows.monitoring.requests import MonitoringInput


@workflow.defn(name="IncidentSwarmWorkflow")
class StandInIncident:
    """Counts what it is sent; ends with an alert that is resolved."""

    def __init__(self) -> None:
        self._alerts: list[str] = []
        self._dropped = 0
        self._over = False
        self._signals = 0

    @workflow.run
    async def run(self, input: IncidentInput) -> int:
        self._alerts.append(input.alert.id)
        await workflow.wait_condition(lambda: self._over)
        return len(self._alerts)

    @workflow.signal
    def alerted(self, batch: AlertBatch) -> None:
        self._signals += 1
        self._alerts += [one.id for one in batch.alerts]
        self._dropped += batch.dropped
        self._over = any(one.status == "resolved" for one in batch.alerts)

    @workflow.query
    def seen(self) -> tuple[int, int, int]:
        return len(self._alerts), self._dropped, self._signals


@dataclass
class Deployment:
    """The activities' stand-ins: `pay` and `cart` are neighbours, `rule` fires while it is told to."""

    every: float = 0.0
    firing: list[FiringRule] = field(default_factory=list)
    asked: int = 0

    @activity.defn(name="read_services")
    async def read_services(self, input: ReadServicesInput) -> ReadServicesResult:
        self.asked += 1
        around = {"pay": ("cart",), "cart": ("pay",), "mail": ()}
        named = [NamedService(one.service, one.service, around[one.service]) for one in input.alerts]
        return ReadServicesResult(tuple(named), 1800.0, self.every)

    @activity.defn(name="poll_rules")
    async def poll_rules(self, input: PollRulesInput) -> PollRulesResult:
        return PollRulesResult(tuple(self.firing), checked=("rule",))


@dataclass
class Monitored:
    temporal: Client
    queue: str
    deployment: Deployment
    name: str

    @property
    def handle(self) -> "WorkflowHandle[ContinuousMonitoringWorkflow, None]":
        return self.temporal.get_workflow_handle_for(ContinuousMonitoringWorkflow.run, self.queue)

    async def send(self, *alerts: Alert, dropped: int = 0) -> None:
        await self.temporal.start_workflow(
            ContinuousMonitoringWorkflow.run, MonitoringInput(), id=self.queue, task_queue=self.queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="alerted", start_signal_args=[AlertBatch(alerts, dropped)],
        )  # fmt: skip

    def alert(self, group: str, id: str = "1", service: str = "pay", **more: object) -> Alert:
        return Alert("test", f"{self.name}-{group}", "HighErrors", service, id=id, **more)  # type: ignore[arg-type]

    def child(self, group: str, source: str = "test") -> "WorkflowHandle[StandInIncident, int]":
        name = f"{self.name}-{group}" if source == "test" else group
        return self.temporal.get_workflow_handle_for(StandInIncident.run, ids.incident(source, name))

    async def seen(self, group: str) -> tuple[int, int, int]:
        alerts, dropped, signals = await self.child(group).query(StandInIncident.seen)
        return alerts, dropped, signals

    async def stats(self) -> dict[str, int]:
        found = await self.handle.query(ContinuousMonitoringWorkflow.get_stats)
        return {"received": found.received, "joined": found.joined, "opened": found.opened, "open": found.open}


@pytest_asyncio.fixture(loop_scope="session")
async def monitored(temporal: Client) -> AsyncIterator[Monitored]:
    queue, deployment = f"monitoring-{uuid4()}", Deployment()
    async with Worker(
        temporal,
        task_queue=queue,
        workflows=[ContinuousMonitoringWorkflow, StandInIncident],
        activities=[deployment.read_services, deployment.poll_rules],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        made = Monitored(temporal, queue, deployment, uuid4().hex[:12])
        yield made
        await made.handle.terminate()


async def has(monitored: Monitored, **wanted: int) -> None:
    async def there() -> bool:
        return (await monitored.stats()).items() >= wanted.items()

    await until(there)


pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_storm_is_one_incident_and_few_signals(monitored: Monitored) -> None:
    for part in range(50):
        await monitored.send(*(monitored.alert("storm", f"{part}-{at}") for at in range(200)))
    await has(monitored, received=10_000, joined=9_999, opened=1, open=1)
    alerts, _, signals = await monitored.seen("storm")
    assert alerts == 10_000
    assert signals <= 50
    assert monitored.deployment.asked <= 3


async def test_neighbours_join_and_others_do_not(monitored: Monitored) -> None:
    await monitored.send(
        monitored.alert("a"), monitored.alert("b", service="cart"), monitored.alert("c", service="mail")
    )
    await has(monitored, opened=2, joined=1)
    assert (await monitored.seen("a"))[0] == 2
    assert (await monitored.seen("c"))[0] == 1


async def test_resolved_ends_it_and_alone_starts_nothing(monitored: Monitored) -> None:
    await monitored.send(monitored.alert("r", status="resolved"))
    await monitored.send(monitored.alert("s"))
    await has(monitored, received=2, opened=1)
    await monitored.send(monitored.alert("s", "2", status="resolved"))
    assert await monitored.child("s").result() == 2
    await monitored.handle.signal("ended", IncidentEnded(monitored.child("s").id, "recovered", 0.8))
    await has(monitored, open=0)


async def test_an_incident_that_runs_already_gets_the_alert(monitored: Monitored) -> None:
    by_hand = monitored.alert("hand", "0")
    await monitored.temporal.start_workflow(
        StandInIncident.run, IncidentInput(by_hand), id=monitored.child("hand").id, task_queue=monitored.queue
    )
    await monitored.send(monitored.alert("hand", "1"))
    await has(monitored, opened=1)
    assert (await monitored.seen("hand"))[0] == 2


async def test_it_continues_as_new_with_all_that_it_knows(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.history_length._EVENTS_A_RUN", 15)
    for at in range(20):
        await monitored.send(monitored.alert("long", str(at)))
    await has(monitored, received=20, joined=19, opened=1, open=1)
    assert (await monitored.seen("long"))[0] == 20
    described = await monitored.handle.describe()
    assert described.raw_description.workflow_execution_info.first_run_id != described.run_id


async def test_outcomes_count_once_for_what_was_claimed(monitored: Monitored) -> None:
    await monitored.send(monitored.alert("o"))
    await has(monitored, opened=1)
    id = monitored.child("o").id
    await monitored.handle.signal("ended", IncidentEnded(id, "reported", 0.7))
    for _ in range(2):
        await monitored.handle.signal("outcome", IncidentOutcome(id, False, "the disk", "octocat"))
    await monitored.handle.signal("outcome", IncidentOutcome("incident:unknown", True))
    assert await monitored.handle.query(ContinuousMonitoringWorkflow.get_outcomes) == ((0.7, False),)


async def test_rules_fire_and_are_resolved(monitored: Monitored) -> None:
    rule = f"rule-{monitored.name}"
    monitored.deployment.every = 0.2
    monitored.deployment.firing = [FiringRule(rule, "pay", "critical", 1000.0, "It is 5.")]
    await monitored.send()
    await has(monitored, opened=1)
    child = monitored.temporal.get_workflow_handle_for(StandInIncident.run, ids.incident("rules", rule))
    assert (await child.query(StandInIncident.seen))[0] == 1
    await asyncio.gather(*(monitored.stats() for _ in range(3)))
    assert (await monitored.stats())["opened"] == 1
