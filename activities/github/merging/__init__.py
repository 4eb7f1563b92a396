"""A pull request merged as its branch's rules allow, or the reason why not.

What GitHub would enforce is asked first: an app that may pass by a rule must not do so unseen.
"""

from collections.abc import Mapping
from typing import Any

from activities.errors import UserError
from activities.github.client import GitHub
from activities.github.client.api import API
from activities.github.client.errors import Conflict, Unavailable, Validation
from activities.github.merging import branch_protection, required_checks
from activities.github.merging.branch_protection import MergeRules
from activities.github.merging.errors import Protected, is_rule
from activities.github.types.pulls import MergeInput, MergeMethod, MergeResult
from activities.reporting import code, escape_markdown

Json = Mapping[str, Any]

# GitHub works out in the background whether a pull can be merged; most take it a second or two.
_THINKING_S = 5.0
# Refusals that another try may not meet.
_PASSING = ("base branch was modified", "already in progress")


async def merge(github: GitHub, wanted: MergeInput) -> MergeResult:
    """Merges, if the head is still the wanted one. Raises `UserError` for what a person must do, and what is tried
    again where GitHub has not made up its mind."""
    api = await github.installation(wanted.repo, {"contents": "write", "pull_requests": "read"})
    pull = await _pull(api, wanted)
    if pull["merged"]:
        return MergeResult(str(pull["merge_commit_sha"]), changed=False)
    method, waits_for = await _examine(github, api, wanted, pull)
    if waits_for:
        return MergeResult("", changed=False, waits_for=waits_for)
    try:
        return await _merge(api, wanted, method)
    except (Conflict, Validation) as error:
        return await _refused(github, api, wanted, error)


async def _pull(api: API, wanted: MergeInput) -> Json:
    """The pull at the wanted head and for the wanted base, open or merged."""
    pull: Json = await api.getitem("/repos/{owner}/{repo}/pulls/{number}", _names(wanted))
    head = str(pull["head"]["sha"])
    if head != wanted.head_sha.lower():
        was = "was merged at" if pull["merged"] else "is at"
        raise UserError(f"#{wanted.number} {was} {head}, and {wanted.head_sha} was to be merged: look at it anew.")
    base = str(pull["base"]["ref"])
    if wanted.base and base != wanted.base and not pull["merged"]:
        raise UserError(f"#{wanted.number} goes into {code(base)} now, and not into {code(wanted.base)}.")
    if pull["state"] == "closed" and not pull["merged"]:
        raise UserError(f"#{wanted.number} is closed: reopen it to have it merged.")
    return pull


async def _examine(github: GitHub, api: API, wanted: MergeInput, pull: Json) -> tuple[MergeMethod, tuple[str, ...]]:
    """How to merge, and what to wait for before."""
    base = str(pull["base"]["ref"])
    _refuse(pull)
    rules = await branch_protection.read(api, wanted.repo, base)
    method = _method(wanted, rules, base)
    found = await required_checks.standing(github, wanted.repo, str(pull["head"]["sha"]), rules.checks)
    if found.failed:
        raise UserError(f"#{wanted.number} cannot be merged: {_listed(found.failed)} must pass first.")
    waits_for = [*found.waiting, *await _approvals(api, wanted, rules.approvals)]
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


def _method(wanted: MergeInput, rules: MergeRules, base: str) -> MergeMethod:
    if rules.queue:
        raise UserError(f"{code(base)} takes changes through its merge queue only: add #{wanted.number} to it.")
    if not rules.methods:
        raise UserError(f"The repository and the rules of {code(base)} allow no way to merge: allow one.")
    if wanted.method and wanted.method not in rules.methods:
        raise UserError(f"Merging by {wanted.method} is not allowed here: use {' or '.join(rules.methods)}.")
    return wanted.method or rules.methods[0]


async def _approvals(api: API, wanted: MergeInput, approvals: int) -> list[str]:
    """How many are missing at least: whose approval counts is GitHub's to say."""
    if not approvals:
        return []
    last: dict[str, str] = {}
    async for review in api.getiter("/repos/{owner}/{repo}/pulls/{number}/reviews?per_page=100", _names(wanted)):
        if review["state"] in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
            last[str((review.get("user") or {}).get("login"))] = review["state"]
    missing = approvals - sum(state == "APPROVED" for state in last.values())
    return [f"{missing} more approval{'' if missing == 1 else 's'}"] if missing > 0 else []


async def _merge(api: API, wanted: MergeInput, method: MergeMethod) -> MergeResult:
    body = {"sha": wanted.head_sha.lower(), "merge_method": method}
    body |= {"commit_title": wanted.title} if wanted.title else {}
    body |= {"commit_message": wanted.message} if wanted.message else {}
    done = await api.put("/repos/{owner}/{repo}/pulls/{number}/merge", _names(wanted), data=body)
    return MergeResult(str(done["sha"]), changed=True)


async def _refused(github: GitHub, api: API, wanted: MergeInput, error: Conflict | Validation) -> MergeResult:
    """Why GitHub refused: something has changed since it was read, or by GitHub's own words."""
    pull = await _pull(api, wanted)
    if pull["merged"]:
        return MergeResult(str(pull["merge_commit_sha"]), changed=False)
    if isinstance(error, Conflict) or any(words in error.said.lower() for words in _PASSING):
        raise Conflict(f"#{wanted.number} is not merged yet: {error.said}", 1.0) from None
    if waits_for := (await _examine(github, api, wanted, pull))[1]:
        return MergeResult("", changed=False, waits_for=waits_for)
    if is_rule(error.said):
        raise Protected(str(pull["base"]["ref"]), error.said) from None
    if error.status == 405:
        raise UserError(f"GitHub does not merge #{wanted.number}: {escape_markdown(error.said, 500)}") from None
    raise error from None


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(code(name) for name in names)


def _names(wanted: MergeInput) -> dict[str, str]:
    return {"owner": wanted.repo.owner, "repo": wanted.repo.name, "number": str(wanted.number)}
