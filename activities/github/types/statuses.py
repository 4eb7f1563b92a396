"""What the activities around commit statuses take and give."""

from dataclasses import dataclass
from typing import Literal

from activities.model import RepoRef

ContextState = Literal["success", "failure", "pending"]


StatusState = Literal["error", "failure", "pending", "success"]


@dataclass(frozen=True)
class CommitStatusInput:
    """A commit whose statuses and check runs are to be read."""

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
class CommitStatusResult:
    """`state` is `failure` if anything failed, else `pending` if anything has not ended, `none` if there is
    nothing. `contexts` has the newest of each name, sorted; a status and a check run of one name are two."""

    state: Literal["success", "failure", "pending", "none"]
    contexts: tuple[StatusContext, ...]


@dataclass(frozen=True)
class PullStatusInput:
    """A commit status on the pull's head, or on `head_sha` where that is given. `description` is cut to GitHub's
    140 characters."""

    repo: RepoRef
    number: int
    state: StatusState
    description: str
    context: str = "autobuild"
    target_url: str = ""
    head_sha: str = ""


@dataclass(frozen=True)
class PullStatusResult:
    """`changed` False: the newest status of that context says the same."""

    sha: str
    changed: bool
