"""Inputs and results of the activities around branches: small enough for a history."""

from dataclasses import dataclass

from activities.model import RepoRef


@dataclass(frozen=True)
class BranchInfoInput:
    """A branch; "" is the default one."""

    repo: RepoRef
    branch: str = ""


@dataclass(frozen=True)
class BranchInfoResult:
    """`sha` "" where the branch does not exist (or nothing has been pushed yet)."""

    name: str
    sha: str
    protected: bool = False
    default: bool = False


@dataclass(frozen=True)
class CreateBranchInput:
    """A branch `name` that begins at `base`: another branch's name, or a commit (40 hex digits)."""

    repo: RepoRef
    name: str
    base: str


@dataclass(frozen=True)
class CreateBranchResult:
    """`sha` is the branch's head. `changed` False: it was there, perhaps with commits on top of its base."""

    name: str
    sha: str
    changed: bool


@dataclass(frozen=True)
class SyncBranchInput:
    """Brings `base` (a branch or a commit) into `branch`. `message` "" is GitHub's own."""

    repo: RepoRef
    branch: str
    base: str
    message: str = ""


@dataclass(frozen=True)
class SyncBranchResult:
    """`sha` is the branch's head. `changed` False: it held all of the base already."""

    sha: str
    changed: bool
