"""A workflow that stands where the work of a label stands."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.issues.label_routes import LabelWorkflowInput


@workflow.defn
class PlanPatchPRWorkflow:
    """Stands where the work of a label stands: it lasts until somebody ends it, and after `linger` a cancel waits for
    `enough`."""

    def __init__(self) -> None:
        self._enough = self._lingers = self._ending = False

    @workflow.run
    async def run(self, work: LabelWorkflowInput) -> str:
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

    @workflow.query
    def is_ending(self) -> bool:
        return self._ending
