"""A branch's protection as GitHub's JSON: in the branch itself, in full, or as the rules of a ruleset."""

from collections.abc import Iterable

from simulator.github.branch_rules import BranchRules, Ruleset
from simulator.github.entities import Json, Repository
from simulator.github.serializers import app, user
from simulator.github.store import Store


def protection(repo: Repository, branch: str) -> Json:
    """The part of a branch that shows its required checks to all who may read it. A ruleset is not part of it: GitHub
    calls the branch protected and this here not enabled then."""
    rules = repo.own_rules_of(branch)
    checks = () if rules.ruleset else rules.checks
    level = "off" if not checks else "everyone" if rules.enforce_admins else "non_admins"
    return {
        "enabled": branch in repo.protected and not rules.ruleset,
        "required_status_checks": {
            "enforcement_level": level,
            "contexts": list(checks),
            "checks": [{"context": name, "app_id": None} for name in checks],
        },
    }


def full_protection(store: Store, repo: Repository, branch: str) -> Json:
    """All of classic protection, for administrators."""
    rules, url = repo.own_rules_of(branch), f"{store.api_url}/repos/{repo.full_name}/branches/{branch}/protection"
    switches = {
        "required_linear_history": rules.linear,
        "allow_force_pushes": rules.allow_force,
        "allow_deletions": rules.allow_deletion,
        **dict.fromkeys(("block_creations", "required_conversation_resolution", "lock_branch"), False),
    }
    result: Json = {"url": url, **{name: {"enabled": on} for name, on in switches.items()}}
    for name, on in (("enforce_admins", rules.enforce_admins), ("required_signatures", False)):
        result[name] = {"url": f"{url}/{name}", "enabled": on}
    if rules.checks:
        result["required_status_checks"] = _full_checks(rules, f"{url}/required_status_checks")
    if rules.needs_pull:
        result["required_pull_request_reviews"] = _full_reviews(rules, f"{url}/required_pull_request_reviews")
    if rules.pushers is not None:
        result["restrictions"] = _restrictions(store, rules.pushers, f"{url}/restrictions")
    return result


def branch_rules(repo: Repository, branch: str) -> list[Json]:
    """The rules of the branch's rulesets; classic protection is not part of it."""
    found, own = [], repo.own_rules_of(branch)
    if branch in repo.protected and own.ruleset:
        found += [(repo.id, rule) for rule in _rules(own)]
    found += [(each.id, rule) for each in repo.rulesets_of(branch) for rule in each.rules]
    source = {"ruleset_source_type": "Repository", "ruleset_source": repo.full_name}
    return [{**rule, **source, "ruleset_id": number} for number, rule in found]


def ruleset(store: Store, repo: Repository, it: Ruleset, *, full: bool = True) -> Json:
    """One, in full or as in a list."""
    path = f"repos/{repo.full_name}/rulesets/{it.id}"
    shown: Json = {
        "id": it.id,
        "name": it.name,
        "target": "branch",
        "source_type": "Repository",
        "source": repo.full_name,
        "enforcement": it.enforcement,
        "node_id": f"RRS_{it.id}",
        "_links": {
            "self": {"href": f"{store.api_url}/{path}"},
            "html": {"href": f"{store.url}/{repo.full_name}/rules/{it.id}"},
        },
        "created_at": it.created_at,
        "updated_at": it.updated_at,
    }
    if full:
        shown["conditions"] = {"ref_name": {"include": it.include, "exclude": it.exclude}}
        shown |= {"rules": it.rules, "bypass_actors": it.bypass_actors, "current_user_can_bypass": "never"}
    return shown


def _full_checks(rules: BranchRules, url: str) -> Json:
    return {
        "url": url,
        "strict": rules.strict,
        "contexts": list(rules.checks),
        "contexts_url": f"{url}/contexts",
        "checks": [{"context": name, "app_id": None} for name in rules.checks],
    }


def _full_reviews(rules: BranchRules, url: str) -> Json:
    off = ("dismiss_stale_reviews", "require_code_owner_reviews", "require_last_push_approval")
    return {"url": url, **dict.fromkeys(off, False), "required_approving_review_count": rules.reviews}


def _restrictions(store: Store, pushers: Iterable[str], url: str) -> Json:
    people = [store.users[login.lower()] for login in pushers if login.lower() in store.users]
    return {
        "url": url,
        **{f"{name}_url": f"{url}/{name}" for name in ("users", "teams", "apps")},
        "users": [user(store, person) for person in people if person is not store.app.bot],
        "teams": [],
        "apps": [app(store, store.app)] if store.app.bot in people else [],
    }


def _rules(rules: BranchRules) -> list[Json]:
    found: list[Json] = []
    if rules.pushers is not None:
        found.append({"type": "update"})
    if not rules.allow_deletion:
        found.append({"type": "deletion"})
    if not rules.allow_force:
        found.append({"type": "non_fast_forward"})
    if rules.linear:
        found.append({"type": "required_linear_history"})
    if rules.needs_pull:
        found.append({"type": "pull_request", "parameters": _pull_parameters(rules)})
    if rules.checks:
        found.append({"type": "required_status_checks", "parameters": _check_parameters(rules)})
    return found


def _pull_parameters(rules: BranchRules) -> Json:
    return {
        "required_approving_review_count": rules.reviews,
        "dismiss_stale_reviews_on_push": False,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_review_thread_resolution": False,
        "allowed_merge_methods": ["merge", "squash", "rebase"],
    }


def _check_parameters(rules: BranchRules) -> Json:
    return {
        "required_status_checks": [{"context": name} for name in rules.checks],
        "strict_required_status_checks_policy": rules.strict,
    }
