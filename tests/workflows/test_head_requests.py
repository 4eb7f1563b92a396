"""What a request changes: which head its author could see, and what was said later."""

from dataclasses import replace
from itertools import permutations

import pytest

from activities.model import Head, RepoRef
from activities.quality_gate.types import GateOverride
from workflows.messages import BranchRequest, HeadRequest, PullChanged, Pushed, Said
from workflows.quality import head_requests
from workflows.quality.branch_state import BranchState, GateTarget

REPO = RepoRef("octocat", "hello", 5)
A, B = "a" * 40, "b" * 40
KINDS = ("rerun", "stop", "fix", "override", "accept_baseline", "trust")
LETS_PASS = ("fix", "override", "accept_baseline")


def push(sha: str, at: float, before: str = "") -> Pushed:
    return Pushed(Head(REPO, sha, "change"), before, sent_at=at)


def pull(sha: str, at: float, action: str = "synchronize") -> PullChanged:
    return PullChanged(action, Head(REPO, sha, "change", "main", pull=1), sent_at=at)  # type: ignore[arg-type]


def branch(*events: Pushed | PullChanged) -> BranchState:
    state = BranchState(GateTarget(Head(REPO, branch="change")), "main")
    for event in events:
        state.push(event) if isinstance(event, Pushed) else state.change_pull(event)
    return state


def request(kind: str, at: float, comment: int = 1, **more: object) -> HeadRequest:
    what = BranchRequest(kind, ("linting",) if kind != "trust" else (), "it is so", sha=B if kind == "trust" else "")  # type: ignore[arg-type]
    return replace(HeadRequest(what, "octocat", Said(at, comment), f"/{kind}", sha=B, seen_at=at), **more)  # type: ignore[arg-type]


def asked(state: BranchState, each: HeadRequest) -> str:
    return head_requests.apply(state, each, gating=not state.stopped and state.has_work, waiting=False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("events", "at", "seen"),
    [
        ([], 9, False),  # there is no head any more
        ([push(A, 1), push(B, 5, A)], 0, False),  # GitHub gave no time
        ([push(A, 1), push(B, 5, A)], 4, False),
        ([push(A, 1), push(B, 5, A)], 6, True),
        ([push(B, 5, A), push(A, 1)], 4, False),  # A's push comes late
        ([push(B, 5, A), push(A, 1)], 6, True),
        ([push(A, 1), pull(A, 2), pull(B, 20)], 9, False),  # B's push was lost: only GitHub's API knows of it
        ([push(A, 1), pull(A, 2), pull(B, 20), push(B, 5, A)], 9, True),  # and came then
        ([push(B, 1), push(A, 5, B), push(B, 9, A)], 2, False),  # a force push took B back: what was said of it ended
        ([push(B, 1), push(A, 5, B), push(B, 9, A)], 7, False),
        ([push(B, 1), push(A, 5, B), push(B, 9, A)], 10, True),
        ([push(B, 9, A), push(A, 5, B)], 7, False),
        ([push(A, 1), push(B, 5, A), pull(A, 6, "edited"), pull(B, 7)], 8, True),
    ],
)
def test_only_what_was_said_of_the_present_head_counts(
    kind: str, events: list[Pushed | PullChanged], at: float, seen: bool
) -> None:
    state = branch(*events)
    before = replace(state, heads=list(state.heads))
    refusal = asked(state, request(kind, at))
    assert bool(refusal) is not seen
    if not seen:
        assert state == before
        assert "\n" not in refusal


@pytest.mark.parametrize("kind", KINDS)
def test_within_one_second_only_what_starts_or_ends_a_gate_counts(kind: str) -> None:
    """An approval names its commit in full."""
    refusal = asked(branch(push(A, 1), push(B, 5, A)), request(kind, 5))
    assert bool(refusal) is (kind in LETS_PASS)
    opened = branch(push(B, 5), pull(B, 5, "opened"))
    assert asked(opened, request(kind, 5)) == ""  # nobody could see another head there
    opened.push(push(A, 6, B))
    assert asked(
        opened, replace(request(kind, 6, sha=A), what=replace(request(kind, 6).what, sha=A))
    ) == refusal.replace(B, A).replace(B[:12], A[:12])


