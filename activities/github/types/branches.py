"""What the activities around branches, commit statuses and releases take and give: small enough for a history."""

from dataclasses import dataclass
from typing import Literal

from activities.model import RepoRef

ContextState = Literal["success", "failure", "pending"]


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


@dataclass(frozen=True)
class PushBranchInput:
    """The commit `commit` of the local repository `git_dir`, as the head of `branch`.

    `force` writes over what is there, but only if that is `expected` ("": only if there is no such branch).
    """

    repo: RepoRef
    branch: str
    git_dir: str
    commit: str
    force: bool = False
    expected: str = ""


@dataclass(frozen=True)
class PushBranchResult:
    """`sha` is the branch's head. `changed` False: the branch held the commit already."""

    sha: str
    changed: bool


@dataclass(frozen=True)
class CommitStatusInput:
    """What is said of a commit?"""

    repo: RepoRef
    sha: str


@dataclass(frozen=True)
class StatusContext:
    """What one status or check run says; `description` in at most 140 characters, as its author wrote it."""

    name: str
    state: ContextState
    description: str
    by_check_run: bool


@dataclass(frozen=True)
class CommitStatus:
    """`state` is `failure` if anything failed, else `pending` if anything has not ended, `none` if nobody said
    anything. `contexts` has the newest of each name, sorted; a status and a check run of one name are two."""

    state: Literal["success", "failure", "pending", "none"]
    contexts: tuple[StatusContext, ...]


@dataclass(frozen=True)
class CreateReleaseInput:
    """The release of a tag. `target` (a branch or commit, "": the default branch) is where GitHub puts the tag if
    there is none yet."""

    repo: RepoRef
    tag: str
    name: str
    body: str
    target: str = ""
    draft: bool = False
    prerelease: bool = False


@dataclass(frozen=True)
class CreateReleaseResult:
    """`changed` False: it was there and said just that."""

    id: int
    url: str
    changed: bool
