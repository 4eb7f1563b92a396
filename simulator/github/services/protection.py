"""Protected branches: whether a push or a merge is allowed, and GitHub's sentence where it is not."""

from collections.abc import Sequence

from simulator.github import git
from simulator.github.branch_rules import BranchRules, Ruleset
from simulator.github.entities import CheckRun, Json, PullDetails, Repository, User
from simulator.github.errors import Unprocessable
from simulator.github.services.statuses import latest
from simulator.github.store import Store

NO_PULL = "Changes must be made through a pull request."
NO_FORCE = "Cannot force-push to this branch"
NO_DELETION = "Cannot delete this branch"
NOT_YOU = "You're not authorized to push to this branch."
NO_MERGES = "This branch must not contain merge commits."
_PASSING = ("success", "neutral", "skipped")


class BranchProtected(Unprocessable):
    """A protected branch forbids it; `reasons` are GitHub's sentences."""

    def __init__(self, branch: str, rules: BranchRules, reasons: Sequence[str]) -> None:
        text = " ".join(reasons)
        super().__init__(f"Repository rule violations found\n\n{text}\n\n" if rules.ruleset else text)
        self.branch, self.ruleset, self.reasons = branch, rules.ruleset, tuple(reasons)


class ProtectionService:
    """Protects branches, and checks pushes and merges against their rules."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def protect(
        self, full_name: str, branch: str, protected: bool = True, *, checks: Sequence[str] = (), reviews: int = 0,
        strict: bool = False, pulls_only: bool = False, enforce_admins: bool = False, linear: bool = False,
        pushers: Sequence[str] | None = None, allow_force: bool = False, allow_deletion: bool = False,
        ruleset: bool = False,
    ) -> None:  # fmt: skip
        """Sets all rules at once, see `BranchRules`; `protected` False removes them."""
        repo, only = self._store.repository(full_name), None if pushers is None else tuple(pushers)
        repo.rules.pop(branch, None)
        (repo.protected.add if protected else repo.protected.discard)(branch)
        if protected:
            repo.rules[branch] = BranchRules(
                tuple(checks), reviews, strict, pulls_only, enforce_admins, linear, only, allow_force, allow_deletion,
                ruleset,
            )  # fmt: skip
        self._store.changed()

    def set_ruleset(self, repo: Repository, fields: Json, former: Ruleset | None = None) -> Ruleset:
        """A new one, or the `former` with these fields of GitHub's JSON changed."""
        now = self._store.now()
        found = former or Ruleset(self._store.new_id(), "", "", [], [], [], [], now, now)
        refs = fields.get("conditions", {}).get("ref_name", {})
        found.name, found.enforcement = fields.get("name", found.name), fields.get("enforcement", found.enforcement)
        found.include, found.exclude = refs.get("include", found.include), refs.get("exclude", found.exclude)
        found.rules = fields.get("rules", found.rules)
        found.bypass_actors, found.updated_at = fields.get("bypass_actors", found.bypass_actors), now
        repo.rulesets[found.id] = found
        self._store.changed()
        return found

    async def check_push(self, repo: Repository, ref: str, old: str, new: str, sender: User) -> None:
        """Raises BranchProtected where the rules of a protected branch forbid this move."""
        branch = ref.removeprefix("refs/heads/")
        if reasons := self.push_problems(repo, ref, new, sender):
            raise BranchProtected(branch, repo.rules_of(branch), reasons)
        if not repo.is_protected(branch) or branch == ref or git.ZERO in (old, new):
            return
        rules = repo.rules_of(branch)
        if not rules.allow_force and not await git.is_ancestor(repo.path, old, new):
            raise BranchProtected(branch, rules, [NO_FORCE])
        if rules.linear and not _exempt(repo, rules, sender) and await git.count(repo.path, "--merges", new, f"^{old}"):
            raise BranchProtected(branch, rules, [NO_MERGES])

    def push_problems(self, repo: Repository, ref: str, new: str, sender: User) -> list[str]:
        """The rules that a push breaks, except for those that need the pushed objects: force and merge commits."""
        branch = ref.removeprefix("refs/heads/")
        if branch == ref or not repo.is_protected(branch):
            return []
        rules = repo.rules_of(branch)
        if new == git.ZERO:
            return [] if rules.allow_deletion else [NO_DELETION]
        if _exempt(repo, rules, sender):
            return []
        if not _may_push(rules, sender):
            return [NOT_YOU]
        checks = _missing_checks(repo, rules, new)
        return ([NO_PULL] if rules.needs_pull else []) + ([checks] if checks else [])

    def merge_problem(self, repo: Repository, pull: PullDetails, *, behind: bool, sender: User | None) -> str:
        """Why the pull request may not be merged, "" if it may. `sender` None leaves out who may."""
        rules = repo.rules_of(pull.base_ref)
        if not repo.is_protected(pull.base_ref) or (sender and _exempt(repo, rules, sender)):
            return ""
        if sender and not _may_push(rules, sender):
            return NOT_YOU
        checks = _missing_checks(repo, rules, "" if rules.strict and behind else pull.head_sha)
        return " ".join(filter(None, (checks, _missing_reviews(repo, pull, rules))))