@pytest.mark.parametrize("kind", LETS_PASS)
def test_github_tells_when_a_head_was_pushed_whose_push_was_not_heard(kind: str) -> None:
    """Its answer of this moment is all that the branch's workflow has."""
    assert head_requests.is_unsure(branch(pull(B, 9)), request(kind, 9))
    for pushed_at, counts in ((7.0, True), (9.0, False)):
        known = request(kind, 9, pushed_at=pushed_at)
        assert not head_requests.is_unsure(branch(pull(B, 9)), known)
        assert bool(asked(branch(pull(B, 9)), known)) is not counts
    assert asked(branch(pull(B, 9)), request(kind, 9, pushed_at=7.0, sha=A))
    # Pushed once before another head was there: when it came back is not known.
    assert asked(branch(push(A, 8), pull(B, 9)), request(kind, 9, pushed_at=7.0))
    assert not head_requests.is_unsure(branch(push(A, 1), push(B, 5, A)), request(kind, 4, seen_at=9))


@pytest.mark.parametrize("kind", ["rerun", "fix", "accept_baseline"])
def test_a_button_belongs_to_its_commit(kind: str) -> None:
    pressed = request(kind, 3, pressed=True)
    assert asked(branch(push(B, 5)), pressed) == ""
    assert asked(branch(push(B, 5), push(A, 6, B)), pressed)


STOP, RETEST = request("stop", 10, 1), request("rerun", 13, 2)
LATER_STOP = request("stop", 16, 3)
OVERRIDE = request("override", 14, 2)


@pytest.mark.parametrize(
    ("said", "stopped"),
    [
        ((STOP, RETEST), False),
        ((RETEST, LATER_STOP), True),
        ((STOP, RETEST, LATER_STOP), True),
        ((STOP, OVERRIDE), False),
        ((OVERRIDE, LATER_STOP), True),
        ((STOP, request("trust", 13, 2)), False),
        ((request("trust", 13, 2), LATER_STOP), True),
        ((request("fix", 13, 2), LATER_STOP), True),
        ((replace(STOP, said=Said(10, 1, 1)), replace(RETEST, said=Said(10, 1, 2))), False),  # in one comment
        ((replace(STOP, said=Said(10, 1)), replace(RETEST, said=Said(10, 2))), False),  # in one second
        ((replace(STOP, said=Said(10, 2)), replace(RETEST, said=Said(10, 1))), True),
        ((STOP, replace(RETEST, pressed=True, said=Said(10, Said.BY_BUTTON))), False),
    ],
)
def test_the_last_word_counts_in_whatever_order_it_arrives(said: tuple[HeadRequest, ...], stopped: bool) -> None:
    for order in permutations(said):
        state = branch(push(B, 5))
        answers = [asked(state, each) for each in order]
        assert bool(state.stopped) is stopped, order
        late = [at for at, each in enumerate(order) if any(before.said > each.said for before in order[:at])]
        undone = [at for at in late if order[at].what.kind == "stop" or stopped]
        assert all(answers[at] for at in undone), (order, answers)
        if any(each.what.kind == "override" for each in said):  # what was said counts all the same
            assert "linting" in state.overrides
        if any(each.what.kind == "trust" for each in said):
            assert state.head.approved


def test_of_two_overrides_the_later_one_counts() -> None:
    first = request("override", 10, 1)
    second = replace(first, said=Said(12, 2), what=replace(first.what, reason="read again"))
    for order in ((first, second), (second, first)):
        state = branch(push(B, 5))
        for each in order:
            asked(state, each)
        assert state.overrides == {
            "linting": GateOverride("octocat", "Overridden by @octocat for this commit: read again", ("main",))
        }


def test_what_was_said_of_a_head_ends_with_it() -> None:
    state = branch(push(A, 1))
    asked(state, request("stop", 10, sha=A))
    assert state.stopped
    state.push(push(B, 12, A))
    assert (state.stopped, state.newest) == ("", {})
    assert asked(state, request("rerun", 13)) == ""
