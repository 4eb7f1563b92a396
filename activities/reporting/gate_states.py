"""Why a gate or a check ended as it did: the one-line reasons, without Markdown, since they are shown as titles too."""

from collections.abc import Mapping, Sequence

from activities.model import CONFIG_PATH, QualityCheck
from activities.reporting.wording import rounded_down

PULL_CLOSED = "The pull request was closed."
BRANCH_DELETED = "The branch was deleted."
DRAFT = "The pull request is a draft now."
RUN_AGAIN = "A newer run of the same commit replaced this one."
CANCELLED = "Cancelled on request."
RUN_LOST = "Internal error: the run was lost. Comment /retest to try again."
WORKER_DIED = "No verdict: the worker died each time that it ran this. Comment /retest to try again."
NOT_APPROVED = "This pull request comes from a fork and needs approval."
NOTHING_APPLIED = "Nothing was checked: no check applied to this change."
NOTHING_COUNTS = "No check has a verdict that counts; those that ran only inform."


def against(base: str, reason: str) -> str:
    """A reason that holds for one of the branches that a commit may be merged into."""
    return f"Into {base}: {reason}"


def superseded(newer_sha: str) -> str:
    """A gate whose head is not the branch's any more."""
    return f"Superseded by a newer commit, {newer_sha}."


def stopped_by(actor: str) -> str:
    """A gate that a person stopped."""
    return f"Stopped by @{actor}."


def overridden_by(actor: str, reason: str) -> str:
    """A check that a person has overridden."""
    return f"Overridden by @{actor} for this commit: {reason}"


def invalid_configuration(problem: str, line: int, path: str = CONFIG_PATH) -> str:
    """A gate that did not begin. `line` is 1-based, 0 where it is unknown."""
    return f"{path}{f' (line {line})' if line else ''}: {problem}"


def internal_error(workflow_id: str, *, retest: bool = False) -> str:
    """A failure that is not the repository's; its log is found by the workflow's id."""
    return f"Internal error (workflow {workflow_id}).{' Comment /retest to try again.' if retest else ''}"


def waiting_for_host(trouble: str) -> str:
    """A check or a gate that is held up by the trouble of its host, a clause."""
    return f"Waiting, because {trouble}."


def not_done_by_host(trouble: str) -> str:
    """What a person asked for, and the trouble of the host prevented."""
    return f"Not done, because {trouble}. Try again when that is fixed."


def host_time_over(trouble: str) -> str:
    """A gate whose time was over before its host's trouble was."""
    return f"The time for this gate is over, because {trouble}. Comment /retest when that is fixed."


def github_unavailable(sha: str, reason: str) -> str:
    """A commit that cannot be fetched now; it is tried again."""
    return f"GitHub is unavailable, so {sha} was not fetched: {reason}"


def not_fetched(sha: str) -> str:
    """A commit that GitHub does not have."""
    return f"{sha} could not be fetched. Was it removed by a force push?"


def check_timed_out(limit_s: float) -> str:
    """A check that was stopped."""
    return f"Timed out after {limit_s:g} s."


def verdict(
    blocking: Sequence[str],
    overridden: Mapping[str, str],
    *,
    scored: bool,
    score: float,
    threshold: float,
    informed: bool = False,
) -> str:
    """Why a change can be merged, or cannot. `scored`: any check has a score; `informed`: any only informs.
    `overridden`: check → login."""
    if blocking:
        return f"Required checks did not pass: {', '.join(blocking)}."
    if not scored:
        nothing = NOTHING_COUNTS if informed else NOTHING_APPLIED
        return f"No check has a verdict; overridden: {overrides(overridden)}." if overridden else nothing
    if score < threshold:
        return f"The score is {score:.1f}; at least {threshold:g} is required."
    passed = f"Overridden: {overrides(overridden)}; the others passed" if overridden else "All required checks passed"
    return f"{passed}; the score is {score:.1f} (at least {threshold:g} is required)."


def overrides(overridden: Mapping[str, str]) -> str:
    """ "linting by @octocat" for each check that a person has overridden."""
    return ", ".join(f"{check} by @{actor}" for check, actor in overridden.items())


def score_line(check: QualityCheck, *, satisfied: bool) -> str:
    """One check's part in the score. `satisfied`: its status lets a required check pass."""
    if check.score is None:
        note = ", which satisfies a required check" if check.required and satisfied else ""
        return f"{check.name} {check.status}{note}: not counted"
    note = "" if satisfied else f" ({check.status}, {'required' if check.required else 'optional'})"
    return f"{check.name} {rounded_down(check.score):.1f} x {check.weight:g}{note}"


def score_sum(counted: Sequence[tuple[float, float]], score: float, threshold: float) -> str:
    """The whole sum; `counted` are the (score, weight) of each check that has a score."""
    if not counted:
        return f"overall {score:.1f}: no check applied"
    total, weights = sum(each * weight for each, weight in counted), sum(weight for _, weight in counted)
    return f"overall {total:.1f} / {weights:g} = {score:.1f} {'>=' if score >= threshold else '<'} {threshold:g}"
