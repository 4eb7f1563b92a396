"""Stand-ins for the incidents that the monitoring starts, and for the activities that it asks."""

import asyncio
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.incidents.types import Alert, AlertBatch, IncidentInput, NotifyInput, NotifyResult
from activities.incidents.watching import (
    FiringRule,
    NamedService,
    PollRulesInput,
    PollRulesResult,
    PredictedCrossing,
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
    """The activities' stand-ins: `pay` and `cart` are neighbours; `checked` rules fire and are foreseen as it is told.
    A poll is answered when `answers` is set."""

    every: float = 0.0
    cooldown: float = 1800.0
    firing: list[FiringRule] = field(default_factory=list)
    predicted: list[PredictedCrossing] = field(default_factory=list)
    checked: tuple[str, ...] = ("rule",)
    asked: int = 0
    polled: int = 0
    notified: list[str] = field(default_factory=list)
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    @activity.defn(name="read_services")
    async def read_services(self, input: ReadServicesInput) -> ReadServicesResult:
        self.asked += 1
        around = {"pay": ("cart",), "cart": ("pay",), "mail": ()}
        named = [
            NamedService(one.service, one.service if one.service in around else "", around.get(one.service, ()))
            for one in input.alerts
        ]
        return ReadServicesResult(tuple(named), self.cooldown, self.every)

    @activity.defn(name="poll_rules")
    async def poll_rules(self, input: PollRulesInput) -> PollRulesResult:
        self.polled += 1
        await self.answers.wait()
        return PollRulesResult(tuple(self.firing), tuple(self.predicted), self.checked)

    @activity.defn(name="notify_team")
    async def notify_team(self, input: NotifyInput) -> NotifyResult:
        self.notified.append(input.message)
        return NotifyResult()


@dataclass
class Monitored:
    temporal: Client
    queue: str
    deployment: Deployment
    name: str

    def worker(self, *more: object, cached: int = 100) -> Worker:
        """With `cached` 0 each task replays the whole history."""
        return Worker(
            self.temporal,
            task_queue=self.queue,
            workflows=[ContinuousMonitoringWorkflow, StandInIncident],
            activities=[self.deployment.read_services, self.deployment.poll_rules, self.deployment.notify_team, *more],  # type: ignore[list-item]
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_cached_workflows=cached,
            graceful_shutdown_timeout=timedelta(),
        )

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
        numbers = {name: value for name, value in asdict(found).items() if isinstance(value, int)}
        return {**numbers, **found.ended}

    async def has(self, **wanted: int) -> None:
        """Waits for these figures of `get_stats`."""

        async def there() -> bool:
            return (await self.stats()).items() >= wanted.items()

        await until(there)
