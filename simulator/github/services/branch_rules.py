"""What a protected branch asks for, and GitHub's sentences for what is missing.

A branch that is merely protected refuses to be deleted or rewritten, by anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass

NO_PULL = "Changes must be made through a pull request."
NO_FORCE = "Cannot force-push to this branch"
NO_DELETION = "Cannot delete this branch"
NOT_YOU = "You're not authorized to push to this branch."
NO_MERGES = "This branch must not contain merge commits."


@dataclass(frozen=True)
class BranchRules:
    """`checks` are names of check runs or contexts of statuses; `strict`: the head must hold the base's tip.

    `reviews` is how many must approve, which also rules out a push; `pulls_only` rules it out by itself. `pushers`
    are the only people and apps (`autobuild[bot]`) that may push or merge, None means whoever may write. `linear`
    allows no merge commits. Administrators are free of all that unless `enforce_admins`. `ruleset`: it is one of
    GitHub's newer rulesets, which everybody who sees the repository may read.
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


def missing_checks(standing: Mapping[str, str]) -> str:
    """The sentence about required checks that are not good; "" where all are.

    `standing` maps each required check to `good`, `expected` (nobody has said anything), `pending` or `failing`.
    """
    bad = {name: how for name, how in standing.items() if how != "good"}
    if not bad:
        return ""
    if len(standing) == 1:
        [(name, how)] = bad.items()
        return f'Required status check "{name}" is {how}.'
    kinds = [kind for kind in ("expected", "pending", "failing") if kind in bad.values()]
    whole = f"{len(bad)} of {len(standing)} required status checks"
    if len(kinds) == 1:
        return f"{whole} are {kinds[0]}."
    counts = [f"{sum(how == kind for how in bad.values())} {kind}" for kind in kinds]
    return f"{whole} have not succeeded: {', '.join(counts[:-1])} and {counts[-1]}."


def missing_reviews(wanted: int, *, objections: int) -> str:
    """The sentence about `wanted` more approvals, "" where nothing is missing."""
    if objections:
        return "Changes have been requested by reviewers with write access."
    if wanted <= 0:
        return ""
    plural = "s are" if wanted > 1 else " is"
    return f"At least {wanted} approving review{plural} required by reviewers with write access."
