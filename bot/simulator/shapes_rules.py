"""What a branch asks for, as GitHub's JSON: in the branch itself, or as the rules of a ruleset."""

from typing import TYPE_CHECKING

from bot.simulator.branch_rules import BranchRules
from bot.simulator.protection import rules_of
from bot.simulator.state import Json, Repository

if TYPE_CHECKING:
    from bot.simulator.hub import Hub


def protection(repo: Repository, branch: str) -> Json:
    """The part of a branch that tells its required checks to everybody who may read it."""
    rules = rules_of(repo, branch)
    checks = () if rules.ruleset else rules.checks
    level = "off" if not checks else "everyone" if rules.enforce_admins else "non_admins"
    return {
        "enabled": branch in repo.protected,
        "required_status_checks": {
            "enforcement_level": level,
            "contexts": list(checks),
            "checks": [{"context": name, "app_id": None} for name in checks],
        },
    }


def ruleset(hub: "Hub", repo: Repository, branch: str) -> list[Json]:
    """The rules of the branch's ruleset; classic protection is none."""
    rules = rules_of(repo, branch)
    if branch not in repo.protected or not rules.ruleset:
        return []
    source = {"ruleset_source_type": "Repository", "ruleset_source": repo.full_name, "ruleset_id": repo.id}
    return [{**rule, **source} for rule in _rules(rules)]


def _rules(rules: BranchRules) -> list[Json]:
    found: list[Json] = []
    if not rules.allow_deletion:
        found.append({"type": "deletion"})
    if not rules.allow_force:
        found.append({"type": "non_fast_forward"})
    if rules.linear:
        found.append({"type": "required_linear_history"})
    if rules.needs_pull:
        found.append({"type": "pull_request", "parameters": _of_pulls(rules)})
    if rules.checks:
        found.append({"type": "required_status_checks", "parameters": _of_checks(rules)})
    return found


def _of_pulls(rules: BranchRules) -> Json:
    return {
        "required_approving_review_count": rules.reviews,
        "dismiss_stale_reviews_on_push": False,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_review_thread_resolution": False,
        "allowed_merge_methods": ["merge", "squash", "rebase"],
    }


def _of_checks(rules: BranchRules) -> Json:
    return {
        "required_status_checks": [{"context": name} for name in rules.checks],
        "strict_required_status_checks_policy": rules.strict,
    }
