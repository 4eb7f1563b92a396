"""The verdict that commands imply, by hand."""

import pytest

from tests.chaos.pull_history import PullEvent, PullHistory, outcomes

A, B = "a" * 40, "b" * 40
READ = "/override linting I have read it"


def head(sha: str, at: int) -> PullEvent:
    return PullEvent("head", sha, at, at)


def said(text: str, sha: str, at: int, login: str = "octocat") -> PullEvent:
    return PullEvent("comment", sha, at, at, login, text, comment=at)


def history(*events: PullEvent, fork: bool = False, finding: bool = True) -> PullHistory:
    return PullHistory("octocat/x", 1, fork, {A: finding, B: finding}, list(events))


CASES = [
    # What counts for nothing.
    ((head(A, 1), said("/help", A, 5)), {"failure"}),
    ((head(A, 1), said(READ, A, 5, "stranger")), {"failure"}),
    ((head(A, 1), said("/stop", A, 5), head(B, 9)), {"failure"}),
    ((head(A, 1), said(READ, A, 5), head(B, 9)), {"failure"}),
    ((head(A, 1), PullEvent("closed", A, 3, 3), said(READ, A, 5), PullEvent("reopened", A, 9, 9)), {"failure", "success"}),
    # What counts.
    ((head(A, 1), said(READ, A, 5)), {"success"}),
    ((head(A, 1), head(B, 3), said(READ, B, 5)), {"success"}),
    ((head(A, 1), said("/stop", A, 5)), {"failure", "stopped"}),
    ((head(A, 1), said("/stop", A, 5), said("/retest", A, 8)), {"failure"}),
    ((head(A, 1), said("/retest", A, 5), said("/stop", A, 8)), {"failure", "stopped"}),
    ((head(A, 1), said("/stop", A, 5), said(READ, A, 8)), {"success"}),
    # What GitHub's times do not tell.
    ((head(A, 1), said(READ, A, 1)), {"failure", "success"}),
    ((head(A, 1), said(READ, A, 5), head(B, 5)), {"failure", "success"}),
    ((head(A, 1), said(READ, A, 5), PullEvent("closed", A, 7, 7), PullEvent("reopened", A, 9, 9)), {"failure", "success"}),
]  # fmt: skip


@pytest.mark.parametrize(("events", "expected"), CASES)
def test_commands_count_for_the_head_that_their_author_saw(events: tuple[PullEvent, ...], expected: set[str]) -> None:
    last = next(event.sha for event in reversed(events) if event.kind == "head")
    assert outcomes([history(*events)], [], last, ()) == expected


def test_a_comment_that_github_lost_counts_for_nothing() -> None:
    assert outcomes([history(head(A, 1), said(READ, A, 5))], [], A, {5}) == {"failure"}


def test_a_fork_waits_for_the_approval_of_its_head() -> None:
    approval = f"/ok-to-test {A}"
    assert outcomes([history(head(A, 1), fork=True)], [], A, ()) == {"refused"}
    assert outcomes([history(head(A, 1), said(approval, A, 5), fork=True)], [], A, ()) == {"failure"}
    assert outcomes([history(head(A, 1), said(approval, A, 5), head(B, 9), fork=True)], [], B, ()) == {"refused"}
    assert outcomes([history(head(A, 1), head(B, 3), said(approval, B, 5), fork=True)], [], B, ()) == {"refused"}


def test_a_commit_of_two_pulls_has_one_verdict() -> None:
    first, second = history(head(A, 1), said(READ, A, 5)), history(head(A, 3))
    assert outcomes([first, second], [], A, ()) == {"success"}
    assert outcomes([second], [first], A, ()) == {"failure", "success"}