def check_state(repo: Repository, sha: str, name: str) -> str:
    """A required check: `passing`, `expected` (not reported), `pending` or `failing`. Runs and statuses both count."""
    suite = repo.suites.get(sha)
    states = [_run_state(run) for run in (suite.latest_runs() if suite else ()) if run.name == name]
    states += [
        {"success": "passing", "pending": "pending"}.get(status.state, "failing")
        for status in latest(repo, sha)
        if status.context.lower() == name.lower()
    ]
    return next((state for state in ("failing", "pending", "passing") if state in states), "expected")


def unstable(repo: Repository, sha: str) -> bool:
    """Whether any check run or status of the commit has not succeeded."""
    suite = repo.suites.get(sha)
    runs = suite.latest_runs() if suite else []
    return any(_run_state(run) != "passing" for run in runs) or any(
        each.state != "success" for each in latest(repo, sha)
    )


def _run_state(run: CheckRun) -> str:
    if run.status != "completed":
        return "pending"
    return "passing" if run.conclusion in _PASSING else "failing"


def _exempt(repo: Repository, rules: BranchRules, sender: User) -> bool:
    return not rules.enforce_admins and repo.level(sender.login) == "admin"


def _may_push(rules: BranchRules, sender: User) -> bool:
    return rules.pushers is None or sender.login in rules.pushers


def _missing_checks(repo: Repository, rules: BranchRules, sha: str) -> str:
    """The sentence about required checks that do not pass; "" where all do."""
    states = {name: check_state(repo, sha, name) for name in rules.checks}
    missing = {name: state for name, state in states.items() if state != "passing"}
    if not missing:
        return ""
    if len(states) == 1:
        [(name, state)] = missing.items()
        return f'Required status check "{name}" is {state}.'
    kinds = [kind for kind in ("expected", "pending", "failing") if kind in missing.values()]
    subject = f"{len(missing)} of {len(states)} required status checks"
    if len(kinds) == 1:
        return f"{subject} are {kinds[0]}."
    counts = [f"{sum(state == kind for state in missing.values())} {kind}" for kind in kinds]
    return f"{subject} have not succeeded: {', '.join(counts[:-1])} and {counts[-1]}."


def _missing_reviews(repo: Repository, pull: PullDetails, rules: BranchRules) -> str:
    """The sentence about approvals that are missing; "" where none is."""
    if not rules.reviews:
        return ""
    last = {review.user.login: review.state for review in pull.reviews if review.state != "COMMENTED"}
    counted = [state for login, state in last.items() if repo.level(login) in ("write", "maintain", "admin")]
    if "CHANGES_REQUESTED" in counted:
        return "Changes have been requested by reviewers with write access."
    missing = rules.reviews - counted.count("APPROVED")
    if missing <= 0:
        return ""
    plural = "s are" if missing > 1 else " is"
    return f"At least {missing} approving review{plural} required by reviewers with write access."
