"""The end of an incident: the post-mortem, the last edit of its comment, the last message, and its result."""

from typing import Any, Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.github_activities import HotfixActivities
    from activities.incident_engine.activities import IncidentActivities
    from activities.incidents.acting import PublishPostmortemInput
    from activities.incidents.types import IncidentOutcome, IncidentResult, IncidentState
    from activities.incidents.watching import IncidentEnded
    from workflows import ids
    from workflows.failures import trace_of, was_cancelled
    from workflows.incidents.comment import IncidentComment
    from workflows.incidents.state import IncidentRun
    from workflows.patching.host_calls import HostLost, at_work, on_github

_WITH_POSTMORTEM: Final = frozenset(("fixed", "proposed", "rolled_back"))


class IncidentEnd:
    """Of one incident. `outcomes` are what people said of it while it ran."""

    def __init__(self, state: IncidentRun, comment: IncidentComment) -> None:
        self._state = state
        self._comment = comment
        self.outcomes: list[IncidentOutcome] = []

    async def ended(self, ending: IncidentState, reason: str) -> IncidentResult:
        """A terminal state, always written: what fails on the way to it is logged, and left out."""
        state = self._state
        state.waiting_for = ""
        state.note(reason, "end")
        if ending in _WITH_POSTMORTEM:
            await self._write_postmortem(reason)
        state.stage = "ended"
        result = self._result(ending, reason)
        try:
            if state.input.report_only and state.found:
                report = await at_work(IncidentActivities.put_incident_report, state.view(result), state.queue)
                result = self._result(ending, reason, report.id)
            await self._comment.show(result)
            await self._comment.notify("ended", reason, "info")
        except Exception as error:
            workflow.logger.error(f"incident={ending} shown=no", exc_info=trace_of(error))
        await self._report_to_monitoring(ending)
        return result

    def _result(self, ending: IncidentState, reason: str, report: str = "") -> IncidentResult:
        state = self._state
        return IncidentResult(
            ending, reason, state.scope.service, state.consensus,
            state.issue, state.hotfix.pull if state.hotfix else 0, state.postmortem, state.alerts, state.diagnosed,
            sum(one.dollars for one in state.diagnoses), report, tuple(state.timeline),
        )  # fmt: skip

    async def _write_postmortem(self, reason: str) -> None:
        """Where the configuration wants it; the incident ends without one that cannot be written."""
        state = self._state
        if not state.rules or not state.workspace or state.rules.postmortem == "off":
            return
        await self._comment.stage("writing")
        wanted = PublishPostmortemInput(
            state.view(), reason, state.workspace.head.branch, state.rules.postmortem, state.rules.postmortems
        )
        try:
            made = await on_github(HotfixActivities.create_postmortem, wanted, state.queue)
        except (ActivityError, HostLost) as error:
            if isinstance(error, ActivityError) and was_cancelled(error):
                raise
            workflow.logger.warning("postmortem=no", exc_info=trace_of(error))
            return
        state.postmortem = made.issue or made.pull

    async def _report_to_monitoring(self, ending: IncidentState) -> None:
        """Where one runs: a report on a laptop has none."""
        state = self._state
        if state.input.report_only:
            return
        monitoring = workflow.get_external_workflow_handle(ids.monitoring())
        raw = state.consensus.causes[0].raw if state.consensus.causes else 0.0
        said: list[tuple[str, Any]] = [("ended", IncidentEnded(state.incident, ending, raw))]
        said += [("outcome", outcome) for outcome in self.outcomes]
        try:
            for signal, argument in said:
                await monitoring.signal(signal, argument)
        except ApplicationError:
            workflow.logger.info(f"monitoring=none incident={state.incident}")
