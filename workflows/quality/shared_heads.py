"""One commit may be the head of several branches: what their workflows know of each other. Pure."""

from dataclasses import replace

from activities.model import HeadPull, QualityGateResult
from activities.quality_gate.types import GateOutcome
from workflows.messages import HeadGated
from workflows.quality.branch_state import BranchState


def other_was_gated(state: BranchState, event: HeadGated) -> None:
    """What another branch with this head knows of it."""
    shares(state, event.sha, event.by)
    state.approved = tuple(sorted({*state.approved, *event.approved}))
    for check, other in event.overrides.items():
        own = state.overrides.get(check, other)
        state.overrides[check] = replace(own, bases=tuple(sorted({*own.bases, *other.bases})))


def other_has_left(state: BranchState, sha: str) -> None:
    """The verdict counts a pull request that has another head now, or is closed."""
    if sha == state.head.sha and state.head.sha:
        state.approved = ()  # what holds still is said again
        state.run_all_again()


def shares(state: BranchState, sha: str, *branches: str) -> None:
    """These workflows of other branches have the same head."""
    state.shared[sha] = tuple(sorted({*state.shared.get(sha, ()), *branches}))


def left(state: BranchState, *, closed: bool) -> str:
    """A head that this branch has left, and whose other branches have not been told; "" where there is none."""
    return next((sha for sha in state.shared if closed or sha != state.head.sha), "")


def adopt(state: BranchState, outcome: GateOutcome) -> bool:
    """The verdict of a gate that another branch's workflow ran for this head. Where it does not cover what is known
    here, the head is gated again. Whether it is this branch's verdict now."""
    result = outcome.result
    if result.head_sha != state.head.sha or outcome == state.outcome:
        return False
    if not is_covered(state, result):
        state.run_all_again()
        return False
    if state.has_work and not state.target.rerun_count:
        state.done = state.target
    state.outcome, state.outcomes, state.stopped_gate = outcome, state.outcomes + 1, None
    state.accepts = state.accepts or bool(outcome.accepted)
    if state.is_default:
        state.judged.ended(result)
    return True


def is_covered(state: BranchState, result: QualityGateResult) -> bool:
    """Whether a verdict is about all open pull requests of this branch, and knows of the approval. One about a pull
    request is the default branch's too where it was compared with the same commit."""
    if state.is_default and not state.pulls and result.base_sha != state.head.base_sha:
        return False
    judged = {(each.pull.number, each.pull.base_ref): each.state for each in result.pulls}
    own = [judged.get((pull.number, pull.base_ref)) for pull in state.pulls]
    return all(own) and not (state.head.approved and "refused" in own)


def other_pulls(state: BranchState) -> list[HeadPull]:
    """Pull requests of other branches that the last verdict is about."""
    pulls = [each.pull for each in state.outcome.result.pulls if each.pull.number] if state.outcome else []
    own = {pull.number for pull in state.pulls}
    return [pull for pull in pulls if pull.number not in own and (pull.fork or pull.branch != state.head.branch)]
