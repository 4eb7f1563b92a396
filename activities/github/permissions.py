"""What a person may do in a repository."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from activities.github.activity_errors import github_activity
from activities.github.errors import Forbidden, NotFound, Validation
from activities.github.urls import url_values
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import GitHub

LEVELS = ("none", "read", "triage", "write", "maintain", "admin")
"""Each is more than those before it."""

WRITERS = ("write", "maintain", "admin")

PermissionOf = Callable[[str], Awaitable[str]]
"""What the person of a login may do, one of `LEVELS`; asked once for each."""

# What GitHub calls each of its own roles in `permission`, which knows no triage and no maintain.
_BASES = {"none": "none", "read": "read", "triage": "read", "write": "write", "maintain": "write", "admin": "admin"}


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
        known = needed in LEVELS and self.level in LEVELS
        return known and LEVELS.index(self.level) >= LEVELS.index(needed)


class PermissionActivities:
    """Reads only."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def get_permission(self, input: PermissionInput) -> PermissionResult:
        """Looks up a person's current permission; `none` if unknown.

        A failure of GitHub is retried with the activity.
        """
        return PermissionResult(await permission_level(self._github, input.repo, input.login))


async def permission_level(github: "GitHub", repo: RepoRef, login: str) -> str:
    """One of `LEVELS`, `none` for a person whom GitHub does not know."""
    api = await github.for_gate(repo, {"metadata": "read"})
    url = "/repos/{owner}/{repo}/collaborators/{login}/permission"
    try:
        data = await api.getitem(url, url_values(repo, login=login))
    except (NotFound, Forbidden, Validation):
        return "none"
    role, base = str(data.get("role_name") or ""), str(data.get("permission") or "")
    # `role_name` may be an organisation's own word, whatever it sounds like: then the role it is built on counts.
    return role if _BASES.get(role) == base else base if base in _BASES else "none"


class AskedPermissions:
    """A `PermissionOf`: asks GitHub for each person once, and knows nobody of no name."""

    def __init__(self, github: "GitHub", repo: RepoRef) -> None:
        self._github, self._repo = github, repo
        self._known: dict[str, str] = {}

    async def __call__(self, login: str) -> str:
        if login not in self._known:
            self._known[login] = await permission_level(self._github, self._repo, login) if login else "none"
        return self._known[login]
