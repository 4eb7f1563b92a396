"""What a base branch asks of whoever merges into it: its protection and its rulesets, as far as an app may read them.

Reading all of a branch's protection needs the right to administer; the branch itself tells which checks are required,
and the rules of rulesets are open to everybody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.github.errors import Forbidden, NotFound
from activities.github.types.pulls import MergeMethod
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import API

Json = Mapping[str, Any]

# In the order in which they are chosen, with the repository's switch for each.
METHODS: Mapping[MergeMethod, str] = {
    "squash": "allow_squash_merge",
    "merge": "allow_merge_commit",
    "rebase": "allow_rebase_merge",
}


@dataclass(frozen=True, order=True)
class Required:
    """A check run's name or a status's context; `app` 0 is anybody's, else only that app's counts."""

    context: str
    app: int = 0


@dataclass(frozen=True)
class MergeRules:
    """`methods` are those that are allowed, the one to choose first. `approvals` is how many the rulesets want; what
    a classic protection wants of reviewers cannot be read. `queue`: only the merge queue merges."""

    methods: tuple[MergeMethod, ...]
    checks: tuple[Required, ...]
    approvals: int
    queue: bool


async def read(api: "API", repo: RepoRef, branch: str) -> MergeRules:
    """The rules of `branch` as they are now; `api` may write contents, or GitHub hides the repository's switches."""
    names = {"owner": repo.owner, "repo": repo.name, "branch": branch}
    settings = await api.getitem("/repos/{owner}/{repo}", names)
    classic = await api.getitem("/repos/{owner}/{repo}/branches/{branch}", names)
    rules = await _rules(api, names)
    pulls = [_parameters(rule) for rule in rules if rule["type"] == "pull_request"]
    return MergeRules(
        methods=tuple(_methods(settings, rules, pulls)),
        checks=tuple(sorted({*_of_protection(classic), *_of_rulesets(rules)})),
        approvals=max((int(pull.get("required_approving_review_count") or 0) for pull in pulls), default=0),
        queue=any(rule["type"] == "merge_queue" for rule in rules),
    )


async def _rules(api: "API", names: Mapping[str, str]) -> list[Json]:
    """None where the plan or an older Enterprise Server has no rulesets."""
    url = "/repos/{owner}/{repo}/rules/branches/{branch}?per_page=100"
    try:
        return [rule async for rule in api.getiter(url, names)]
    except (NotFound, Forbidden):
        return []


def _methods(settings: Json, rules: Iterable[Json], pulls: Iterable[Json]) -> Iterable[MergeMethod]:
    linear = any(rule["type"] == "required_linear_history" for rule in rules)
    lists = [set(pull["allowed_merge_methods"]) for pull in pulls if pull.get("allowed_merge_methods")]
    for method, switch in METHODS.items():
        if settings.get(switch, True) and all(method in each for each in lists) and not (linear and method == "merge"):
            yield method


def _of_protection(branch: Json) -> Iterable[Required]:
    wanted = (branch.get("protection") or {}).get("required_status_checks") or {}
    if wanted.get("enforcement_level") == "off":
        return
    # `checks` says more of the same; an older Enterprise Server has `contexts` only. -1 is any app.
    checks = {str(check["context"]): max(0, int(check.get("app_id") or 0)) for check in wanted.get("checks") or ()}
    for context in {*map(str, wanted.get("contexts") or ()), *checks}:
        yield Required(context, checks.get(context, 0))


def _of_rulesets(rules: Iterable[Json]) -> Iterable[Required]:
    for rule in rules:
        if rule["type"] == "required_status_checks":
            for check in _parameters(rule).get("required_status_checks") or ():
                yield Required(str(check["context"]), int(check.get("integration_id") or 0))


def _parameters(rule: Json) -> Json:
    return rule.get("parameters") or {}
