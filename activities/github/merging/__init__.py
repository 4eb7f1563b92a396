"""A pull request merged as its branch's rules allow, or the reason why not.

What GitHub would enforce is asked first: an app that may pass by a rule must not do so unseen.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from activities.errors import UserError
from activities.github.activity_errors import github_activity
from activities.github.errors import Conflict, Unavailable, Validation
from activities.github.merging import branch_protection, required_checks
from activities.github.merging.branch_protection import MergeRules
from activities.github.merging.errors import Protected, is_rule
from activities.github.types.pulls import MergeInput, MergeMethod, MergeResult
from activities.github.urls import names
from activities.reporting import code, escape_markdown

if TYPE_CHECKING:
    from activities.github.client import API, GitHub

Json = Mapping[str, Any]

# GitHub works out in the background whether a pull can be merged; most take it a second or two.
_THINKING_S = 5.0
# Refusals that another try may not meet.
_PASSING = ("base branch was modified", "already in progress")


class MergeActivities:
    """It may run again."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def merge_pull_request(self, input: MergeInput) -> MergeResult:
        """Merged at just this head and within the branch's rules, or what it waits for.

        Raises `UserError` for what a person must do, and what is tried again where GitHub has not decided yet.
        """
        api = await self._github.installation(input.repo, {"contents": "write", "pull_requests": "read"})
        pull = await _pull(api, input)
        if pull["merged"]:
            return MergeResult(str(pull["merge_commit_sha"]), changed=False)
        method, waits_for = await _examine(self._github, api, input, pull)
        if waits_for:
            return MergeResult("", changed=False, waits_for=waits_for)
        try:
            return await _merge(api, input, method)
        except (Conflict, Validation) as error:
            return await _refused(self._github, api, input, error)


async def _pull(api: "API", input: MergeInput) -> Json:
    """The pull at the head and for the base that are meant, open or merged."""
    pull: Json = await api.getitem("/repos/{owner}/{repo}/pulls/{number}", names(input.repo, number=str(input.number)))
    head = str(pull["head"]["sha"])
    if head != input.head_sha.lower():
        was = "was merged at" if pull["merged"] else "is at"
        raise UserError(f"#{input.number} {was} {head}, and {input.head_sha} was to be merged: look at it anew.")
    base = str(pull["base"]["ref"])
    if input.base and base != input.base and not pull["merged"]:
        raise UserError(f"#{input.number} goes into {code(base)} now, and not into {code(input.base)}.")
    if pull["state"] == "closed" and not pull["merged"]:
        raise UserError(f"#{input.number} is closed: reopen it to have it merged.")
    return pull


async def _examine(github: "GitHub", api: "API", input: MergeInput, pull: Json) -> tuple[MergeMethod, tuple[str, ...]]:
    """How to merge, and what to wait for before."""
    base = str(pull["base"]["ref"])
    _refuse(pull)
    rules = await branch_protection.read(api, input.repo, base)
    method = _method(input, rules, base)
    found = await required_checks.standing(github, input.repo, str(pull["head"]["sha"]), rules.checks)
    if found.failed:
        raise UserError(f"#{input.number} cannot be merged: {_listed(found.failed)} must pass first.")
    waits_for = [*found.waiting, *await _approvals(api, input, rules.approvals)]
    if pull["mergeable_state"] == "blocked" and not waits_for:
        # A classic protection tells an app nothing of the reviews that it wants.
        waits_for = [f"a review, or what else the rules of {base} want"]
    return method, tuple(waits_for)


def _refuse(pull: Json) -> None:
    """What stands in the way whatever the rules are."""
    number, base, state = pull["number"], code(str(pull["base"]["ref"])), pull["mergeable_state"]
    if pull["draft"]:
        raise UserError(f"#{number} is a draft: mark it as ready for review first.")
    if pull["mergeable"] is None or state == "unknown":
        raise Unavailable(f"GitHub has not worked out yet whether #{number} can be merged.", _THINKING_S)
    if state == "dirty" or pull["mergeable"] is False:
        raise UserError(f"#{number} conflicts with {base}: merge {base} into it and resolve the conflicts.")
    if state == "behind":
        raise UserError(f"#{number} is behind {base}, whose rules want it up to date: merge {base} into it first.")


def _method(input: MergeInput, rules: MergeRules, base: str) -> MergeMethod:
    if rules.queue:
        raise UserError(f"{code(base)} takes changes through its merge queue only: add #{input.number} to it.")
    if not rules.methods:
        raise UserError(f"The repository and the rules of {code(base)} allow no way to merge: allow one.")
    if input.method and input.method not in rules.methods:
        raise UserError(f"Merging by {input.method} is not allowed here: use {' or '.join(rules.methods)}.")
    return input.method or rules.methods[0]


async def _approvals(api: "API", input: MergeInput, approvals: int) -> list[str]:
    """How many are missing at least: whose approval counts is GitHub's to say."""
    if not approvals:
        return []
    last: dict[str, str] = {}
    async for review in api.getiter(
        "/repos/{owner}/{repo}/pulls/{number}/reviews?per_page=100", names(input.repo, number=str(input.number))
    ):
        if review["state"] in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
            last[str((review.get("user") or {}).get("login"))] = review["state"]
    missing = approvals - sum(state == "APPROVED" for state in last.values())
    return [f"{missing} more approval{'' if missing == 1 else 's'}"] if missing > 0 else []


async def _merge(api: "API", input: MergeInput, method: MergeMethod) -> MergeResult:
    body = {"sha": input.head_sha.lower(), "merge_method": method}
    body |= {"commit_title": input.title} if input.title else {}
    body |= {"commit_message": input.message} if input.message else {}
    done = await api.put(
        "/repos/{owner}/{repo}/pulls/{number}/merge", names(input.repo, number=str(input.number)), data=body
    )
    return MergeResult(str(done["sha"]), changed=True)


async def _refused(github: "GitHub", api: "API", input: MergeInput, error: Conflict | Validation) -> MergeResult:
    """Why GitHub refused: something has changed since it was read, or by GitHub's own words."""
    pull = await _pull(api, input)
    if pull["merged"]:
        return MergeResult(str(pull["merge_commit_sha"]), changed=False)
    if isinstance(error, Conflict) or any(words in error.said.lower() for words in _PASSING):
        raise Conflict(f"#{input.number} is not merged yet: {error.said}", 1.0) from None
    if waits_for := (await _examine(github, api, input, pull))[1]:
        return MergeResult("", changed=False, waits_for=waits_for)
    if is_rule(error.said):
        raise Protected(str(pull["base"]["ref"]), error.said) from None
    if error.status == 405:
        raise UserError(f"GitHub does not merge #{input.number}: {escape_markdown(error.said, 500)}") from None
    raise error from None


def _listed(checks: tuple[str, ...]) -> str:
    return ", ".join(code(name) for name in checks)
