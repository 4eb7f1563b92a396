"""On which heads an acceptance counts, and which findings of a result can be accepted."""

from dataclasses import replace

import pytest

from activities.fingerprints import fingerprint
from activities.model import Acceptance, CheckResult, Finding, Head, QualityCheck, RepoRef, Severity, Status, ToolReport
from activities.quality_gate.accepted_baseline import acceptable_findings, counting_on_all, counts_on, may_concern

REPO = RepoRef("octocat", "hello", 1, id=5)
SEVEN = Head(REPO, "a" * 40, "change", "main", pull=7)
OF_PULL = Acceptance("1", REPO, "linting", ("x:0",), "octocat", "", "2026-11-30", "change", "main", pull=7)
OF_BRANCH = replace(OF_PULL, pull=0)
MERGED = replace(OF_PULL, merged=True)
GROUP = replace(SEVEN, pull=0, branch=f"gh-readonly-queue/main/pr-7-{'b' * 40}", base_sha="b" * 40)
MAIN = replace(SEVEN, pull=0, branch="main")


@pytest.mark.parametrize(
    ("acceptance", "head"),
    [
        (OF_PULL, SEVEN),
        (OF_PULL, replace(SEVEN, sha="c" * 40)),
        (replace(OF_PULL, fork=True), replace(SEVEN, fork=True)),
        (OF_PULL, GROUP),
        (OF_BRANCH, replace(SEVEN, pull=0)),
        (MERGED, MAIN),
        (MERGED, replace(SEVEN, pull=9)),
        (MERGED, replace(GROUP, branch=f"gh-readonly-queue/main/pr-9-{'b' * 40}")),
        (replace(MERGED, base="release"), replace(MAIN, branch="release")),
        (replace(OF_PULL, repo=replace(REPO, id=0)), SEVEN),
    ],
)
def test_it_counts(acceptance: Acceptance, head: Head) -> None:
    assert may_concern(acceptance, head)
    assert counts_on(acceptance, head)


@pytest.mark.parametrize(
    ("acceptance", "head"),
    [
        (OF_PULL, replace(SEVEN, pull=9)),
        (OF_PULL, replace(SEVEN, pull=0)),
        (OF_PULL, replace(SEVEN, base_ref="mine")),
        (OF_PULL, MAIN),
        (OF_PULL, replace(GROUP, branch=GROUP.branch.replace("pr-7", "pr-77"))),
        (OF_PULL, replace(GROUP, branch=GROUP.branch.replace("main", "mine"))),
        (OF_PULL, replace(GROUP, base_sha="")),
        (OF_PULL, replace(GROUP, fork=True)),
        (OF_BRANCH, SEVEN),
        (OF_BRANCH, replace(SEVEN, pull=0, branch="other")),
        (OF_BRANCH, replace(SEVEN, pull=0, fork=True)),
        (replace(OF_BRANCH, branch=""), replace(SEVEN, pull=0, branch="")),
        (MERGED, replace(SEVEN, base_ref="release")),
        (replace(MERGED, base="release"), replace(SEVEN, pull=9)),
        (OF_PULL, replace(SEVEN, repo=replace(REPO, id=6))),
    ],
)
def test_it_counts_nowhere_else(acceptance: Acceptance, head: Head) -> None:
    assert not counts_on(acceptance, head)


def test_a_commit_in_two_pulls_needs_each_finding_accepted_in_both() -> None:
    nine = replace(SEVEN, pull=9)
    in_seven = replace(OF_PULL, fingerprints=("x:0", "y:0"))
    in_nine = replace(OF_PULL, id="2", pull=9, fingerprints=("y:0", "z:0"))
    assert counting_on_all([in_seven, in_nine], [SEVEN]) == (in_seven,)
    assert counting_on_all([in_seven], [SEVEN, nine]) == ()
    both = counting_on_all([in_seven, in_nine], [SEVEN, nine])
    assert [(each.id, each.fingerprints) for each in both] == [("1", ("y:0",)), ("2", ("y:0",))]


def test_what_has_ended_is_said_and_does_not_count() -> None:
    ended = replace(OF_PULL, until="2026-01-01", ended="date")
    assert counting_on_all([ended], [SEVEN]) == (ended,)
    same = replace(OF_PULL, id="2")
    assert counting_on_all([ended, same], [SEVEN]) == (ended, same)


def result(*findings: Finding, status: Status = "failed", completed: bool = True) -> CheckResult:
    check = QualityCheck("linting", status, 0.0, required=True, reason="")
    return CheckResult(check, findings, (ToolReport("ruff", completed=completed),))


def finding(text: str, occurrence: int = 0, *, new: bool = True, severity: Severity = "error") -> Finding:
    mark = fingerprint("R1", "a.py", text, occurrence)
    return Finding("linting", "ruff", "R1", "a.py", 1, "m", severity, fingerprint=mark, new=new)


def test_new_findings_are_accepted_with_known_ones_of_the_same_kind() -> None:
    """The second of two equal lines is known only where two are accepted."""
    first, second, other = finding("x", new=False), finding("x", 1), finding("y", new=False)
    found = acceptable_findings(result(first, second, other), needs_end=False)
    assert found.fingerprints == tuple(sorted((first.fingerprint, second.fingerprint)))
    assert (found.complete, found.needs_end) == (True, False)


@pytest.mark.parametrize(
    ("judged", "complete"),
    [
        (result(finding("x"), status="neutral"), True),
        (result(finding("x"), status="error"), False),
        (result(finding("x"), status="timed_out"), False),
        (result(finding("x"), completed=False), False),
    ],
)
def test_what_was_not_looked_at_is_not_accepted(judged: CheckResult, complete: bool) -> None:
    assert acceptable_findings(judged, needs_end=False).complete is complete


def test_tests_and_critical_findings_need_an_end() -> None:
    assert acceptable_findings(result(finding("x")), needs_end=True).needs_end
    assert acceptable_findings(result(finding("x", severity="critical")), needs_end=False).needs_end
    known = finding("x", new=False, severity="critical")
    assert not acceptable_findings(result(known, finding("y")), needs_end=False).needs_end
