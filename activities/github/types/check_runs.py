"""What GitHub's activities take and give: one frozen dataclass each, GitHub's facts and small words only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from activities.github.types.lookups import (
    BranchInfo,
    BranchInput,
    Permission,
    PermissionInput,
    PullInput,
    PullOfHeadInput,
    PullOfHeadResult,
    PullRequest,
    Pulls,
    PullsInput,
)
from activities.model import GateState, QualityCheck, QualityGateResult, RepoRef

__all__ = [
    "GATE",
    "BranchInfo",
    "BranchInput",
    "CommentResult",
    "CompleteCheckRunInput",
    "CompleteCheckRunResult",
    "CompleteGateRunInput",
    "CreateCheckRunsInput",
    "CreateCheckRunsResult",
    "CreateCommitInput",
    "CreateCommitResult",
    "EndCheckRunsInput",
    "GateCommentInput",
    "Permission",
    "PermissionInput",
    "PullInput",
    "PullOfHeadInput",
    "PullOfHeadResult",
    "PullRequest",
    "Pulls",
    "PullsInput",
    "ReactionInput",
    "ReplyInput",
    "StartCheckRunInput",
    "SuiteRun",
    "SuiteRuns",
    "SuiteRunsInput",
]

GATE = "gate"
"""The name of the gate's own check run among the checks' names."""


@dataclass(frozen=True)
class CreateCheckRunsInput:
    """`names` are the checks' (and `gate`); empty: all checks that are installed, and `gate`.

    The same `owner_key`, sha, name and `attempt` is the same run.
    """

    repo: RepoRef
    head_sha: str
    names: tuple[str, ...] = ()
    attempt: int = 0
    owner_key: str = ""
    details_url: str = ""


@dataclass(frozen=True)
class CreateCheckRunsResult:
    """Name → id of its check run."""

    ids: Mapping[str, int]


@dataclass(frozen=True)
class StartCheckRunInput:
    """The run is shown as in progress from now on."""

    repo: RepoRef
    run_id: int


@dataclass(frozen=True)
class CompleteCheckRunInput:
    """One check's verdict for its run. `run_id` 0 where it is not known: it is found, or made."""

    repo: RepoRef
    head_sha: str
    run_id: int
    check: QualityCheck
    attempt: int = 0
    owner_key: str = ""
    details_url: str = ""


@dataclass(frozen=True)
class CompleteGateRunInput:
    """The gate's verdict for its own run. `newer_sha`: the head that took its place."""

    repo: RepoRef
    head_sha: str
    run_id: int
    result: QualityGateResult
    attempt: int = 0
    owner_key: str = ""
    details_url: str = ""
    check_run_ids: Mapping[str, int] = field(default_factory=dict)
    newer_sha: str = ""


@dataclass(frozen=True)
class EndCheckRunsInput:
    """Runs that nothing else will end: cancelled, superseded, skipped, refused. `ids` is name → run id.

    With `owner_key`, runs of that key that were made but never told to us are ended as well.
    """

    repo: RepoRef
    head_sha: str
    ids: Mapping[str, int]
    state: GateState
    reason: str = ""
    newer_sha: str = ""
    owner_key: str = ""


@dataclass(frozen=True)
class CompleteCheckRunResult:
    """The run that holds the verdict now: another one than was asked for where somebody had removed that."""

    id: int


@dataclass(frozen=True)
class SuiteRunsInput:
    """Our runs on a head."""

    repo: RepoRef
    head_sha: str


@dataclass(frozen=True)
class SuiteRun:
    """`name` is the check's ("linting", "gate"), `external_id` what we gave the run."""

    id: int
    name: str
    external_id: str
    status: str
    conclusion: str = ""


@dataclass(frozen=True)
class SuiteRuns:
    """Newest first."""

    runs: tuple[SuiteRun, ...]


@dataclass(frozen=True)
class GateCommentInput:
    """The pull request's one comment. `comment_id`: where it was the last time, 0 unknown."""

    repo: RepoRef
    pull: int
    result: QualityGateResult
    check_run_ids: Mapping[str, int] = field(default_factory=dict)
    head_sha: str = ""
    comment_id: int = 0


@dataclass(frozen=True)
class CommentResult:
    """`changed` False: it said just that already, and nothing was written."""

    id: int
    changed: bool


@dataclass(frozen=True)
class ReplyInput:
    """An answer on an issue or pull. One for each `marker_key`: said again with other words, it is edited."""

    repo: RepoRef
    number: int
    marker_key: str
    body: str


@dataclass(frozen=True)
class ReactionInput:
    """`content` is GitHub's: `+1`, `-1`, `eyes`, `rocket`, `confused`, …"""

    repo: RepoRef
    comment_id: int
    content: str = "+1"


@dataclass(frozen=True)
class CreateCommitInput:
    """The change from `expected_head` to the local commit `commit` of `git_dir`, as a signed commit on `branch`.

    The first line of `message` is the headline. Nothing is written unless the branch is at `expected_head`.
    """

    repo: RepoRef
    branch: str
    expected_head: str
    message: str
    git_dir: str
    commit: str


@dataclass(frozen=True)
class CreateCommitResult:
    """The branch's head now. `changed` False: an earlier try had done it, or there was nothing to do."""

    sha: str
    changed: bool
