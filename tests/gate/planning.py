"""A workflow that stands where the work of a label stands."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.stories import IssueWork


@workflow.defn
class PlanPatchPRWorkflow:
    """Stands where the work of a label stands: it lasts until somebody ends it."""

    def __init__(self) -> None:
        self._enough = False

    @workflow.run
    async def run(self, work: IssueWork) -> str:
        await workflow.wait_condition(lambda: self._enough)
        return f"done for {work.actor}"

    @workflow.signal
    def enough(self) -> None:
        self._enough = True
