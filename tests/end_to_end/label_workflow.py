"""A stand-in for the workflow that a label starts."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.issues.label_routes import LabelWorkflowInput


@workflow.defn
class PlanPatchPRWorkflow:
    """Runs until it receives `enough`; after `linger`, its cancellation waits for `enough` too."""

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
