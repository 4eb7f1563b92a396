"""The default branch: what a head is compared with, and whether the branch is red. Pure."""

from itertools import permutations
from typing import Any

import pytest

from activities.history import RedBranch
from activities.model import Head, QualityCheck, QualityGateResult, RepoRef
from activities.quality_gate.types import GateOutcome
from activities.reporting import gate_states
from workflows.messages import PullChanged, Pushed
from workflows.quality import late_events, shared_heads
from workflows.quality.branch_state import BranchState, GateTarget
from workflows.quality.default_branch import news_of, red_after

REPO = RepoRef("octocat", "hello", 5)
P, A, B, C, D = ("p" * 40, "a" * 40, "b" * 40, "c" * 40, "d" * 40)


def state_of(name: str = "main") -> BranchState:
    return BranchState(GateTarget(Head(REPO, branch=name)), "main")


def push(state: BranchState, sha: str, before: str, at: float) -> str:
    """What the head is compared with after this push."""
    state.push(Pushed(Head(REPO, sha, state.head.branch), before, sent_at=at))
    return state.head.base_sha


def failed(name: str = "unit_tests", *tests: str, status: Any = "failed", reason: str = "") -> QualityCheck:
    metrics = {"new_failures": list(tests)} if tests else {}
    return QualityCheck(name, status, 0.0, required=True, reason=reason, metrics=metrics)


def verdict(sha: str, *blocking: QualityCheck, state: Any = "") -> QualityGateResult:
    checks = (QualityCheck("linting", "passed", 100.0, required=True, reason=""), *blocking)
    state = state or ("failed" if blocking else "passed")
    names = tuple(each.name for each in blocking)
    return QualityGateResult(sha, P, state, can_merge=not blocking, overall_score=0.0, checks=checks, blocking=names)


def end(state: BranchState, result: QualityGateResult) -> None:
    state.gate_ended(state.gate_input("key"), state.target, GateOutcome(result))


def test_a_head_is_compared_with_the_last_one_that_was_judged() -> None:
    """Three merges within a second: two heads end without a verdict."""
    state = state_of()
    assert [push(state, A, P, 1), push(state, B, A, 1), push(state, C, B, 1)] == [P, P, P]
    end(state, verdict(C, failed()))
    assert push(state, D, C, 2) == C


def test_the_first_push_of_a_repository_has_nothing_to_be_compared_with() -> None:
    state = state_of()
    assert [push(state, A, "0" * 40, 1), push(state, B, A, 2)] == ["", ""]


def test_another_branch_is_compared_with_the_default_branch() -> None:
    state = state_of("change")
    assert [push(state, A, P, 1), push(state, B, A, 2)] == ["", ""]


def test_a_lost_push_does_not_hide_what_it_brought() -> None:
    state = state_of()
    push(state, A, P, 1)
    end(state, verdict(A))
    assert push(state, C, B, 3) == A


@pytest.mark.parametrize("status", ["error", "timed_out", "cancelled"])
def test_a_required_check_that_did_not_end_has_not_judged_its_head(status: str) -> None:
    state = state_of()
    push(state, A, P, 1)
    end(state, verdict(A, failed(status=status)))
    assert push(state, B, A, 2) == P


@pytest.mark.parametrize("how", ["error", "unchecked", "refused"])
def test_a_gate_without_a_verdict_has_not_judged_its_head(how: str) -> None:
    state = state_of()
    push(state, A, P, 1)
    end(state, verdict(A, state=how))
    assert push(state, B, A, 2) == P


def test_a_judged_head_that_comes_back_is_not_compared_with_itself() -> None:
    state = state_of()
    push(state, A, P, 1)
    end(state, verdict(A, failed()))
    push(state, B, A, 2)
    end(state, verdict(B))
    assert push(state, A, B, 3) == P
    end(state, verdict(A, failed()))
    assert push(state, C, A, 4) == A


