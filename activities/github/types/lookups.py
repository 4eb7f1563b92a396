"""What GitHub's reading activities take and give."""

from dataclasses import dataclass

from activities.model import RepoRef


@dataclass(frozen=True)
class PermissionInput:
    """What may this person do here, now?"""

    repo: RepoRef
    login: str


@dataclass(frozen=True)
class Permission:
    """`level` is one of none, read, triage, write, maintain, admin; a role of an organisation's own counts as
    the base it is built on."""

    level: str

    def at_least(self, wanted: str) -> bool:
        """Whether this is `wanted` or more; anything unknown is nothing."""
        levels = ("none", "read", "triage", "write", "maintain", "admin")
        return wanted in levels and self.level in levels and levels.index(self.level) >= levels.index(wanted)


@dataclass(frozen=True)
class PullInput:
    """A pull request by its number."""

    repo: RepoRef
    number: int


@dataclass(frozen=True)
class PullRequest:
    """`head_repo` is "" where the fork is gone. `can_modify`: maintainers may push to the fork's branch."""

    number: int
    title: str
    author: str
    state: str
    draft: bool
    merged: bool
    head_sha: str
    head_ref: str
    head_repo: str
    base_sha: str
    base_ref: str
    fork: bool
    can_modify: bool = False


@dataclass(frozen=True)
class PullOfHeadInput:
    """Which open pull has this head? `branch` "" where it is not known."""

    repo: RepoRef
    sha: str
    branch: str = ""


@dataclass(frozen=True)
class PullOfHeadResult:
    """`pull` None: there is none."""

    pull: PullRequest | None = None


@dataclass(frozen=True)
class PullsInput:
    """All open pulls of a repository, or with `sha` those that hold that commit."""

    repo: RepoRef
    sha: str = ""


@dataclass(frozen=True)
class Pulls:
    """Newest first."""

    pulls: tuple[PullRequest, ...]


@dataclass(frozen=True)
class BranchInput:
    """A branch; "" is the default one."""

    repo: RepoRef
    branch: str = ""


@dataclass(frozen=True)
class BranchInfo:
    """`sha` "" where the branch does not exist (or nothing has been pushed yet)."""

    name: str
    sha: str
    protected: bool = False
    default: bool = False
