"""The one comment of a planned change, on its issue."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github_activities import PlannedPullActivities
    from activities.planned_changes.types import PlannedStage, PRResult
    from workflows.activity_calls import until_done, write_from
    from workflows.config import RetryPolicies
    from workflows.failures import trace_of, was_cancelled
    from workflows.planned_changes.state import ChangeState


class ChangeComment:
    """`shown_at` is GitHub's time of its last edit, in seconds since 1970."""

    def __init__(self, state: ChangeState) -> None:
        self._state = state
        self.shown_at = 0.0

    async def stage(self, stage: PlannedStage, note: str = "") -> None:
        """Goes on to a stage, and shows it."""
        self._state.stage, self._state.note = stage, note
        await self.show()

    async def show(self, result: PRResult | None = None) -> None:
        """It is never worth ending the work for."""
        policy = until_done() if result else RetryPolicies.github_api()
        view = self._state.view(result)
        try:
            shown = await write_from(self._state.queue, PlannedPullActivities.show_planned_change, view, policy)
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning(f"comment=refused stage={view.stage}", exc_info=trace_of(error))
            return
        self.shown_at = shown.at
