"""The one comment on each pull request of a branch: which head is being checked, then the verdict.

It never stays at the former where no verdict comes.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.comments import CommentActivities, GateCommentInput
    from activities.model import Head, QualityGateResult
    from activities.quality_gate.types import GateOutcome
    from activities.reporting import gate_states
    from workflows.activity_calls import until_done, write_from
    from workflows.config import RetryPolicies
    from workflows.failures import for_a_person, trace_of, was_cancelled
    from workflows.quality.branch_state import BranchState


async def show_verdict(state: BranchState) -> None:
    """On each pull request that does not show the newest verdict."""
    for pull in state.pulls:
        if pull.commented != state.outcomes:
            pull.commented = state.outcomes
            if shown := state.stopped_gate or state.verdict:
                await _write(state, pull.number, shown)


async def show_checking(state: BranchState) -> tuple[int, ...]:
    """That the head is being checked; the numbers of the pull requests that say so. Nobody waits for it: it is tried
    once, and a fork's head that nobody approved is not checked."""
    if not state.head.trusted or state.stopped:
        return ()
    head, last = state.head, state.outcome
    numbers = tuple(pull.number for pull in state.pulls if not pull.draft)

    async def show(number: int) -> None:
        input = _input(state, replace(head, pull=number), last)
        await _comment(state, replace(input, checking=True), "", RetryPolicies.no_retry())

    await asyncio.gather(*map(show, numbers))
    return numbers


async def show_end(state: BranchState, head: Head, numbers: Sequence[int], outcome: GateOutcome | None) -> None:
    """On pull requests that say that `head` is being checked: its gate has ended without a verdict, and no other one
    follows."""
    lost = QualityGateResult(head.sha, "", "error", False, 0.0, reason=gate_states.RUN_LOST)
    for number in numbers:
        await _write(state, number, outcome or GateOutcome(lost))


async def _write(state: BranchState, number: int, outcome: GateOutcome) -> None:
    """From the host that has the findings; without them where that is gone."""
    head = replace(state.head, sha=outcome.result.head_sha, pull=number)
    queue = outcome.workspace.queue if outcome.workspace else ""
    await _comment(state, _input(state, head, outcome), queue, until_done())


def _input(state: BranchState, head: Head, outcome: GateOutcome | None) -> GateCommentInput:
    runs = dict(outcome.run_ids) if outcome else {}
    return GateCommentInput(head, outcome.result if outcome else None, runs, state.comment_ids.get(head.pull, 0))


async def _comment(state: BranchState, input: GateCommentInput, queue: str, retry: RetryPolicy) -> None:
    """The branch outlives a comment that GitHub does not take."""
    try:
        written = await write_from(queue, CommentActivities.update_gate_comment, input, retry)
        state.comment_ids[input.head.pull] = written.id
    except ActivityError as error:
        if was_cancelled(error):
            raise
        if input.checking or for_a_person(error, ""):
            workflow.logger.warning(f"pull={input.head.pull} comment=not_written why={str(error.cause)!r}")
        else:
            workflow.logger.error(f"pull={input.head.pull} comment=refused", exc_info=trace_of(error))
