"""A head whose checks ended because workers died is gated again once, when GitHub is asked for its pull request."""

from activities.model import Head, QualityCheck, QualityGateResult, RepoRef
from activities.quality_gate.types import GateOutcome
from activities.reporting import gate_states
from workflows.messages import PullChanged
from workflows.quality.branch_state import BranchState, GateTarget

HEAD = Head(RepoRef("octocat", "hello", 5), "a" * 40, "change", "main", pull=1)


def seen(sha: str, at: float, *, by_api: bool) -> PullChanged:
    head = Head(HEAD.repo, sha, HEAD.branch, HEAD.base_ref, pull=1)
    return PullChanged("synchronize", head, sent_at=at, from_api=by_api)


def gated(state: BranchState, *reasons: str) -> None:
    """The head's gate ends, with a check for each reason."""
    checks = tuple(QualityCheck(f"check-{n}", "error", 0.0, True, reason) for n, reason in enumerate(reasons))
    state_of_gate = "failed" if checks else "error"
    reason = "" if checks else gate_states.WORKER_DIED
    result = QualityGateResult(state.head.sha, "", state_of_gate, False, 0.0, checks, reason=reason)  # type: ignore[arg-type]
    state.gate_ended(state.gate_input("owner"), state.target, GateOutcome(result))


def branch() -> BranchState:
    state = BranchState(GateTarget(HEAD), "main")
    state.change_pull(seen(HEAD.sha, 1, by_api=False))
    return state


def needs_gate(state: BranchState) -> bool:
    return state.has_work


def test_a_head_is_gated_again_once() -> None:
    for reasons in ((gate_states.WORKER_DIED, "It failed."), ()):
        state = branch()
        gated(state, *reasons)
        state.change_pull(seen(HEAD.sha, 2, by_api=False))
        assert not needs_gate(state)
        state.change_pull(seen(HEAD.sha, 3, by_api=True))
        assert needs_gate(state)
        gated(state, *reasons)
        state.change_pull(seen(HEAD.sha, 4, by_api=True))
        assert not needs_gate(state)


def test_the_next_head_has_its_own_second_chance() -> None:
    state = branch()
    for at, sha in enumerate((HEAD.sha, "b" * 40), 5):
        state.change_pull(seen(sha, at, by_api=False))
        gated(state, gate_states.WORKER_DIED)
        state.change_pull(seen(sha, at, by_api=True))
        assert needs_gate(state)
        gated(state)


def test_a_failure_of_the_head_itself_is_a_verdict() -> None:
    state = branch()
    gated(state, "It failed.")
    state.change_pull(seen(HEAD.sha, 3, by_api=True))
    assert not needs_gate(state)
