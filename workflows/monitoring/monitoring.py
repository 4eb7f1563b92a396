"""`ContinuousMonitoringWorkflow`: alerts become incidents, one child each; rules are polled, and trends foreseen."""

import contextlib
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.incident_engine.monitoring_activities import MonitoringActivities
    from activities.incidents.types import Alert, AlertBatch, IncidentInput, IncidentOutcome
    from activities.incidents.watching import (
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
    from workflows.monitoring.incident_list import IncidentList
    from workflows.monitoring.predictions import Predictions
    from workflows.monitoring.requests import MonitoringInput

INCIDENT: Final = "IncidentSwarmWorkflow"

_SERVICES_FOR = timedelta(minutes=10)
_LONGEST_SLEEP = timedelta(hours=1)
_MOST_OUTCOMES = 500
_MOST_WAITING = 1_000
_MOST_NAMES = 500
_A_BATCH = 200


@workflow.defn
class ContinuousMonitoringWorkflow:
    """One for each deployment. Signals: `alerted`, `ended` (an incident is over), `outcome` (a person's word on a
    diagnosis). Queries: `get_stats`, `get_outcomes`, `get_status`."""

    @workflow.init
    def __init__(self, input: MonitoringInput) -> None:
        self._incidents = IncidentList(input.known)
        self._stats = input.stats
        self._waiting = list(input.waiting)
        self._firing = set(input.firing)
        self._predictions = Predictions(input.predictions)
        self._outcomes = list(input.outcomes)
        self._claimed = dict(input.claimed)
        self._names: dict[str, NamedService] = {}
        self._read = ReadServicesResult(())
        self._read_at: datetime | None = None
        self._next_poll: datetime | None = None

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
        if self._incidents.ended(incident.id, workflow.now().timestamp()):
            ends = dict(self._stats.ended)
            ends[incident.state] = ends.get(incident.state, 0) + 1
            self._stats = replace(self._stats, ended=ends)
        self._claimed[incident.id] = incident.confidence
        while len(self._claimed) > _MOST_OUTCOMES:
            self._claimed.pop(next(iter(self._claimed)))

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
        await self._read_services(())
        while not history_length.is_long():
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(lambda: bool(self._waiting), timeout=self._pause())
            if self._waiting:
                batch = self._waiting.pop(0)
                await self._take(batch)
            if self._next_poll and workflow.now() >= self._next_poll:
                await self._poll()
            self._incidents.tidy(workflow.now().timestamp())
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(self._carried_over())

    def _pause(self) -> timedelta:
        if not self._next_poll:
            return _LONGEST_SLEEP
        return max(self._next_poll - workflow.now(), timedelta())

    def _carried_over(self) -> MonitoringInput:
        return MonitoringInput(
            self._incidents.known, self._stats, tuple(self._waiting), tuple(sorted(self._firing)),
            self._predictions.open, tuple(self._outcomes), tuple(self._claimed.items()),
        )  # fmt: skip

    async def _take(self, batch: AlertBatch) -> None:
        """Each alert to its incident; those of one that runs go to it together."""
        unasked = [one for one in batch.alerts if not self._incidents.of_key(one) and _asked(one) not in self._names]
        await self._read_services(tuple({_asked(one): one for one in unasked}.values()))
        more: dict[str, list[Alert]] = defaultdict(list)
        stats = self._stats
        stats = replace(stats, received=stats.received + len(batch.alerts) + batch.dropped)
        self._stats = replace(stats, dropped=stats.dropped + batch.dropped)
        dropped = batch.dropped
        for alert in batch.alerts:
            place, id = self._incidents.place(
                alert, self._names.get(_asked(alert)), workflow.now().timestamp(), self._read.cooldown
            )
            if place == "new":
                id = await self._start(alert)
            elif place == "refused":
                self._stats = replace(self._stats, refused=self._stats.refused + 1)
            if place == "joined":
                self._stats = replace(self._stats, joined=self._stats.joined + 1)
                more[id].append(alert)
        if dropped and more:
            await self._send(next(iter(more)), AlertBatch((), dropped))
        for id, alerts in more.items():
            await self._send(id, AlertBatch(tuple(alerts)))

    async def _start(self, alert: Alert) -> str:
        """A child that goes on when this continues as new. One that runs already, started by hand, gets the alert."""
        id, now = ids.incident(alert.source, alert.group), workflow.now().timestamp()
        named = self._names.get(_asked(alert)) or NamedService(alert.service)
        self._incidents.started(id, alert, named, now)
        try:
            await workflow.start_child_workflow(
                INCIDENT, IncidentInput(alert), id=id, parent_close_policy=ParentClosePolicy.ABANDON
            )
        except WorkflowAlreadyStartedError:
            await self._send(id, AlertBatch((alert,)))
        self._stats = replace(self._stats, opened=self._stats.opened + 1)
        return id

    async def _send(self, id: str, batch: AlertBatch) -> None:
        """To one that may have ended just now: then it needs none of it."""
        try:
            await workflow.get_external_workflow_handle(id).signal("alerted", batch)
        except ApplicationError:
            self._incidents.ended(id, workflow.now().timestamp())

    async def _read_services(self, alerts: tuple[Alert, ...]) -> None:
        """Which services they are about; what was read is kept for some minutes."""
        now = workflow.now()
        stale = self._read_at is None or now - self._read_at > _SERVICES_FOR
        if not alerts and not stale:
            return
        if stale or len(self._names) > _MOST_NAMES:
            self._names.clear()
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
        self._read_at = now
        if self._read.every and self._next_poll is None:
            self._next_poll = now
        elif not self._read.every:
            self._next_poll = None

    async def _poll(self) -> None:
        """Rules that are beyond their limits fire, and are resolved when they are not."""
        now = workflow.now()
        self._next_poll = now + timedelta(seconds=self._read.every)
        try:
            found = await ask(MonitoringActivities.poll_rules, PollRulesInput(now.timestamp()))
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.error("rules=not_polled", exc_info=trace_of(error))
            return
        self._stats = replace(self._stats, problem=found.problem)
        alerts = [
            Alert("rules", one.rule, one.rule, one.service, one.severity, "firing", one.summary, one.since,
                  id=f"{one.since:.0f}")
            for one in found.firing if one.rule not in self._firing
        ]  # fmt: skip
        firing = {one.rule for one in found.firing}
        over = sorted(self._firing & set(found.checked) - firing)
        alerts += [Alert("rules", rule, rule, status="resolved", ends_at=now.timestamp()) for rule in over]
        self._firing = (self._firing - set(over)) | firing
        if alerts:
            await self._take(AlertBatch(tuple(alerts)))
        await self._predictions.update(found.predicted, found.checked)


def _asked(alert: Alert) -> str:
    """What names its service; alerts with the same are of the same."""
    labels = "|".join(f"{name}={alert.labels[name]}" for name in sorted(alert.labels)) if not alert.service else ""
    return f"{alert.service}|{alert.repo.full_name if alert.repo else ''}|{labels}"