def test_a_pull_requests_verdict_counts_on_the_default_branch_only_against_the_same_commit() -> None:
    """A pull request that is merged by moving the branch to its head: that may be looked at when its base is itself."""
    state = state_of()
    push(state, A, P, 1)
    assert shared_heads.is_covered(state, verdict(A))
    push(state, B, A, 2)
    end(state, verdict(B))
    push(state, C, B, 3)
    assert not shared_heads.is_covered(state, verdict(C))


def test_it_is_red_from_the_first_failed_head_until_one_passes() -> None:
    first = red_after(verdict(A, failed("unit_tests", "test_a")), "main", None)
    assert first == RedBranch("main", A, ("unit_tests",), ("test_a",))
    second = red_after(verdict(B, failed("linting")), "main", first)
    assert second == RedBranch("main", A, ("linting",), ())
    assert red_after(verdict(C), "main", second) is None


def test_a_gate_without_a_verdict_leaves_it_red_or_not() -> None:
    red = RedBranch("main", A)
    died = failed(status="error", reason=gate_states.WORKER_DIED)
    for before in (red, None):
        assert red_after(verdict(B, state="error"), "main", before) is before
        assert red_after(verdict(B, died), "main", before) is before


def test_only_what_nobody_heard_of_is_news() -> None:
    known = {"unit_tests": ("test_a",), "linting": ("x:0",)}
    before = RedBranch("main", A, ("unit_tests", "linting"), ("test_a",))
    assert news_of(before, A, None, known, {}) == before
    assert news_of(before, B, before, known, known) is None
    more = RedBranch("main", A, ("unit_tests", "linting"), ("test_a", "test_b"))
    marks = known | {"unit_tests": ("test_a", "test_b")}
    assert news_of(more, B, before, marks, known) == RedBranch("main", B, ("unit_tests",), ("test_b",))
    other = RedBranch("main", A, ("security",), ())
    assert news_of(other, B, before, {}, known) == RedBranch("main", B, ("security",), ())


@pytest.mark.parametrize("order", list(permutations([(A, P), (B, A), (C, B)])))
def test_the_first_pushes_may_come_in_any_order(order: list[tuple[str, str]]) -> None:
    """The workflow takes the one that GitHub shows, and hears of the others."""
    state = state_of()
    for sha, before in order:
        event = Pushed(Head(REPO, sha, "main"), before, sent_at=1)
        if sha == C:
            state.push(event)
        late_events.heard_of_default(state, event)
    assert (state.head.sha, state.head.base_sha) == (C, P)
    end(state, verdict(C))
    late_events.heard_of_default(state, Pushed(Head(REPO, C, "main"), B, sent_at=1))
    assert push(state, D, C, 2) == C


@pytest.mark.parametrize(
    ("sha", "before", "at", "unsure"),
    [
        (A, P, 5, True),  # older than C, which nobody can see before B's push comes
        (B, A, 5, False),  # C's own predecessor
        (D, C, 5, False),  # its successor
        (C, B, 5, False),  # itself
        (A, P, 4, False),
        (D, A, 6, False),
    ],
)
def test_of_two_pushes_in_one_second_the_newer_is_not_always_known(
    sha: str, before: str, at: float, unsure: bool
) -> None:
    state = state_of()
    push(state, C, B, 5)
    assert state.is_unsure(Pushed(Head(REPO, sha, "main"), before, sent_at=at)) is unsure


@pytest.mark.parametrize(
    ("sha", "at", "unsure"),
    [
        (A, 5, True),  # read from GitHub just before the push to B, or just after a push back to A
        (C, 5, True),
        (C, 7, True),
        (B, 5, False),
        (C, 6, False),
        (C, 8, False),
        (C, 0, False),
    ],
)
def test_of_a_push_and_a_pull_request_in_one_second_the_newer_is_not_known(sha: str, at: float, unsure: bool) -> None:
    state = state_of()
    push(state, A, P, 3)
    state.change_pull(PullChanged("opened", Head(REPO, A, "main", "other", pull=1), sent_at=3))
    push(state, B, A, 5)
    state.change_pull(PullChanged("edited", Head(REPO, B, "main", "other", pull=1), sent_at=7))
    assert state.is_unsure(PullChanged("synchronize", Head(REPO, sha, "main", "other", pull=1), sent_at=at)) is unsure
