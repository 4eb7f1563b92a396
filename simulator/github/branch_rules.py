"""What branches require: rules of protected branches, and GitHub's newer rulesets."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class BranchRules:
    """What a protected branch requires. A branch that is merely protected cannot be deleted or rewritten.

    `checks` are names of check runs or contexts of statuses; `strict`: the head must contain the base's tip.
    `reviews` is the number of approvals; it also forbids pushes, as `pulls_only` does. `pushers` are the only users
    and apps (`autobuild[bot]`) that may push or merge, None means all who may write. `linear` allows no merge commits.
    Administrators are exempt unless `enforce_admins`. `ruleset`: one of GitHub's newer rulesets, readable for all who
    see the repository.
    """

    checks: tuple[str, ...] = ()
    reviews: int = 0
    strict: bool = False
    pulls_only: bool = False
    enforce_admins: bool = False
    linear: bool = False
    pushers: tuple[str, ...] | None = None
    allow_force: bool = False
    allow_deletion: bool = False
    ruleset: bool = False

    @property
    def needs_pull(self) -> bool:
        return self.pulls_only or self.reviews > 0


@dataclass
class Ruleset:
    """One of a repository's. `include` and `exclude` are whole names of refs, `~DEFAULT_BRANCH` or `~ALL`; `rules` are
    kept as they were sent, and those that require checks hold for everybody, administrators too."""

    id: int
    name: str
    enforcement: str
    include: list[str]
    exclude: list[str]
    rules: list[Json]
    bypass_actors: list[Json]
    created_at: str
    updated_at: str

    def applies(self, branch: str, default_branch: str) -> bool:
        names = {f"refs/heads/{branch}", "~ALL", *(("~DEFAULT_BRANCH",) if branch == default_branch else ())}
        return self.enforcement == "active" and bool(names & {*self.include}) and not names & {*self.exclude}

    @property
    def checks(self) -> tuple[str, ...]:
        """The names that it requires."""
        required = [rule["parameters"] for rule in self.rules if rule["type"] == "required_status_checks"]
        return tuple(each["context"] for one in required for each in one["required_status_checks"])
