"""`IncidentSwarmWorkflow`: from an alert to its cause, a fix and a post-mortem."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.incidents import texts
    from activities.incidents.acting import FixApproval
    from activities.incidents.types import AlertBatch, IncidentInput, IncidentOutcome, IncidentResult, IncidentState
    from workflows import ids
    from workflows.failures import for_a_person, never_started, trace_of, was_cancelled, worker_died
    from workflows.incidents.afterwards import IncidentEnd
    from workflows.incidents.comment import IncidentComment
    from workflows.incidents.fixing import IncidentFixer, undo_failed
    from workflows.incidents.following import FixFollower
    from workflows.incidents.looking import IncidentLook
    from workflows.incidents.staging import FixStaging
    from workflows.incidents.state import IncidentProgress, IncidentRun
    from workflows.patching.host_calls import HostLost
    from workflows.patching.interruption import StoppedPatch
    from workflows.planned_changes.stopping import Stop
    from workflows.saga import Saga

_HOSTS = 3


@workflow.defn(failure_exception_types=[Exception])
class IncidentSwarmWorkflow:
    """One incident. Signals: `alerted` (more alerts of it), `approve` (its fix is merged), `rollback` (its fix is taken
    back), `outcome` (whether it was right), `stop` and `cancel_workflow`. Queries: `get_status`, `get_progress`."""

    @workflow.init
    def __init__(self, input: IncidentInput) -> None:
        incident = ids.incident(input.alert.source, input.alert.group)
        self._state = IncidentRun(input, incident, workflow.now())
        self._stop = Stop()
        self._saga = Saga()
        self._comment = IncidentComment(self._state)
        self._look = IncidentLook(self._state, self._stop, self._comment)
        self._fixer = IncidentFixer(self._state, self._stop, self._comment, self._saga)
        self._staging = FixStaging(self._state, self._stop, self._comment, self._saga)
        self._follower = FixFollower(self._state, self._stop, self._comment)
        self._end = IncidentEnd(self._state, self._comment)

    @workflow.signal
    def alerted(self, batch: AlertBatch) -> None:
        """More alerts of the same incident, or that one is resolved."""
        self._state.took(batch.alerts, batch.dropped)

    @workflow.signal
    def approve(self, approval: FixApproval) -> None:
        """Ignored where no fix waits to be merged."""
        if self._state.waiting_for:
            self._follower.approved = approval.actor
            self._state.note(texts.APPROVED, "GitHub")

    @workflow.signal
    def rollback(self) -> None:
        self._follower.rollback = True

    @workflow.signal
    def outcome(self, outcome: IncidentOutcome) -> None:
        """The monitoring keeps it."""
        self._end.outcomes.append(outcome)

    @workflow.signal
    def cancel_workflow(self) -> None:
        self._stop.ask(texts.STOPPED)

    @workflow.signal
    def stop(self) -> None:
        self._stop.ask(texts.STOPPED)

    @workflow.query
    def get_status(self) -> str:
        return self._state.stage

    @workflow.query
    def get_progress(self) -> IncidentProgress:
        return self._state.progress()

    @workflow.run
    async def run(self, input: IncidentInput) -> IncidentResult:
        """Always ends with a result that says what happened. A cancel is a stop: what runs then is ended, and what was
        made is undone."""
        result = await self._stop.by_cancel(self._carried_out(), texts.STOPPED)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return result

    async def _carried_out(self) -> IncidentResult:
        try:
            for left in reversed(range(_HOSTS)):
                try:
                    return await self._on_one_host()
                except HostLost as error:
                    workflow.logger.warning(f"incident=restarted left={left}", exc_info=trace_of(error))
                    if not left or (self._state.hotfix and self._state.hotfix.pull):
                        return await self._given_up("failed", texts.HOST_GONE)
                    await self._saga.undo(undo_failed)
                    self._state.forget_work()
            raise AssertionError
        except (Exception, asyncio.CancelledError) as error:
            return await self._ended_early(error)

    async def _on_one_host(self) -> IncidentResult:
        state = self._state
        await self._look.look()
        assert state.found
        if not state.found.known:
            return await self._end.ended("unknown_service", state.found.problem)
        await self._comment.notify("opened", texts.looked_at(state.consensus), state.input.alert.severity)
        if state.resolved:
            return await self._end.ended("recovered", texts.RESOLVED)
        state.no_fix = self._fixer.refusal() or await self._fixer.fix()
        if state.no_fix:
            await self._saga.undo(undo_failed)
            return await self._reported()
        return await self._followed()

    async def _reported(self) -> IncidentResult:
        """There is a report, and nothing was changed."""
        consensus = self._state.consensus
        if self._state.resolved:
            return await self._end.ended("recovered", texts.RESOLVED)
        if consensus.healthy or not consensus.causes:
            why = texts.HEALTHY if consensus.healthy else texts.NO_DATA
            return await self._end.ended("no_cause", why)
        return await self._end.ended("reported", f"{texts.reported(consensus.causes[0])} {self._state.no_fix}".strip())

    async def _followed(self) -> IncidentResult:
        """The pull request is open: it is merged and helps, or is taken back, or waits."""
        state = self._state
        assert state.hotfix
        if problem := await self._staging.tried():
            self._saga.keep()
            return await self._end.ended("proposed", f"{texts.proposed(state.hotfix.pull)} {problem}")
        if not await self._follower.merged():
            if self._follower.rollback:
                return await self._given_up("rolled_back", texts.TAKEN_BACK)
            self._saga.keep()
            if state.no_fix:
                return await self._end.ended("reported", state.no_fix)
            why = texts.RESOLVED_BEFORE if state.resolved else texts.NOT_MERGED
            return await self._end.ended("proposed", f"{texts.proposed(state.hotfix.pull)} {why}")
        self._saga.keep()
        recovered = await self._follower.recovered()
        minutes = state.rules.recovery_minutes if state.rules else 0
        said = texts.fixed(state.hotfix.pull, recovered=recovered, minutes=minutes)
        if self._follower.rollback:
            return await self._end.ended("rolled_back", texts.revert_by_hand(state.hotfix.pull))
        return await self._end.ended("fixed", said)

    async def _ended_early(self, error: BaseException) -> IncidentResult:
        state: IncidentState = "failed"
        merged = self._state.hotfix if self._state.hotfix and self._state.hotfix.merged else None
        if isinstance(error, StoppedPatch) or self._stop.asked or was_cancelled(error):
            state, reason = "stopped", texts.stopped_after(merged.pull) if merged else texts.STOPPED
        elif worker_died(error):
            reason = texts.WORKER_DIED
        elif never_started(error):
            reason = texts.HOST_GONE
        elif not (isinstance(error, ActivityError) and (reason := for_a_person(error, ""))):
            workflow.logger.error("incident=failed", exc_info=trace_of(error))
            reason = texts.internal_error(workflow.info().workflow_id)
        return await self._given_up(state, reason)

    async def _given_up(self, state: IncidentState, reason: str) -> IncidentResult:
        """What was made is undone, but for a pull request that somebody works with."""
        await self._saga.undo(undo_failed)
        if left_open := self._fixer.left_open:
            reason = f"{reason.replace(texts.UNDONE, '').strip()} {left_open}"
        return await self._end.ended(state, reason)
