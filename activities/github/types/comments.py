"""What the activities around comments take and give."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from activities.model import Head, QualityGateResult, RepoRef


@dataclass(frozen=True)
class GateCommentInput:
    """The gate comment of the head's pull request."""

    head: Head
    result: QualityGateResult
    check_run_ids: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ReplyInput:
    """An answer on an issue or pull. One for each `marker_key`: written again with another text, it is edited."""

    repo: RepoRef
    number: int
    marker_key: str
    body: str


@dataclass(frozen=True)
class PullCommentInput:
    """A comment on a pull, one for each `key`: written again with another text, it is edited."""

    repo: RepoRef
    number: int
    comment: str
    key: str


@dataclass(frozen=True)
class IssueCommentInput:
    """A comment on an issue, one for each `key`: written again with another text, it is edited."""

    repo: RepoRef
    number: int
    comment: str
    key: str


@dataclass(frozen=True)
class ReactionInput:
    """`content` is GitHub's: `+1`, `-1`, `eyes`, `rocket`, `confused`, …"""

    repo: RepoRef
    comment_id: int
    content: str = "+1"


@dataclass(frozen=True)
class CommentResult:
    """`changed` False: it had just this text already, and nothing was written."""

    id: int
    changed: bool
