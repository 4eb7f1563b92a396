"""The state of a branch, for a person. Pure."""

from workflows.messages import BranchOverview
from workflows.quality.branch_state import BranchState


def overview(state: BranchState, *, gating: bool, waiting: bool) -> BranchOverview:
    """The state of the branch, for a person."""
    result = state.verdict.result if state.verdict else None
    return BranchOverview(
        head=state.head.sha,
        gating=gating,
        waiting=waiting,
        state=result.state if result else "",
        score=result.overall_score if result else 0.0,
        reason=result.reason if result else "",
        checks={check.name: check.status for check in result.checks} if result else {},
        stopped=bool(state.stopped),
        draft=state.draft,
        overrides={name: one.reason for name, one in state.overrides.items()},
        merges=bool(state.merge_sha),
        waits_for=state.merge_waits,
    )
