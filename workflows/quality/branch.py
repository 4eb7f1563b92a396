"""One head branch, for as long as it lives: the newest head is gated, older ones are superseded."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.quality_gate.types import GateEnding, GateInput, GateOutcome
    from activities.reporting import command_replies, gate_states
    from activities.workflow_activities import RequestAnswer
    from workflows import history_length, ids
    from workflows.config import WorkflowTimeouts
    from workflows.failures import STOPPED, trace_of, was_cancelled
    from workflows.messages import (
        BaseJudged,
        BaselineChanged,
        BranchMessage,
        BranchOverview,
        BranchRequest,
        ClosedPull,
        ConfigChanged,
        HeadGated,
        HeadLeft,
        HeadRequest,
        PullChanged,
        Pushed,
        Rerun,
        SettledHead,
    )
    from workflows.quality import (
        accepting,
        announcing,
        autofix,
        branch_overview,
        gate_activities,
        gate_comments,
        head_requests,
        late_events,
        shared_heads,
        sharing,
    )
    from workflows.quality.auto_merge import AutoMerge
    from workflows.quality.branch_state import BranchState, ContinuousQualityInput, GateTarget
    from workflows.quality.check_run_writer import complete_lost
    from workflows.quality.config_watch import ConfigWatch
    from workflows.quality.gate import QualityGateWorkflow
    from workflows.quality.scheduled import GateSchedule


@workflow.defn
class ContinuousQualityWorkflow:
    """Signals from GitHub's events: `pushed`, `pull_changed`, `branch_deleted`; from an operator: `rerun`; from the
    reconciliation: `verdict_lost`; from other branches: `head_gated`, `head_left`, `config_changed`; from the accepted
    baseline: `baseline_changed`; from the repository's history: `base_judged`. Update `request`: what people ask.
    Queries: `get_status`, `get_stats`, `get_overview`, `get_settled`.

    It is the only writer of its pull request's gate comment, runs one child gate at a time, merges where the
    repository's configuration says so, and ends when the branch is deleted or the pull request closes, or some time
    after the last event of a branch without one (`BranchState.may_end`). The rules by which an event changes what is to
    be done are those of `BranchState`.
    """

    @workflow.init
    def __init__(self, input: ContinuousQualityInput) -> None:
        self._input = input
        self._state = input.state or BranchState(GateTarget(input.branch), input.default_branch)
        self._closed = False
        self._gate: ChildWorkflowHandle[QualityGateWorkflow, GateOutcome] | None = None
        self._gated = self._state.target  # what the running gate is about
        self._attempt = 0
        self._gate_stopped = False  # this workflow ended the running gate itself
        self._reason = ""  # why no gate is run for the branch any more
        self._other_verdict = False  # another branch's workflow has gated this head
        self._ended_pulls: list[ClosedPull] = []  # something was accepted for them
        self._merge = AutoMerge(self._state)
        self._config = ConfigWatch(self._state)
        self._schedule = GateSchedule(self._state, input.schedule_s)
        self._in_order = asyncio.Lock()  # an event waits for the one before it, which GitHub may be asked about

    @workflow.run
    async def run(self, input: ContinuousQualityInput) -> None:
        while True:
            self._closed = await self._is_idle() or self._closed
            if left := shared_heads.left(self._state, closed=self._closed):
                await sharing.tell(self._state.shared.pop(left), HeadLeft(left))
            elif self._other_verdict:
                await self._adopt_verdict()
            elif self._needs_gate or self._needs_stop_shown:
                await self._run_gate()
            elif self._state.needs_comment:
                await gate_comments.show_verdict(self._state)
            elif self._ended_pulls:
                await accepting.report_closed(self._state.head.repo, self._ended_pulls.pop(0))
            elif self._state.requests and not self._in_order.locked():
                await self._carry_out(self._state.requests.pop(0))
            elif self._merge.due(self._paused):
                # Once merged, the branch is done: GitHub's own event may come, or not.
                if await self._merge.attempt() and self._state.close_pull(self._state.head.pull):
                    await self._close(gate_states.PULL_CLOSED)
            elif not workflow.all_handlers_finished():
                await workflow.wait_condition(workflow.all_handlers_finished)
            elif self._closed:
                return
            elif history_length.is_long():
                workflow.continue_as_new(replace(self._input, state=self._state))

    @workflow.signal
    async def pushed(self, event: Pushed) -> None:
        _log_signal(event)
        async with self._in_order:
            begins = self._closed or not self._state.head.sha
            news = not (begins or self._state.is_unsure(event)) or await late_events.is_news(self._state, event)
            changed = news and self._state.push(event)
            late_events.heard_of_default(self._state, event)
            # A branch that knows nothing, and hears nothing new, has nothing to wait for.
            self._closed = not changed and (self._closed or not self._state.head.sha)
        await self._end_outdated_gate()
        # Of another branch its gate says whether it is protected; of a draft and a stopped one there is none.
        if changed and (self._state.judges_pulls or self._paused):
            await self._config.look(event.before)

    @workflow.signal
    async def pull_changed(self, event: PullChanged) -> None:
        """The pull request of this branch: its number, its base, whether it is a draft."""
        _log_signal(event)
        async with self._in_order:
            if event.action == "closed":
                if self._state.accepts:
                    self._ended_pulls.append(ClosedPull(event.head.pull))
                if self._state.close_pull(event.head.pull):
                    self._closed, self._reason = True, gate_states.PULL_CLOSED
            else:
                late = late_events.may_be_late(self._state, event, ending=self._closed)
                now = await late_events.as_it_is_now(event) if late else event
                changed = now is not None and self._state.change_pull(now)
                self._closed = not changed and (self._closed or not self._state.head.sha)
        await self._end_outdated_gate()

    @workflow.signal
    async def branch_deleted(self) -> None:
        async with self._in_order:
            await self._close(gate_states.BRANCH_DELETED)

    @workflow.update
    async def request(self, request: HeadRequest) -> RequestAnswer:
        """What a person asks; the answer says at once why nothing is done."""
        state, kind = self._state, request.what.kind
        async with self._in_order:
            if head_requests.is_unsure(state, request):
                return RequestAnswer(unsure=True)
            gating = self._gate is not None and self._gated.head.sha == state.head.sha
            refusal = head_requests.apply(state, request, gating=gating, waiting=self._needs_gate)
        workflow.logger.info(
            f"request={kind} head={state.head.sha} actor={request.actor} delivery={request.delivery} done={not refusal}"
        )
        await self._end_outdated_gate()
        return RequestAnswer(refusal, pull=state.head.pull)

    @workflow.signal
    async def rerun(self, event: Rerun) -> None:
        """An operator's: about the head as it is."""
        workflow.logger.info(f"signal={event.SIGNAL} checks={event.checks}")
        head_requests.start(self._state)
        head_requests.rerun(self._state, event.checks)
        await self._end_outdated_gate()

    @workflow.signal
    async def baseline_changed(self, event: BaselineChanged) -> None:
        """What was accepted for this head is not any more."""
        accepting.stop_accepting(self._state, event.ids)
        await self._end_outdated_gate()

    @workflow.signal
    def verdict_lost(self, settled: SettledHead) -> None:
        """GitHub shows no ended gate for the head that the branch had settled on (somebody removed its check run): it
        is gated again. Whatever has happened since makes this void, so that two who saw it start one gate."""
        if settled.sha and not settled.paused and settled == self.get_settled():
            self._state.run_all_again()

    @workflow.signal
    def head_gated(self, event: HeadGated) -> None:
        """Check runs belong to a commit: the verdict is this branch's too."""
        if event.sha == self._state.head.sha:
            shared_heads.other_was_gated(self._state, event)
            self._other_verdict = True

    @workflow.signal
    def config_changed(self, event: ConfigChanged) -> None:
        """The configuration that judges the branch's pull requests has changed."""
        _log_signal(event)
        self._state.config_changed(event)

    @workflow.signal
    def base_judged(self, event: BaseJudged) -> None:
        self._state.base_judged(event)

    @workflow.signal
    def head_left(self, event: HeadLeft) -> None:
        shared_heads.other_has_left(self._state, event.sha)

    @workflow.query
    def get_status(self) -> str:
        """`gating <sha>`, the last verdict, or `waiting`."""
        if self._gate:
            return f"gating {self._gated.head.sha}"
        return self._state.outcome.result.state if self._state.outcome else "waiting"

    @workflow.query
    def get_stats(self) -> dict[str, int]:
        """How many gates ran, on how many heads."""
        attempts = self._state.attempts
        return {"gates": sum(attempts.values()), "heads": len(attempts)}

    @workflow.query
    def get_overview(self) -> BranchOverview:
        """For `/status`."""
        return branch_overview.overview(self._state, gating=self._gate is not None, waiting=self._needs_gate)

    @workflow.query
    def get_settled(self) -> SettledHead:
        return SettledHead() if self._gate or self._needs_gate else self._state.settled(paused=self._paused)

    @property
    def _paused(self) -> bool:
        """No gate is run for the branch."""
        return self._closed or self._state.draft or bool(self._state.stopped)

    @property
    def _needs_gate(self) -> bool:
        return self._state.has_work and not self._paused

    @property
    def _needs_stop_shown(self) -> bool:
        """A head was stopped that may have no check run yet: somebody may wait for a required one."""
        state = self._state
        return bool(state.stopped) and state.has_work and not state.stop_is_shown and not (self._closed or state.draft)

    def _has_work(self) -> bool:
        requested = bool(self._state.requests or self._ended_pulls or self._other_verdict)
        due = self._merge.due(self._paused) or self._schedule.due(self._paused)
        left = bool(shared_heads.left(self._state, closed=self._closed))
        gate = self._needs_gate or self._needs_stop_shown
        return gate or self._state.needs_comment or requested or due or left or self._closed or history_length.is_long()

    async def _is_idle(self) -> bool:
        """Waits for work; whether none came for so long that the branch is not kept. Where nothing has to be looked at
        again there is no time-out, and so no timer."""
        pauses = self._merge.pause(self._paused), self._schedule.pause(self._paused)
        ends = self._state.may_end
        pause = min(filter(None, pauses), default=timedelta(seconds=self._input.idle_s) if ends else None)
        try:
            await workflow.wait_condition(self._has_work, timeout=pause)
        except TimeoutError:
            if ends and self._state.may_end and not self._has_work() and workflow.all_handlers_finished():
                return True
        self._schedule.begin_if_due(self._paused)
        return False

    async def _close(self, reason: str) -> None:
        self._closed, self._reason = True, reason
        await self._end_outdated_gate()

    async def _end_outdated_gate(self) -> None:
        """Ends the running gate when it is not, or no longer, the one that the branch needs."""
        target = self._state.target
        if not self._gate or self._gate_stopped or (not self._paused and self._gated.key == target.key):
            return
        self._gate_stopped = True
        signal, ending = QualityGateWorkflow.stop, GateEnding(self._attempt, gate_states.RUN_AGAIN)
        if self._closed:
            ending = replace(ending, reason=self._reason)
        elif self._state.stopped:
            ending = replace(ending, reason=self._state.stopped, shown=True)
        elif self._state.draft:
            ending = replace(ending, reason=gate_states.DRAFT)
        elif target.head.sha != self._gated.head.sha:
            signal, ending = QualityGateWorkflow.superseded, GateEnding(self._attempt, newer_sha=target.head.sha)
        try:
            await self._gate.signal(signal, ending)
        except FailureError as error:  # a gate that ends at this very moment needs no signal
            if was_cancelled(error):
                raise
            workflow.logger.info(f"gate=ended_already head={self._gated.head.sha}")

    async def _run_gate(self) -> None:
        state = self._state
        self._gated, self._gate_stopped = state.target, False
        # A branch that ended may begin anew (its pull was reopened) and counts from zero again: the check runs of this
        # life are not those of its former one.
        info = workflow.info()
        input = state.gate_input(f"{info.workflow_id}|{info.first_execution_run_id[-12:]}")
        self._attempt = input.attempt
        if state.stopped:
            input = replace(input, ending=GateEnding(input.attempt, state.stopped, shown=True))
        showing = asyncio.create_task(gate_comments.show_checking(state))
        outcome = await self._outcome(input)
        is_own, self._gate = self._gate is not None, None
        shown, ended_as = await showing, outcome
        if outcome and outcome.result.state in ("cancelled", "superseded"):
            if state.stopped and self._gated.head.sha == state.head.sha:
                state.gate_was_stopped(outcome)
            if self._paused or state.head.sha != input.head.sha:  # the commit's newest check runs are these, for good
                await sharing.tell(outcome.others, HeadLeft(input.head.sha))
            outcome = None
        # A gate that ended without a verdict because of a newer target leaves its own to be gated again, perhaps.
        ended = None if outcome is None and self._gate_stopped else self._gated
        state.gate_ended(input, ended, outcome)
        if outcome is None and not self._needs_gate:
            await gate_comments.show_end(state, input.head, shown, ended_as)
        if outcome and is_own and shared_heads.other_pulls(state):
            await sharing.share(state, input, outcome)
        elif outcome and is_own:
            state.shared.pop(input.head.sha, None)
        if outcome:
            if state.is_default:
                await announcing.default_branch_ended(state, outcome)
                await self._schedule.judged(outcome)
            if is_own:
                await announcing.tests_ran(input, outcome)
            if outcome.workspace and outcome.workspace.protected_head:
                await self._config.look()
            self._merge.decide(outcome)
            if autofix.is_automatic(state, outcome):
                state.requests.append(HeadRequest(BranchRequest("fix"), sha=outcome.result.head_sha))

    async def _outcome(self, input: GateInput) -> GateOutcome | None:
        """The child's outcome; None when it ended without one, and then its check runs are ended here."""
        head = input.head
        try:
            self._gate = await workflow.start_child_workflow(
                QualityGateWorkflow.run,
                input,
                id=ids.quality_gate(head.repo.full_name, head.sha),
                execution_timeout=WorkflowTimeouts.QUALITY_GATE,
                parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
                static_summary=f"{head.repo.full_name} {head.sha[:12]}",
            )
            await self._end_outdated_gate()
            return await self._gate
        except WorkflowAlreadyStartedError:
            return await self._verdict_of_other(input)
        except STOPPED as error:
            if was_cancelled(error) and not self._gate:
                raise
            workflow.logger.error(f"gate=lost head={head.sha}", exc_info=trace_of(error))
            await complete_lost(input)
            return None

    async def _verdict_of_other(self, input: GateInput) -> GateOutcome | None:
        """The verdict of the gate that another branch's workflow runs for the same head. None where it ended without
        one, or does not cover this branch: then the head is gated here."""
        waiting = asyncio.create_task(gate_activities.await_gate(input))
        await workflow.wait_condition(
            lambda: waiting.done() or self._paused or self._gated.key != self._state.target.key
        )
        if not waiting.done():
            waiting.cancel()
            await workflow.wait([waiting])
        outcome = None if waiting.cancelled() or waiting.exception() else waiting.result()
        if (
            outcome
            and outcome.result.state not in ("cancelled", "superseded")
            and shared_heads.is_covered(self._state, outcome.result)
        ):
            return outcome
        self._gate_stopped = True
        return None

    async def _adopt_verdict(self) -> None:
        self._other_verdict = False
        outcome = await gate_activities.last_verdict(self._state.head)
        if outcome and shared_heads.adopt(self._state, outcome):
            self._merge.decide(outcome)

    async def _carry_out(self, request: HeadRequest) -> None:
        state = self._state
        if request.what.kind == "accept_baseline":
            if await accepting.accept(state, request):
                state.accepts = True
                if not head_requests.is_older_than_stop(state, request):
                    head_requests.start(state)
                state.run_again(request.what.checks)
        elif not state.verdict:
            # The head is still that of the request, and its gate was stopped before it had a verdict.
            if request.sha in ("", state.head.sha):
                await autofix.reply_to_fix(state.head, state.head.sha, command_replies.NO_VERDICT_TO_FIX)
        elif sha := await autofix.fix(state.head, state.verdict, request):
            state.own_sha = sha
            state.move_to(sha)


def _log_signal(event: BranchMessage) -> None:
    """Which delivery of GitHub this workflow received; none for what the bot looked up."""
    workflow.logger.info(f"signal={event.SIGNAL} delivery={event.delivery or 'none'}")
