"""What a base branch requires of a merge: its protection and its rulesets, as far as an app may read them.

Reading all of a branch's protection needs administration rights; the branch itself shows which checks are required,
and the rules of rulesets are open to everyone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from activities.github.errors import Forbidden, NotFound
from activities.github.urls import url_values
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import API

Json = Mapping[str, Any]

MergeMethod = Literal["", "squash", "merge", "rebase"]
"""GitHub's words; "" is the first of squash, merge and rebase that the repository and its rules allow."""

# In the order in which they are chosen, with the repository's switch for each.
METHODS: Mapping[MergeMethod, str] = {
    "squash": "allow_squash_merge",
    "merge": "allow_merge_commit",
    "rebase": "allow_rebase_merge",
}


@dataclass(frozen=True, order=True)
class RequiredCheck:
    """A check run's name or a status's context; `app` 0 is any app's, else only that app's counts."""

    context: str
    app: int = 0


@dataclass(frozen=True)
class MergeRules:
    """`methods` are those that are allowed, the one to choose first. `approvals` is how many the rulesets require; what
    a classic protection requires of reviewers cannot be read. `queue`: only the merge queue merges."""

    methods: tuple[MergeMethod, ...]
    checks: tuple[RequiredCheck, ...]
    approvals: int
    queue: bool


async def read(api: "API", repo: RepoRef, branch: str) -> MergeRules:
    """The rules of `branch` as they are now; `api` may write contents, or GitHub hides the repository's switches."""
    where = url_values(repo, branch=branch)
    settings = await api.getitem("/repos/{owner}/{repo}", where)
    classic = await api.getitem("/repos/{owner}/{repo}/branches/{branch}", where)
    try:
        rules = [
            rule async for rule in api.getiter("/repos/{owner}/{repo}/rules/branches/{branch}?per_page=100", where)
        ]
    except (NotFound, Forbidden):  # the plan or an older Enterprise Server has no rulesets
        rules = []
    pulls = [_parameters(rule) for rule in rules if rule["type"] == "pull_request"]
    return MergeRules(
        methods=tuple(_methods(settings, rules, pulls)),
        checks=tuple(sorted({*_of_protection(classic), *_of_rulesets(rules)})),
        approvals=max((int(pull.get("required_approving_review_count") or 0) for pull in pulls), default=0),
        queue=any(rule["type"] == "merge_queue" for rule in rules),
    )


def _methods(settings: Json, rules: Iterable[Json], pulls: Iterable[Json]) -> Iterable[MergeMethod]:
    linear = any(rule["type"] == "required_linear_history" for rule in rules)
    lists = [set(pull["allowed_merge_methods"]) for pull in pulls if pull.get("allowed_merge_methods")]
    for method, switch in METHODS.items():
        if settings.get(switch, True) and all(method in each for each in lists) and not (linear and method == "merge"):
            yield method


def _of_protection(branch: Json) -> Iterable[RequiredCheck]:
    required = (branch.get("protection") or {}).get("required_status_checks") or {}
    if required.get("enforcement_level") == "off":
        return
    # `checks` says more of the same; an older Enterprise Server has `contexts` only. -1 is any app.
    checks = {str(check["context"]): max(0, int(check.get("app_id") or 0)) for check in required.get("checks") or ()}
    for context in {*map(str, required.get("contexts") or ()), *checks}:
        yield RequiredCheck(context, checks.get(context, 0))


def _of_rulesets(rules: Iterable[Json]) -> Iterable[RequiredCheck]:
    for rule in rules:
        if rule["type"] == "required_status_checks":
            for check in _parameters(rule).get("required_status_checks") or ():
                yield RequiredCheck(str(check["context"]), int(check.get("integration_id") or 0))


def _parameters(rule: Json) -> Json:
    return rule.get("parameters") or {}
