"""What the activities around pull requests take and give: small enough for a history."""

from dataclasses import dataclass
from typing import Literal

from activities.model import RepoRef

MergeMethod = Literal["", "squash", "merge", "rebase"]
"""GitHub's words; "" is the first of squash, merge and rebase that the repository and its rules allow."""


@dataclass(frozen=True)
class PullInput:
    """A pull request by its number."""

    repo: RepoRef
    number: int


@dataclass(frozen=True)
class PullRequest:
    """`head_repo` is "" where the fork was deleted."""

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
class PullsResult:
    """Newest first."""

    pulls: tuple[PullRequest, ...]


@dataclass(frozen=True)
class PullFile:
    """One changed file. `status` is GitHub's: added, removed, modified, renamed, copied, changed, unchanged;
    `previous` the path before a rename, else ""."""

    path: str
    status: str
    additions: int
    deletions: int
    previous: str = ""


@dataclass(frozen=True)
class PullFilesResult:
    """`complete` False: the pull changes more files than GitHub lists (3,000)."""

    files: tuple[PullFile, ...]
    complete: bool


@dataclass(frozen=True)
class CreatePullInput:
    """An open pull from `head` (a branch, or `owner:branch` of a fork) into `base`. There is one for each such pair:
    its title and body become these if the pull is ours, labels and reviewers are added to those it has."""

    repo: RepoRef
    head: str
    base: str
    title: str
    body: str = ""
    draft: bool = False
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()


@dataclass(frozen=True)
class CreatePullResult:
    """`changed` False: it existed with just this content. `left_out`: people whom GitHub accepts no request for."""

    number: int
    url: str
    head_sha: str
    changed: bool
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class RequestReviewInput:
    """People by login and teams by slug, who are to review the pull."""

    repo: RepoRef
    number: int
    reviewers: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


@dataclass(frozen=True)
class RequestReviewResult:
    """`reviewers` and `teams` are those of the input who are requested now or have reviewed this head already;
    `left_out` those whom GitHub does not accept: the author, and who may not see the repository."""

    reviewers: tuple[str, ...]
    teams: tuple[str, ...]
    left_out: tuple[str, ...]
    changed: bool


@dataclass(frozen=True)
class MergeInput:
    """Merge this pull, if `head_sha` (40 hex digits) is still its head, and `base` the branch that it goes into (""
    any). `title` and `message` "" are GitHub's own."""

    repo: RepoRef
    number: int
    head_sha: str
    method: MergeMethod = ""
    title: str = ""
    message: str = ""
    base: str = ""


@dataclass(frozen=True)
class MergeResult:
    """`sha` is the commit on the base branch. `changed` False with a `sha`: it had been merged before.

    Without a `sha` nothing was merged yet, and `waits_for` names what may still come (required checks that run or have
    not begun, approvals): ask again later. What the pull's author must do is a `UserError` instead.
    """

    sha: str
    changed: bool
    waits_for: tuple[str, ...] = ()
