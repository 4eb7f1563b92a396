"""One head branch, for as long as it lives: the newest head is gated, older ones make way."""

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.quality_gate.types import GateEnding, GateInput, GateOutcome
    from workflows import ids
    from workflows.config import WorkflowTimeouts
    from workflows.failures import STOPPED, was_cancelled
    from workflows.messages import (
        AcceptBaseline,
        BranchOverview,
        BranchState,
        ContinuousQualityInput,
        Fix,
        GateTarget,
        PullChanged,
        Pushed,
    )
    from workflows.quality import auto_merge, autofix, branch_state, mending, publishing, requested
    from workflows.quality_gate import QualityGateWorkflow

_EVENTS_A_RUN = 4000
_NO_VERDICT = ("cancelled", "superseded")


@workflow.defn
class ContinuousQualityWorkflow(requested.Requested, mending.Mending):
    """Signals `pushed`, `pull_changed`, `rerun`, `fix`, `accept_baseline`, `trust`, `halt`, `override`; queries
    `get_status`, `get_stats`, `get_overview`.

    It is the only writer of its pull request's gate comment, runs one child gate at a time, merges where the
    repository's configuration says so, and ends when the branch is deleted or the pull request closes.
    """

    @workflow.init
    def __init__(self, branch: ContinuousQualityInput) -> None:
        self._branch = branch
        self._state = branch.state or BranchState(pull=branch.pull)
        self._closed = False
        self._child: ChildWorkflowHandle[QualityGateWorkflow, GateOutcome] | None = None
        self._running = GateTarget()
        self._attempt = 0
        self._stopped = False  # this workflow ended the running gate itself
        self._why = ""  # nothing is run for the branch any more
        self._asked: list[Fix | AcceptBaseline] = []
        self._merger = auto_merge.AutoMerge(branch, self._state)

    @workflow.run
    async def run(self, branch: ContinuousQualityInput) -> None:
        while True:
            await self._something_to_do()
            if self._wants_gate():
                await self._gate()
            elif self._wants_comment():
                await self._comment()
            elif self._asked:
                await self._carry_out(self._asked.pop(0))
            elif self._merger.due(self._held()):
                await self._merge()
            elif not workflow.all_handlers_finished():
                await workflow.wait_condition(workflow.all_handlers_finished)
            elif self._closed:
                return
            elif _long_history():
                workflow.continue_as_new(replace(self._branch, state=self._state))

    @workflow.signal
    async def pushed(self, event: Pushed) -> None:
        """A push. An event that comes late (an older one, or one whose successor is known) changes nothing."""
        state = self._state
        if not event.sha:
            return await self._close("The branch was deleted.")
        if branch_state.comes_late(state, event) or (
            branch_state.before_pull(state, event) and workflow.patched("push-before-pull")
        ):
            return None
        state.pushed_at = event.sent_at
        self._closed = False
        branch_state.remember_old(state, event.before)
        branch_state.new_head(state, event.sha)
        branch_state.based_on(state, event, self._is_default())
        return await self._make_way()

    @workflow.signal
    async def pull_changed(self, event: PullChanged) -> None:
        """The pull request of this branch: its number, its base, whether it is a draft."""
        state = self._state
        if event.action == "closed":
            return await self._pull_closed(event.number)
        if (event.action == "reopened" or event.asked) and event.number in state.closed_pulls:
            state.closed_pulls.remove(event.number)
        if branch_state.pull_comes_late(state, event):
            return None
        state.pull_at = max(event.sent_at, state.pull_at)
        self._closed = False
        first_told = state.pull != event.number
        state.pull, state.draft = event.number, event.draft
        if branch_state.is_newest(state, event):
            branch_state.new_head(state, event.head_sha)
        if event.base_ref != (state.wanted.base_ref or self._branch.default_branch):
            state.wanted = GateTarget(state.wanted.sha, event.base_ref, round=state.wanted.round)
        elif first_told and state.outcome and state.outcome.plan and state.outcome.plan.left_out:
            state.wanted = GateTarget(state.wanted.sha, state.wanted.base_ref, round=state.wanted.round + 1)
        return await self._make_way()

    @workflow.query
    def get_status(self) -> str:
        """`gating <sha>`, the last verdict, or `waiting`."""
        if self._child:
            return f"gating {self._running.sha}"
        return self._state.outcome.result.state if self._state.outcome else "waiting"

    @workflow.query
    def get_stats(self) -> dict[str, int]:
        """How many gates ran, on how many heads."""
        attempts = self._state.attempts
        return {"gates": sum(attempts.values()), "heads": len(attempts)}

    @workflow.query
    def get_overview(self) -> BranchOverview:
        """How the branch stands, for `/status`."""
        return branch_state.overview(self._state, gating=self._child is not None, waiting=self._wants_gate())

    async def _something_to_do(self) -> None:
        """Without a merge that waits there is no time-out, and so no timer."""
        with contextlib.suppress(asyncio.TimeoutError):
            await workflow.wait_condition(self._has_work, timeout=self._merger.pause(self._held()))

    def _has_work(self) -> bool:
        asked = bool(self._asked) or self._merger.due(self._held())
        return self._wants_gate() or self._wants_comment() or asked or self._closed or _long_history()

    def _wants_gate(self) -> bool:
        state = self._state
        return bool(state.wanted.sha) and not self._held() and state.wanted.key != state.done.key

    def _wants_comment(self) -> bool:
        state = self._state
        return bool(state.pull and state.outcomes) and state.commented != (state.pull, state.outcomes)

    def _held(self) -> bool:
        return self._closed or self._state.draft or self._state.halted

    def _is_default(self) -> bool:
        return self._branch.branch == self._branch.default_branch and not self._branch.fork

    async def _merge(self) -> None:
        """Once merged, the branch has served: GitHub's own event may come, or not."""
        if await self._merger.attempt():
            await self._pull_closed(self._state.pull)

    async def _pull_closed(self, number: int) -> None:
        self._state.closed_pulls = [*self._state.closed_pulls[-branch_state.REMEMBERED :], number]
        if self._state.pull in (number, 0):
            await self._close("The pull request was closed.")

    async def _close(self, reason: str) -> None:
        self._closed, self._why = True, reason
        await self._make_way()

    async def _make_way(self) -> None:
        """Ends the running gate when it is not, or no longer, what the branch wants."""
        wanted = self._state.wanted
        if not self._child or self._stopped or (not self._held() and self._running.key == wanted.key):
            return
        self._stopped = True
        if wanted.sha != self._running.sha and not self._held():
            await self._tell_child(QualityGateWorkflow.superseded, GateEnding(self._attempt, newer_sha=wanted.sha))
        else:
            await self._tell_child(QualityGateWorkflow.stop, GateEnding(self._attempt, self._reason()))

    def _reason(self) -> str:
        if self._closed or self._state.halted:
            return self._why
        return "The pull request is a draft now." if self._state.draft else "It is run again."

    async def _tell_child(self, signal: Any, ending: GateEnding) -> None:
        """A gate that ends at this very moment needs no telling."""
        assert self._child
        try:
            await self._child.signal(signal, ending)
        except FailureError as error:
            if was_cancelled(error):
                raise
            workflow.logger.info("the gate had ended already")

    async def _gate(self) -> None:
        state = self._state
        self._running, self._stopped = state.wanted, False
        request = branch_state.gate_request(self._branch, state, self._running, publishing.owner_key())
        self._attempt = request.attempt
        outcome = await self._outcome(request)
        self._child = None
        ended = outcome is None or outcome.result.state in _NO_VERDICT
        state.done = GateTarget() if ended and self._stopped else self._running
        branch_state.count(state, request)
        if outcome and not ended:
            state.outcome = outcome
            state.outcomes += 1
            if branch_state.pull_came_meanwhile(state, request, outcome) and workflow.patched("pull-came-meanwhile"):
                state.wanted = replace(state.wanted, round=state.wanted.round + 1)
            self._merger.judge(outcome)
            if autofix.by_itself(self._branch, state, outcome):
                self._asked.append(Fix(outcome.result.head_sha))

    async def _outcome(self, request: GateInput) -> GateOutcome | None:
        """The child's outcome; None when it ended without one, and then its check runs are ended here."""
        try:
            self._child = await workflow.start_child_workflow(
                QualityGateWorkflow.run,
                request,
                id=ids.quality_gate(request.repo.full_name, request.head_sha),
                execution_timeout=WorkflowTimeouts.QUALITY_GATE,
                parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
                static_summary=f"{request.repo.full_name} {request.head_sha[:12]}",
            )
            await self._make_way()
            return await self._child
        except WorkflowAlreadyStartedError:
            return await autofix.verdict_of(request)
        except STOPPED as error:
            if was_cancelled(error) and not self._child:
                raise
            workflow.logger.error("a gate ended without a verdict", exc_info=error)
            await publishing.end_lost(request)
            return None

    async def _comment(self) -> None:
        state = self._state
        state.commented = (state.pull, state.outcomes)
        if state.outcome and state.outcome.result.head_sha == state.wanted.sha:
            await publishing.comment(self._branch.repo, state.pull, state.outcome)

    async def _carry_out(self, asked: Fix | AcceptBaseline) -> None:
        state = self._state
        outcome = branch_state.verdict(state)
        if not outcome:
            await self._nothing_to_fix(asked)
        elif isinstance(asked, Fix):
            if sha := await autofix.fix(self._branch, state.pull, outcome, asked):
                state.own_sha = sha
                branch_state.new_head(state, sha)
        elif await autofix.accept(self._branch.repo, outcome, asked):
            state.wanted = branch_state.once_more(state, (asked.check,))

    async def _nothing_to_fix(self, asked: Fix | AcceptBaseline) -> None:
        """Said where the head is still that of the request, and its gate was held before it had a verdict."""
        here = isinstance(asked, Fix) and asked.sha in ("", self._state.wanted.sha)
        if here and workflow.patched("nothing-to-fix-is-told"):
            await autofix.say(self._branch, self._state.pull, self._state.wanted.sha, autofix.NO_VERDICT)


def _long_history() -> bool:
    info = workflow.info()
    return info.is_continue_as_new_suggested() or info.get_current_history_length() > _EVENTS_A_RUN
