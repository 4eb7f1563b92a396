"""What people ask of a branch's head: the rules by which a request changes the branch's state. Pure."""

from dataclasses import replace

from activities.model import SATISFIED
from activities.quality_gate.types import GateOverride
from workflows.messages import Override, Rerun
from workflows.quality.branch_state import BranchState


def rerun(state: BranchState, event: Rerun) -> bool:
    """False for a request on an older head: its verdict no longer matters."""
    if event.sha not in ("", state.head.sha):
        return False
    verdict = state.complete_verdict
    failed = tuple(one.name for one in verdict.result.checks if one.status not in SATISFIED) if verdict else ()
    state.stopped = False
    state.run_again(failed if event.checks == ("failed",) else event.checks, refresh=True)
    return True


def trust(state: BranchState, sha: str) -> bool:
    """A maintainer allows this head of a fork; the approval ends with the next push."""
    if sha != state.head.sha or (state.head.approved and not state.stopped):
        return False
    state.target = replace(state.target, head=replace(state.head, approved=True))
    state.stopped = False
    state.run_again(())
    return True


def override(state: BranchState, event: Override, reason: str) -> bool:
    """The head is judged again, without that check."""
    if event.sha != state.head.sha:
        return False
    bases = state.target.bases or (state.head.base_ref or state.default_branch,)
    state.overrides[event.check] = GateOverride(reason, bases)
    state.stopped = False
    state.run_again((event.check,))
    return True
