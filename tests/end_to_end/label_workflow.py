"""A stand-in for the workflow that the label `autobuild` starts, whatever the deployment has."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.planned_changes.types import PlanApproval, PlanPatchPRInput, PlanRevision
    from workflows.registered import ALL


@dataclass(frozen=True)
class StandInProgress:
    """As `PlanProgress`, with what it was asked and what it heard."""

    stage: str = "coding"
    tasks: dict[str, str] = field(default_factory=lambda: {"a": "done", "b": "running"})
    spent: float = 1.2
    cap: float = 5.0
    waiting_for: str = ""
    digest: str = ""
    pulls: tuple[int, ...] = ()
    asked: PlanPatchPRInput | None = None
    heard: tuple[Any, ...] = ()


@workflow.defn
class PlanPatchPRWorkflow:
    """Runs until it receives `enough`, or is ended; after `linger`, its cancellation waits for `enough` too. `shows`
    says what `get_progress` answers."""

    @workflow.init
    def __init__(self, work: PlanPatchPRInput) -> None:
        self._enough = self._lingers = self._ending = False
        self._shown: dict[str, Any] = {}
        self._work = work
        self._heard: list[Any] = []

    @workflow.run
    async def run(self, work: PlanPatchPRInput) -> str:
        try:
            await workflow.wait_condition(lambda: self._enough)
        except asyncio.CancelledError:
            self._ending = True
            await workflow.wait_condition(lambda: self._enough or not self._lingers)
            raise
        return f"done for {work.actor}"

    @workflow.signal
    def enough(self) -> None:
        self._enough = True

    @workflow.signal
    def linger(self) -> None:
        self._lingers = True

    @workflow.signal
    def shows(self, progress: dict[str, Any]) -> None:
        self._shown = progress

    @workflow.signal
    def approve(self, approval: PlanApproval) -> None:
        self._heard.append(approval)

    @workflow.signal
    def revise(self, revision: PlanRevision) -> None:
        self._heard.append(revision)

    @workflow.signal
    def cancel_workflow(self) -> None:
        self._heard.append("cancel_workflow")
        self._enough = True

    @workflow.signal
    def stop(self) -> None:
        self._heard.append("stop")
        self._enough = workflow.info().parent is None  # else it is cancelled too

    @workflow.signal
    def set_budget(self, dollars: float) -> None:
        self._heard.append(dollars)

    @workflow.query
    def is_ending(self) -> bool:
        return self._ending

    @workflow.query
    def get_progress(self) -> StandInProgress:
        return StandInProgress(**self._shown, asked=self._work, heard=tuple(self._heard))


WITH_STAND_IN = (*(one for one in ALL if one.__name__ != PlanPatchPRWorkflow.__name__), PlanPatchPRWorkflow)
"""Every workflow, with the stand-in in the place of what it stands for."""
