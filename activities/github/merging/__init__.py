"""A pull request merged as its branch's rules allow, or the reason why not.

What GitHub would enforce is checked first: an app that may bypass a rule must not do so unseen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.errors import UserError
from activities.github.activity_errors import github_activity, required_github_activity
from activities.github.errors import Conflict, NotFound, Protected, Unavailable, Validation, is_rule
from activities.github.merging import branch_protection, required_checks
from activities.github.merging.branch_protection import MergeMethod
from activities.github.urls import url_values
from activities.model import RepoRef
from activities.reporting import github_errors as texts

if TYPE_CHECKING:
    from activities.github.client import API, GitHub

Json = Mapping[str, Any]

# GitHub works out in the background whether a pull can be merged; most take it a second or two.
_MERGEABILITY_S = 5.0
# Refusals that another try may not meet.
_PASSING = ("base branch was modified", "already in progress")


@dataclass(frozen=True)
class MergeInput:
    """Merge this pull, if `head_sha` (40 hex digits) is still its head, and `base` the branch that it goes into (""
    any). `title` and `message` "" are GitHub's own."""

    repo: RepoRef
    number: int
    head_sha: str
    method: MergeMethod = ""
    title: str = ""
    message: str = ""
    base: str = ""


@dataclass(frozen=True)
class MergeResult:
    """`sha` is the commit on the base branch. `changed` False with a `sha`: it had been merged before.

    Without a `sha` nothing was merged yet, and `waits_for` names what may still come (required checks that run or have
    not begun, approvals): ask again later. What the pull's author must do is a `UserError` instead.
    """

    sha: str
    changed: bool
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class RequiredChecksInput:
    """What does this branch require of a merge?"""

    repo: RepoRef
    branch: str


@dataclass(frozen=True)
class RequiredChecksResult:
    """Names of check runs and statuses, sorted."""

    checks: tuple[str, ...]


class MergeActivities:
    """Each may run again."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def merge_pull_request(self, input: MergeInput) -> MergeResult:
        """Merges a pull request at this exact head, or returns what blocks it.

        The branch's rules are kept. Raises `UserError` for what a person must do, and an error that is retried where
        GitHub has not decided yet.
        """
        api = await self._github.installation(input.repo, {"contents": "write", "pull_requests": "read"})
        pull = await _pull(api, input)
        if pull["merged"]:
            return MergeResult(str(pull["merge_commit_sha"]), changed=False)
        method, waits_for = await _examine(self._github, api, input, pull)
        if waits_for:
            return MergeResult("", changed=False, waits_for=waits_for)
        body = {"sha": input.head_sha.lower(), "merge_method": method}
        body |= {"commit_title": input.title} if input.title else {}
        body |= {"commit_message": input.message} if input.message else {}
        try:
            done = await api.put("/repos/{owner}/{repo}/pulls/{number}/merge", _where(input), data=body)
        except (Conflict, Validation) as error:
            return await _after_refusal(self._github, api, input, error)
        return MergeResult(str(done["sha"]), changed=True)

    @required_github_activity
    async def list_required_checks(self, input: RequiredChecksInput) -> RequiredChecksResult:
        """Returns the checks that a branch's protection or rulesets require; none for a branch that does not exist."""
        api = await self._github.for_gate(input.repo, {"contents": "read"})
        try:
            rules = await branch_protection.read(api, input.repo, input.branch)
        except NotFound:
            return RequiredChecksResult(())
        return RequiredChecksResult(tuple(check.context for check in rules.checks))


async def _pull(api: "API", input: MergeInput) -> Json:
    """The pull at the head and for the base that are meant, open or merged."""
    pull: Json = await api.getitem("/repos/{owner}/{repo}/pulls/{number}", _where(input))
    head, merged = str(pull["head"]["sha"]), bool(pull["merged"])
    if head != input.head_sha.lower():
        raise UserError(texts.pull_has_other_head(input.number, head, input.head_sha, merged=merged))
    base = str(pull["base"]["ref"])
    if input.base and base != input.base and not merged:
        raise UserError(texts.pull_has_other_base(input.number, base, input.base))
    if pull["state"] == "closed" and not merged:
        raise UserError(texts.pull_closed(input.number))
    return pull


async def _examine(github: "GitHub", api: "API", input: MergeInput, pull: Json) -> tuple[MergeMethod, tuple[str, ...]]:
    """How to merge, and what to wait for before."""
    base = str(pull["base"]["ref"])
    _refuse(pull)
    rules = await branch_protection.read(api, input.repo, base)
    if rules.queue:
        raise UserError(texts.needs_merge_queue(input.number, base))
    if not rules.methods:
        raise UserError(texts.no_merge_method(base))
    if input.method and input.method not in rules.methods:
        raise UserError(texts.merge_method_not_allowed(input.method, rules.methods))
    checks = await required_checks.state_of(github, input.repo, str(pull["head"]["sha"]), rules.checks)
    if checks.failed:
        raise UserError(texts.checks_failed(input.number, checks.failed))
    waits_for = [*checks.waiting, *await _approvals(api, input, rules.approvals)]
    if pull["mergeable_state"] == "blocked" and not waits_for:
        # A classic protection does not show an app the reviews that it requires.
        waits_for = [texts.unknown_requirement(base)]
    return input.method or rules.methods[0], tuple(waits_for)


def _refuse(pull: Json) -> None:
    """What prevents a merge whatever the rules are."""
    number, base, state = int(pull["number"]), str(pull["base"]["ref"]), pull["mergeable_state"]
    if pull["draft"]:
        raise UserError(texts.pull_is_draft(number))
    if pull["mergeable"] is None or state == "unknown":
        raise Unavailable(texts.mergeability_unknown(number), _MERGEABILITY_S)
    if state == "dirty" or pull["mergeable"] is False:
        raise UserError(texts.pull_conflicts(number, base))
    if state == "behind":
        raise UserError(texts.pull_behind(number, base))


async def _approvals(api: "API", input: MergeInput, approvals: int) -> list[str]:
    """How many are missing at least: whose approval counts is GitHub's to say."""
    if not approvals:
        return []
    last: dict[str, str] = {}
    async for review in api.getiter("/repos/{owner}/{repo}/pulls/{number}/reviews?per_page=100", _where(input)):
        if review["state"] in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
            last[str((review.get("user") or {}).get("login"))] = review["state"]
    missing = approvals - sum(state == "APPROVED" for state in last.values())
    return [texts.missing_approvals(missing)] if missing > 0 else []


async def _after_refusal(github: "GitHub", api: "API", input: MergeInput, error: Conflict | Validation) -> MergeResult:
    """Why GitHub refused: something has changed since it was read, or by GitHub's own words."""
    pull = await _pull(api, input)
    if pull["merged"]:
        return MergeResult(str(pull["merge_commit_sha"]), changed=False)
    if isinstance(error, Conflict) or any(words in error.reason.lower() for words in _PASSING):
        raise Conflict(texts.not_merged_yet(input.number, error.reason), 1.0) from None
    if waits_for := (await _examine(github, api, input, pull))[1]:
        return MergeResult("", changed=False, waits_for=waits_for)
    if is_rule(error.reason):
        raise Protected(str(pull["base"]["ref"]), error.reason) from None
    if error.status == 405:
        raise UserError(texts.merge_refused(input.number, error.reason)) from None
    raise error from None


def _where(input: MergeInput) -> dict[str, str]:
    return url_values(input.repo, number=str(input.number))
