"""What the activities around pull requests take and give: one frozen dataclass each, small enough for a history."""

from dataclasses import dataclass
from typing import Literal

from activities.model import RepoRef

MergeMethod = Literal["", "squash", "merge", "rebase"]
"""GitHub's words; "" is the first of squash, merge and rebase that the repository and its rules allow."""

StatusState = Literal["error", "failure", "pending", "success"]


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
    """`changed` False: it was there and said just that. `left_out`: people whom GitHub would not ask for a review."""

    number: int
    url: str
    head_sha: str
    changed: bool
    left_out: tuple[str, ...] = ()


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

    Without a `sha` nothing was merged yet, and `waits_for` names what may come by itself (required checks that run or
    have not come, approvals): ask again later. What the pull's author must do is a `UserError` instead.
    """

    sha: str
    changed: bool
    waits_for: tuple[str, ...] = ()


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


@dataclass(frozen=True)
class PullCommentInput:
    """A comment on a pull, one for each `key`: said again with other words, it is edited."""

    repo: RepoRef
    number: int
    comment: str
    key: str


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
class PullFiles:
    """`complete` False: the pull changes more files than GitHub tells (3,000)."""

    files: tuple[PullFile, ...]
    complete: bool


@dataclass(frozen=True)
class AddLabelsInput:
    """Labels that the pull (or issue) is to have, beside those it has."""

    repo: RepoRef
    number: int
    labels: tuple[str, ...]


@dataclass(frozen=True)
class AddLabelsResult:
    """`labels` are all that the pull has now. `changed` False: it had them."""

    labels: tuple[str, ...]
    changed: bool


@dataclass(frozen=True)
class RequestReviewInput:
    """People by login and teams by slug, who are to look at the pull."""

    repo: RepoRef
    number: int
    reviewers: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


@dataclass(frozen=True)
class RequestReviewResult:
    """`reviewers` and `teams` are the wanted ones who are asked now or have looked at this head already;
    `left_out` those whom GitHub would not ask: the author, and who may not see the repository."""

    reviewers: tuple[str, ...]
    teams: tuple[str, ...]
    left_out: tuple[str, ...]
    changed: bool
