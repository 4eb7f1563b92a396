"""`ContinuousMonitoringWorkflow`: alerts become incidents, one child each; rules are polled, and trends foreseen."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError, WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.incident_engine.activities import IncidentActivities
    from activities.incident_engine.monitoring_activities import MonitoringActivities
    from activities.incidents import texts
    from activities.incidents.types import Alert, AlertBatch, IncidentInput, IncidentOutcome, IncidentState, NotifyInput
    from activities.incidents.watching import (
        FiringRule,
        IncidentEnded,
        MonitoringStats,
        NamedService,
        PollRulesInput,
        ReadServicesInput,
        ReadServicesResult,
    )
    from workflows import history_length, ids
    from workflows.activity_calls import ask
    from workflows.failures import trace_of, was_cancelled
    from workflows.monitoring.incident_list import MOST_UNKNOWN, IncidentList, key_of
    from workflows.monitoring.predictions import Predictions
    from workflows.monitoring.requests import MonitoringInput, compacted

INCIDENT: Final = "IncidentSwarmWorkflow"

_SERVICES_FOR = timedelta(minutes=10)
_LONGEST_SLEEP = timedelta(hours=1)
_MOST_OUTCOMES = 500
_MOST_WAITING = 1_000
_MOST_NAMES = 500
_MOST_SEEN = 5_000
_A_BATCH = 200
_LAST_BATCHES = 50
"""So many of those that wait are looked at before it continues as new; the others are carried over."""


@workflow.defn
class ContinuousMonitoringWorkflow:
    """One for each deployment. Signals: `alerted`, `ended` (an incident is over), `outcome` (a person's word on a
    diagnosis), `deployment_changed` (a worker started, perhaps with other settings). Queries: `get_stats`,
    `get_outcomes`, `get_status`."""

    @workflow.init
    def __init__(self, input: MonitoringInput) -> None:
        self._incidents = IncidentList(input.known)
        self._stats = input.stats
        self._waiting = list(input.waiting)
        self._firing = dict(input.firing)
        self._predictions = Predictions(input.predictions)
        self._outcomes = list(input.outcomes)
        self._claimed = dict(input.claimed)
        self._names: dict[str, NamedService] = {}
        self._read = ReadServicesResult(())
        self._read_at: datetime | None = None
        self._next_poll: datetime | None = None
        self._polling: asyncio.Task[None] | None = None
        self._beside: set[asyncio.Task[None]] = set()
        self._seen: dict[str, None] = {}
        self._refusing = False

    @workflow.signal
    def deployment_changed(self) -> None:
        """Services and rules are read anew."""
        self._read_at = None

    @workflow.signal
    def alerted(self, batch: AlertBatch) -> None:
        """Of very many the oldest ones are looked at; the others only count."""
        if len(self._waiting) >= _MOST_WAITING:
            batch = AlertBatch((), batch.dropped + len(batch.alerts))
            last = self._waiting[-1]
            self._waiting[-1] = replace(last, dropped=last.dropped + batch.dropped)
            return
        self._waiting.append(batch)

    @workflow.signal
    def ended(self, incident: IncidentEnded) -> None:
        self._count_end(incident.id, incident.state)
        self._claimed[incident.id] = incident.confidence
        while len(self._claimed) > _MOST_OUTCOMES:
            self._claimed.pop(next(iter(self._claimed)))

    def _count_end(self, id: str, state: IncidentState) -> None:
        """Once for each incident."""
        if self._incidents.ended(id, workflow.now().timestamp()):
            ends = dict(self._stats.ended)
            ends[state] = ends.get(state, 0) + 1
            self._stats = replace(self._stats, ended=ends)

    @workflow.signal
    def outcome(self, outcome: IncidentOutcome) -> None:
        """Counts once for each incident, for what was claimed."""
        claimed = self._claimed.pop(outcome.incident, None)
        if claimed is None:
            return
        self._outcomes = [*self._outcomes, (claimed, outcome.right)][-_MOST_OUTCOMES:]
        right, wrong = self._stats.right + outcome.right, self._stats.wrong + (not outcome.right)
        self._stats = replace(self._stats, right=right, wrong=wrong)

    @workflow.query
    def get_stats(self) -> MonitoringStats:
        return replace(self._stats, open=self._incidents.open, predictions=len(self._predictions.open))

    @workflow.query
    def get_outcomes(self) -> tuple[tuple[float, bool], ...]:
        return tuple(self._outcomes)

    @workflow.query
    def get_status(self) -> str:
        return f"{self._incidents.open} open incidents"

    @workflow.run
    async def run(self, input: MonitoringInput) -> None:
        """It has no end."""
        left = _LAST_BATCHES
        while not history_length.is_long() or (self._waiting and left):
            left -= history_length.is_long()
            await self._read_services(())
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(self._has_work, timeout=self._pause())
            if self._waiting:
                await self._take(self._waiting.pop(0))
            if self._polling and self._polling.done():
                await self._polling
                self._polling = None
            if self._next_poll and self._polling is None and workflow.now() >= self._next_poll:
                self._next_poll = workflow.now() + timedelta(seconds=self._read.every)
                self._polling = asyncio.create_task(self._poll())
            self._incidents.tidy(workflow.now().timestamp())
        if self._polling:
            await self._polling
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(self._carried_over())

    def _has_work(self) -> bool:
        polled = self._polling is not None and self._polling.done()
        return bool(self._waiting) or polled or self._read_at is None

    def _pause(self) -> timedelta:
        """What is asked while a poll is under way needs no timer: its end is waited for."""
        if not self._next_poll or self._polling:
            return _LONGEST_SLEEP
        return max(self._next_poll - workflow.now(), timedelta())

    def _carried_over(self) -> MonitoringInput:
        return MonitoringInput(
            self._incidents.known, self._stats, compacted(self._waiting), tuple(self._firing.items()),
            self._predictions.open, tuple(self._outcomes), tuple(self._claimed.items()),
        )  # fmt: skip

    async def _take(self, batch: AlertBatch) -> None:
        """Each alert to its incident. One that was sent twice only counts."""
        alerts = [one for one in batch.alerts if not self._is_repeated(one)]
        await self._read_services(())  # what is stale is forgotten before it is looked up
        unasked = [one for one in alerts if not self._incidents.of_key(one) and _asked(one) not in self._names]
        await self._read_services(tuple({_asked(one): one for one in unasked}.values()))
        dropped, stats = batch.dropped + len(batch.alerts) - len(alerts), self._stats
        received = stats.received + len(batch.alerts) + batch.dropped
        self._stats = replace(stats, received=received, dropped=stats.dropped + dropped)
        await self._place(alerts, batch.dropped)

    def _is_repeated(self, alert: Alert) -> bool:
        """The same notification of an incident that runs."""
        same, key = self._incidents.of_key(alert), f"{key_of(alert)}|{alert.status}|{alert.id}"
        repeated = bool(alert.id and same and not same.ended and key in self._seen)
        self._seen[key] = None
        if len(self._seen) > _MOST_SEEN:
            self._seen.pop(next(iter(self._seen)))
        return repeated

    async def _place(self, alerts: Sequence[Alert], dropped: int = 0) -> None:
        """Those of one incident go to it together, and with the first ones the number of those that were dropped."""
        more: dict[str, list[Alert]] = defaultdict(list)
        for alert in alerts:
            place, id = self._incidents.place(
                alert, self._names.get(_asked(alert)), workflow.now().timestamp(), self._read.cooldown
            )
            if place == "new":
                await self._start(alert)
            elif place == "refused":
                self._refuse(alert)
            elif place == "joined":
                more[id].append(alert)
        for id, joined in more.items():
            await self._join(id, AlertBatch(tuple(joined), dropped))
            dropped = 0

    def _refuse(self, alert: Alert) -> None:
        """Reported once, until one of a service that nobody configured is started again."""
        self._stats = replace(self._stats, refused=self._stats.refused + 1)
        if not self._refusing:
            self._refusing = True
            self._keep(self._report_refused(alert.name))

    async def _report_refused(self, name: str) -> None:
        message = texts.alerts_refused(name, self._incidents.open_unknown, MOST_UNKNOWN)
        key = f"{workflow.info().workflow_id}|refused|{workflow.now().timestamp():.0f}"
        try:
            await ask(IncidentActivities.notify_team, NotifyInput(message, "warning", title="Alerts", key=key))
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning("notified=no turn=refused", exc_info=trace_of(error))

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Beside all else, for as long as this run lasts."""
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _join(self, id: str, batch: AlertBatch) -> None:
        """To an incident that runs. One that is gone without a word was terminated: its alerts are looked at anew."""
        if self._incidents.runs(id) and not await self._send(id, batch):
            self._incidents.forget(id)
            await self._place([one for one in batch.alerts if one.status == "firing"])
        else:
            self._stats = replace(self._stats, joined=self._stats.joined + len(batch.alerts))

    async def _start(self, alert: Alert) -> None:
        """A child that goes on when this continues as new. One that runs already, started by hand, gets the alert."""
        id, now = ids.incident(alert.source, alert.group), workflow.now().timestamp()
        named = self._names.get(_asked(alert)) or NamedService(alert.service)
        self._incidents.started(id, alert, named, now)
        self._refusing = self._refusing and bool(named.service)
        try:
            child = await workflow.start_child_workflow(
                INCIDENT, IncidentInput(alert), id=id, parent_close_policy=ParentClosePolicy.ABANDON
            )
            self._keep(self._watch(id, child))
        except WorkflowAlreadyStartedError:
            await self._send(id, AlertBatch((alert,)))
        self._stats = replace(self._stats, opened=self._stats.opened + 1)

    async def _watch(self, id: str, child: ChildWorkflowHandle[Any, Any]) -> None:
        """Of one that was terminated, or whose time was over, there is no signal."""
        try:
            await child
        except ChildWorkflowError:
            self._count_end(id, "failed")
        self._incidents.ended(id, workflow.now().timestamp())

    async def _send(self, id: str, batch: AlertBatch) -> bool:
        """Whether it runs."""
        try:
            await workflow.get_external_workflow_handle(id).signal("alerted", batch)
        except ApplicationError:
            return False
        return True

    async def _read_services(self, alerts: tuple[Alert, ...]) -> None:
        """Which services they are about; what was read is kept for some minutes."""
        now = workflow.now()
        stale = self._read_at is None or now - self._read_at > _SERVICES_FOR
        if not alerts and not stale:
            return
        if stale or len(self._names) > _MOST_NAMES:
            self._names.clear()
        self._read_at = now
        try:
            for place in range(0, max(len(alerts), 1), _A_BATCH):
                part = alerts[place : place + _A_BATCH]
                self._read = await ask(MonitoringActivities.read_services, ReadServicesInput(part))
                self._names |= {_asked(one): named for one, named in zip(part, self._read.services, strict=True)}
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.error("services=unknown", exc_info=trace_of(error))
            return
        if not self._read.every:
            self._next_poll = None
        elif self._next_poll is None:
            self._next_poll = now

    async def _poll(self) -> None:
        """Rules that are beyond their limits fire, and are resolved when they are not."""
        now = workflow.now()
        try:
            found = await ask(MonitoringActivities.poll_rules, PollRulesInput(now.timestamp()))
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.error("rules=not_polled", exc_info=trace_of(error))
            return
        self._stats = replace(self._stats, problem=found.problem)
        firing = {one.rule for one in found.firing}
        over = [rule for rule in self._firing if rule in found.checked and rule not in firing]
        alerts = [Alert("rules", rule, rule, status="resolved", ends_at=now.timestamp()) for rule in over]
        alerts += self._rule_alerts(found.firing, now.timestamp())
        for rule in over:
            self._firing.pop(rule)
        if alerts:
            self._waiting.append(AlertBatch(tuple(alerts)))
        await self._predictions.update(found.predicted, found.checked, firing)

    def _rule_alerts(self, firing: Sequence[FiringRule], now: float) -> list[Alert]:
        """Of rules that were not beyond their limits before; and of those that are so again, once the cool-down after
        their last incident is over."""
        alerts = []
        for one in firing:
            begins, since = one.rule not in self._firing, self._firing.setdefault(one.rule, one.since)
            alert = Alert(
                "rules", one.rule, one.rule, one.service, one.severity, "firing", one.summary, since, id=f"{since:.0f}"
            )
            if begins or self._incidents.begins_again(alert, now, self._read.cooldown):
                alerts.append(alert)
        return alerts


def _asked(alert: Alert) -> str:
    """What names its service; alerts with the same are of the same."""
    labels = "|".join(f"{name}={alert.labels[name]}" for name in sorted(alert.labels)) if not alert.service else ""
    return f"{alert.service}|{alert.repo.full_name if alert.repo else ''}|{labels}"
