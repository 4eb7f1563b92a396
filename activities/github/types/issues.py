"""What the activities around issues take and give: one frozen dataclass each, small enough for a history."""

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
    """`changed` False: it was there and said just that."""

    number: int
    url: str
    changed: bool


@dataclass(frozen=True)
class IssueCommentInput:
    """A comment on an issue, one for each `key`: said again with other words, it is edited."""

    repo: RepoRef
    number: int
    comment: str
    key: str


@dataclass(frozen=True)
class CloseIssueInput:
    """Close an issue (or pull). `comment`, where it is not "", is said once for the `key` before."""

    repo: RepoRef
    number: int
    comment: str = ""
    key: str = ""
    reason: CloseReason = "completed"


@dataclass(frozen=True)
class CloseIssueResult:
    """`changed` False: it was closed already, and the comment was there."""

    changed: bool
