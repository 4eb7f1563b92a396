"""What people see of an incident while it runs: its issue, the one comment in it, and messages to their channels."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github_activities import IncidentThreadActivities
    from activities.incident_engine.activities import IncidentActivities
    from activities.incidents.types import AlertSeverity, IncidentResult, IncidentStage, NotifyInput
    from workflows.activity_calls import ask_for_person, until_done, write_from
    from workflows.config import ActivityTimeouts, RetryPolicies
    from workflows.failures import trace_of, was_cancelled
    from workflows.incidents.state import IncidentRun


class IncidentComment:
    """Nothing of it is worth ending the work for."""

    def __init__(self, state: IncidentRun) -> None:
        self._state = state

    async def stage(self, stage: IncidentStage, waiting_for: str = "") -> None:
        """Goes on to a stage, and shows it."""
        self._state.stage, self._state.waiting_for = stage, waiting_for
        await self.show()

    async def show(self, result: IncidentResult | None = None) -> None:
        """In the incident's issue, which is opened where there is none."""
        state = self._state
        if not self._is_shown():
            return
        policy = until_done() if result else RetryPolicies.github_api()
        try:
            if not state.issue:
                opened = await ask_for_person(IncidentThreadActivities.open_incident_issue, state.view())
                state.issue = opened.number
            view = state.view(result)
            await write_from(state.queue, IncidentThreadActivities.show_incident, view, policy)
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning(f"comment=refused stage={state.stage}", exc_info=trace_of(error))

    async def notify(self, turn: str, message: str, severity: AlertSeverity) -> None:
        """One message for each turn of the incident."""
        state = self._state
        if state.input.report_only or not state.found:
            return
        thread = f"{state.incident}|{state.began.timestamp():.0f}"
        wanted = NotifyInput(
            message, severity, title=f"{state.scope.service}: {state.input.alert.name}",
            url=state.hotfix.url if state.hotfix else "", key=f"{thread}|{turn}",
            service=state.scope.service, thread=thread,
        )  # fmt: skip
        try:
            await workflow.execute_activity_method(
                IncidentActivities.notify_team, wanted, task_queue=state.queue,
                schedule_to_start_timeout=ActivityTimeouts.HOST_QUEUE,
                start_to_close_timeout=ActivityTimeouts.GITHUB_API, retry_policy=RetryPolicies.default(),
            )  # fmt: skip
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning(f"notified=no turn={turn}", exc_info=trace_of(error))

    def _is_shown(self) -> bool:
        """A report shows nothing on GitHub, and neither does an incident of no repository."""
        repo = self._state.scope.repo
        return bool(repo and not repo.path and not self._state.input.report_only)
