"""Protected branches: what they ask for, and whether a push or a merge may be."""

from collections.abc import Sequence

from simulator.github import git
from simulator.github.services import branch_rules
from simulator.github.services.branch_rules import BranchRules
from simulator.github.services.checks import Checks
from simulator.github.services.entities import CheckRun, Issue, PullDetails, Repository, User
from simulator.github.services.pulls import Unprocessable
from simulator.github.services.statuses import Statuses, latest

_GOOD = ("success", "neutral", "skipped")
_NO_RULES = BranchRules()


class BranchProtected(Unprocessable):
    """A protected branch does not take it; `reasons` are GitHub's sentences."""

    def __init__(self, branch: str, rules: BranchRules, reasons: Sequence[str]) -> None:
        said = " ".join(reasons)
        super().__init__(f"Repository rule violations found\n\n{said}\n\n" if rules.ruleset else said)
        self.branch, self.ruleset, self.reasons = branch, rules.ruleset, tuple(reasons)


class Protection(Checks, Statuses):
    """See the module."""

    def protect(
        self, full_name: str, branch: str, protected: bool = True, *, checks: Sequence[str] = (), reviews: int = 0,
        strict: bool = False, pulls_only: bool = False, enforce_admins: bool = False, linear: bool = False,
        pushers: Sequence[str] | None = None, allow_force: bool = False, allow_deletion: bool = False,
        ruleset: bool = False,
    ) -> None:  # fmt: skip
        """As `BranchRules` says; `protected` False ends it. Calls do not add up."""
        repo, only = self.repository(full_name), None if pushers is None else tuple(pushers)
        repo.rules.pop(branch, None)
        (repo.protected.add if protected else repo.protected.discard)(branch)
        if protected:
            repo.rules[branch] = BranchRules(
                tuple(checks), reviews, strict, pulls_only, enforce_admins, linear, only, allow_force, allow_deletion,
                ruleset,
            )  # fmt: skip
        self.changed()

    async def guard(self, repo: Repository, ref: str, old: str, new: str, sender: User) -> None:
        """Raises Declined where a protected branch may not be moved like that."""
        branch = ref.removeprefix("refs/heads/")
        if reasons := self.push_problems(repo, ref, new, sender):
            raise BranchProtected(branch, rules_of(repo, branch), reasons)
        if branch not in repo.protected or branch == ref or git.ZERO in (old, new):
            return
        rules = rules_of(repo, branch)
        if not rules.allow_force and not await git.is_ancestor(repo.path, old, new):
            raise BranchProtected(branch, rules, [branch_rules.NO_FORCE])
        if rules.linear and not _above(repo, rules, sender) and await git.count(repo.path, "--merges", new, f"^{old}"):
            raise BranchProtected(branch, rules, [branch_rules.NO_MERGES])

    def push_problems(self, repo: Repository, ref: str, new: str, sender: User) -> list[str]:
        """All that speaks against it, except that it may be forced, which only git can tell."""
        branch = ref.removeprefix("refs/heads/")
        if branch == ref or branch not in repo.protected:
            return []
        rules = rules_of(repo, branch)
        if new == git.ZERO:
            return [] if rules.allow_deletion else [branch_rules.NO_DELETION]
        if _above(repo, rules, sender):
            return []
        if not _may_push(rules, sender):
            return [branch_rules.NOT_YOU]
        checks = self._missing_checks(repo, rules, new)
        return ([branch_rules.NO_PULL] if rules.needs_pull else []) + ([checks] if checks else [])

    def merge_problem(
        self, repo: Repository, issue: Issue, pull: PullDetails, *, behind: bool, sender: User | None
    ) -> str:
        """Why the pull may not be merged, "" if it may. `sender` None leaves out who does it."""
        rules = rules_of(repo, pull.base_ref)
        if pull.base_ref not in repo.protected or (sender and _above(repo, rules, sender)):
            return ""
        if sender and not _may_push(rules, sender):
            return branch_rules.NOT_YOU
        checks = self._missing_checks(repo, rules, "" if rules.strict and behind else pull.head_sha)
        return " ".join(filter(None, (checks, self._missing_reviews(repo, pull, rules))))

    def _missing_checks(self, repo: Repository, rules: BranchRules, sha: str) -> str:
        return branch_rules.missing_checks({name: standing(repo, sha, name) for name in rules.checks})

    def _missing_reviews(self, repo: Repository, pull: PullDetails, rules: BranchRules) -> str:
        if not rules.reviews:
            return ""
        last = {review.user.login: review.state for review in pull.reviews if review.state != "COMMENTED"}
        counted = [state for login, state in last.items() if repo.level(login) in ("write", "maintain", "admin")]
        missing = rules.reviews - counted.count("APPROVED")
        return branch_rules.missing_reviews(missing, objections=counted.count("CHANGES_REQUESTED"))


def rules_of(repo: Repository, branch: str) -> BranchRules:
    return repo.rules.get(branch, _NO_RULES)


def standing(repo: Repository, sha: str, name: str) -> str:
    """What a required check stands at: good, expected, pending, failing. A run and a status of one name both count."""
    suite = repo.suites.get(sha)
    found = [_run(run) for run in (suite.latest_runs() if suite else ()) if run.name == name]
    found += [
        {"success": "good", "pending": "pending"}.get(status.state, "failing")
        for status in latest(repo, sha)
        if status.context.lower() == name.lower()
    ]
    return next((how for how in ("failing", "pending", "good") if how in found), "expected")


def unstable(repo: Repository, sha: str) -> bool:
    """Whether anything at all that is said of the commit is not good."""
    suite = repo.suites.get(sha)
    runs = suite.latest_runs() if suite else []
    return any(_run(run) != "good" for run in runs) or any(each.state != "success" for each in latest(repo, sha))


def _run(run: CheckRun) -> str:
    if run.status != "completed":
        return "pending"
    return "good" if run.conclusion in _GOOD else "failing"


def _above(repo: Repository, rules: BranchRules, sender: User) -> bool:
    return not rules.enforce_admins and repo.level(sender.login) == "admin"


def _may_push(rules: BranchRules, sender: User) -> bool:
    return rules.pushers is None or sender.login in rules.pushers
