"""What is said of a check of a repository's CI: one plain sentence each."""

from collections.abc import Mapping

from activities.github.ci.classification import JudgedCheck
from activities.planned_changes.types import CiKind
from activities.redaction import redact
from activities.reporting.markdown import inert

STATUSES = "commit statuses"
STATUSES_UNREADABLE = (
    "Autobuild may not read commit statuses here, so some checks may be unseen: grant it read access to them."
)
NOT_BEGUN = "The base branch requires it, and it has not begun."
_NO_CHECK_YET = "A workflow was started, and has no check yet."
_NO_CHECK = "A workflow ended before any check began, as with a broken workflow file."

_PASSED = {"neutral": "It ended as neutral, which counts as passed.", "skipped": "It was skipped."}
_RUNNING = {"in_progress": "It is running.", "waiting": "It waits for a person's approval."}
_NO_VERDICT: Mapping[str, str] = {
    "action_required": "A person has to do something there before it goes on.",
    "cancelled": "It was cancelled.",
    "stale": "GitHub gave it up, since it never ended.",
    "startup_failure": "It could not be started.",
    "timed_out": "It ran out of time.",
}
_BY_WORD: Mapping[CiKind, tuple[Mapping[str, str], str]] = {
    "passed": (_PASSED, "It passed."),
    "running": (_RUNNING, "It has not begun, or has not ended."),
    "older": ({}, "It fails on the commit before this change as well."),
    "infrastructure": (_NO_VERDICT, "It ended without a verdict."),
}
"""The sentence for GitHub's word, and the one for every other word."""


def reason(check: JudgedCheck) -> str:
    """Why the check is of its kind."""
    run = check.run
    if check.kind == "failed":
        return _saying("It failed", run.title)
    if check.kind == "infrastructure" and run.word == "error":
        return _saying("It reports an error of its own", run.title)
    if check.kind == "flaky":
        return f"It both failed and passed on this commit; last it {run.state}."
    words, otherwise = _BY_WORD[check.kind]
    return words.get(run.word, otherwise)


def without_check(workflow: JudgedCheck) -> str:
    """The same of a workflow's run that has no check."""
    return _NO_CHECK_YET if workflow.kind == "running" else _NO_CHECK


def _saying(sentence: str, title: str) -> str:
    said = inert(redact(title), 100).rstrip(".")
    return f"{sentence}: {said}." if said else f"{sentence}."
