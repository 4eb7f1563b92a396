"""The input and result of the activity that looks up a permission."""

from dataclasses import dataclass

from activities.model import RepoRef


@dataclass(frozen=True)
class PermissionInput:
    """What may this person do here, now?"""

    repo: RepoRef
    login: str


@dataclass(frozen=True)
class PermissionResult:
    """`level` is one of none, read, triage, write, maintain, admin; a role of an organisation's own counts as
    the base it is built on."""

    level: str

    def at_least(self, needed: str) -> bool:
        """Whether this is `needed` or more; anything unknown is nothing."""
        levels = ("none", "read", "triage", "write", "maintain", "admin")
        return needed in levels and self.level in levels and levels.index(self.level) >= levels.index(needed)
