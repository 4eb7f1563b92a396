"""What the workflow of a branch tells those of other branches that have the same head."""

from collections.abc import Sequence
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from activities.model import Head
    from activities.quality_gate.types import GateInput, GateOutcome
    from workflows import ids
    from workflows.failures import was_cancelled
    from workflows.messages import HeadGated, HeadLeft
    from workflows.quality import gate_activities, shared_heads
    from workflows.quality.branch_state import BranchState


async def share(state: BranchState, input: GateInput, outcome: GateOutcome) -> None:
    """The verdict is that of other branches too. What has changed while the gate ran is gated again first."""
    judged = [each.pull for each in outcome.result.pulls if each.pull.number]
    now = await gate_activities.pulls_now(replace(input, pulls=tuple(pull.number for pull in judged)))
    if now is not None and {(pull.number, pull.base_ref) for pull in now} != {
        (pull.number, pull.base_ref) for pull in judged
    }:
        state.run_all_again()
        return
    own, repo = workflow.info().workflow_id, state.head.repo
    heads = [Head(repo, "", pull.branch, pull=pull.number, fork=pull.fork) for pull in shared_heads.other_pulls(state)]
    branches = sorted({ids.branch_workflow(head) for head in heads} - {own})
    shared_heads.shares(state, input.head.sha, *branches)
    await tell(branches, HeadGated(input.head.sha, own, input.approved, input.overrides))


async def tell(branches: Sequence[str], message: HeadGated | HeadLeft) -> None:
    """Workflows of other branches. One that does not run hears of its pull request from GitHub, or from the
    reconciliation."""
    for branch in branches:
        try:
            await workflow.get_external_workflow_handle(branch).signal(message.SIGNAL, message)
        except FailureError as error:
            if was_cancelled(error):
                raise
            workflow.logger.info(f"branch={branch!r} signal={message.SIGNAL} reached=no")
