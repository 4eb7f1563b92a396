"""Stand-ins for the workflows of incidents: they remember what they are told, and do nothing."""

import asyncio
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.incidents.acting import FixApproval
    from activities.incidents.types import AlertBatch, IncidentInput, IncidentOutcome
    from workflows.monitoring.requests import MonitoringInput
    from workflows.registered import ALL


@workflow.defn
class ContinuousMonitoringWorkflow:
    """Runs for ever."""

    @workflow.init
    def __init__(self, input: MonitoringInput) -> None:
        self._heard: list[Any] = []

    @workflow.run
    async def run(self, input: MonitoringInput) -> None:
        await asyncio.Event().wait()

    @workflow.signal
    def alerted(self, batch: AlertBatch) -> None:
        self._heard.append(batch)

    @workflow.signal
    def outcome(self, outcome: IncidentOutcome) -> None:
        self._heard.append(outcome)

    @workflow.query
    def heard(self) -> list[Any]:
        return self._heard


@workflow.defn
class IncidentSwarmWorkflow:
    """Runs until it is stopped. Its fix waits to be merged once it heard `waits`."""

    @workflow.init
    def __init__(self, input: IncidentInput) -> None:
        self._input = input
        self._stopped = False
        self._waiting_for = ""
        self._heard: list[Any] = []

    @workflow.run
    async def run(self, input: IncidentInput) -> str:
        await workflow.wait_condition(lambda: self._stopped)
        return "stopped"

    @workflow.signal
    def waits(self) -> None:
        self._waiting_for = "Merge the pull request."

    @workflow.signal
    def approve(self, approval: FixApproval) -> None:
        self._heard.append(["approve", approval.actor])

    @workflow.signal
    def rollback(self) -> None:
        self._heard.append(["rollback"])

    @workflow.signal
    def stop(self) -> None:
        self._heard.append(["stop"])
        self._stopped = True

    @workflow.signal
    def cancel_workflow(self) -> None:
        self._heard.append(["cancel_workflow"])
        self._stopped = True

    @workflow.signal
    def outcome(self, outcome: IncidentOutcome) -> None:
        self._heard.append(["outcome", outcome.right, outcome.cause, outcome.actor])

    @workflow.query
    def asked(self) -> IncidentInput:
        return self._input

    @workflow.query
    def heard(self) -> list[Any]:
        return self._heard

    @workflow.query
    def get_progress(self) -> dict[str, Any]:
        """Its repository is that of its input; one that an alert started has it in `prometheus` here."""
        repo = self._input.repo.full_name if self._input.repo else self._input.prometheus
        stage = "approval" if self._waiting_for else "diagnosing"
        return {"stage": stage, "waiting_for": self._waiting_for, "repo": repo, "issue": self._input.issue}


STAND_INS = (ContinuousMonitoringWorkflow, IncidentSwarmWorkflow)
_NAMES = {one.__name__ for one in STAND_INS}
WITH_INCIDENTS = (*(one for one in ALL if one.__name__ not in _NAMES), *STAND_INS)
"""Every workflow, with the stand-ins in the place of what they stand for."""
