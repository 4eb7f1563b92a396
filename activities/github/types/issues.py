"""What the activities around issues and labels take and give: small enough for a history."""

from dataclasses import dataclass
from typing import Literal

from activities.model import RepoRef

CloseReason = Literal["completed", "not_planned"]


@dataclass(frozen=True)
class CreateIssueInput:
    """An issue of ours, one for each `key`: it is known by a hidden mark in its body, open or closed. Said again with
    other words, it is edited; labels and assignees are added to those it has."""

    repo: RepoRef
    title: str
    body: str
    key: str
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()


@dataclass(frozen=True)
class CreateIssueResult:
    """`changed` False: it existed with just this content."""

    number: int
    url: str
    changed: bool


@dataclass(frozen=True)
class CloseIssueInput:
    """Close an issue (or pull). `comment`, where it is not "", is written once for the `key` before."""

    repo: RepoRef
    number: int
    comment: str = ""
    key: str = ""
    reason: CloseReason = "completed"


@dataclass(frozen=True)
class CloseIssueResult:
    """`changed` False: it was closed already, and the comment was there."""

    changed: bool


@dataclass(frozen=True)
class IssueLabelsInput:
    """Which labels does this issue have, now?"""

    repo: RepoRef
    issue: int


@dataclass(frozen=True)
class IssueLabelsResult:
    """`open` False: it was closed, deleted or transferred. `pull`: it is a pull request."""

    labels: tuple[str, ...] = ()
    open: bool = False
    pull: bool = False


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
