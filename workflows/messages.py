"""What the door says to the stories: one frozen dataclass a message, never more than GitHub's facts.

Optional fields only may be added: a message may lie in a history for a year.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from activities.model import RepoRef
from activities.quality_gate.types import GateOutcome
from workflows.command_actions import CommandAction


@dataclass(frozen=True)
class GateTarget:
    """What a branch wants gated. `round` grows with each re-run of the same head; `only` and `refresh` are as in
    `GateRequest`."""

    sha: str = ""
    base_ref: str = ""
    base_sha: str = ""
    round: int = 0
    only: tuple[str, ...] = ()
    refresh: bool = False

    @property
    def key(self) -> tuple[str, str, str, int]:
        """Two with the same key need one gate."""
        return (self.sha, self.base_ref, self.base_sha, self.round)


@dataclass
class BranchState:
    """All that the branch's workflow knows, and what one run hands to the next (continue-as-new)."""

    wanted: GateTarget = field(default_factory=GateTarget)
    done: GateTarget = field(default_factory=GateTarget)
    outcome: GateOutcome | None = None
    pull: int = 0
    draft: bool = False
    trusted_sha: str = ""
    own_sha: str = ""
    """The newest head that the bot committed itself."""
    pushed_at: float = 0.0
    pull_at: float = 0.0
    closed_pulls: list[int] = field(default_factory=list)
    """Pulls of this branch that are closed: their `opened` may come later than that."""
    old_heads: list[str] = field(default_factory=list)
    attempts: dict[str, int] = field(default_factory=dict)
    outcomes: int = 0
    commented: tuple[int, int] = (0, 0)
    """(pull, outcomes) that the comment has told."""
    halted: bool = False
    """Somebody said `/stop`: nothing is run before the next head or the next request."""
    overrides: dict[str, str] = field(default_factory=dict)
    """Check → why this head may pass without it; they end with the head."""
    merge_sha: str = ""
    """The head that is to be merged by itself, as soon as GitHub lets it be."""
    merge_tries: int = 0
    merge_waits: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContinuousQualityInput:
    """The argument of `ContinuousQualityWorkflow`. `pull` is set (and `branch` is not the key) for a fork.
    `state` is only given by the workflow to itself."""

    repo: RepoRef
    branch: str
    pull: int = 0
    fork: bool = False
    default_branch: str = ""
    state: BranchState | None = None


@dataclass(frozen=True)
class Pushed:
    """The signal `pushed`: the branch's head is now `sha` ("" when the branch was deleted).

    `base_sha` is given by a merge group, which knows what it will merge onto.
    """

    sha: str
    before: str = ""
    base_ref: str = ""
    base_sha: str = ""
    delivery: str = ""
    sent_at: float = 0.0


@dataclass(frozen=True)
class PullChanged:
    """The signal `pull_changed`. `action` is GitHub's."""

    action: Literal["opened", "reopened", "synchronize", "ready_for_review", "converted_to_draft", "closed", "edited"]
    number: int
    head_sha: str
    base_ref: str
    base_sha: str
    draft: bool = False
    fork: bool = False
    delivery: str = ""
    sent_at: float = 0.0
    asked: bool = False
    """GitHub was asked, and no event said so: the pull is open, and this is its head."""


@dataclass(frozen=True)
class Rerun:
    """The signal `rerun`: run again, with new check runs. `checks` empty means every check;
    `("failed",)` those that did not pass. `sha` "" means the current head."""

    sha: str = ""
    checks: tuple[str, ...] = ()
    actor: str = ""
    delivery: str = ""


@dataclass(frozen=True)
class Fix:
    """The signal `fix`: apply tool-safe fixes of `checks` (empty: all that can be fixed) to head `sha`."""

    sha: str = ""
    checks: tuple[str, ...] = ()
    actor: str = ""
    delivery: str = ""


@dataclass(frozen=True)
class AcceptBaseline:
    """The signal `accept_baseline`: what `check` found on head `sha` counts as known from now on."""

    sha: str
    check: str
    actor: str
    delivery: str = ""


@dataclass(frozen=True)
class Stop:
    """The signal `halt`: end the running gate of head `sha` and start none before the next head or request."""

    sha: str = ""
    actor: str = ""
    delivery: str = ""


@dataclass(frozen=True)
class Override:
    """The signal `override`: head `sha` may pass without `check`, for this `reason`."""

    sha: str
    check: str
    reason: str
    actor: str
    delivery: str = ""


@dataclass(frozen=True)
class BranchOverview:
    """The answer of the query `get_overview`: how a branch stands. `state` is the verdict on `head`, "" without one;
    `checks` is check → status, of that verdict. `waiting`: the next gate has not begun. `waits_for`: what a merge by
    itself waits for."""

    head: str = ""
    gating: bool = False
    state: str = ""
    score: float = 0.0
    reason: str = ""
    checks: Mapping[str, str] = field(default_factory=dict)
    halted: bool = False
    draft: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    merges: bool = False
    waits_for: tuple[str, ...] = ()
    waiting: bool = False


@dataclass(frozen=True)
class CommandInput:
    """The argument of `CommandWorkflow`: what a person asked for, when somebody or something must be
    looked up first (their permission, the pull's branch, a suite's runs).

    `kind`: `comment` (`comment_id` gets the reaction), `rerun_check`, `rerun_suite`, `button` (`command` is the
    action's identifier), `label` (`command` is `added` or `removed`, `label` its name). `check` is a check run's name
    as GitHub shows it, `external_id` what we gave that run.

    A comment's commands are `deeds`; `pull` is the number of what was commented, which is an issue unless `on_pull`.

    Before there were deeds, a comment's commands came as words: `("retest", *checks)` is a `Rerun`'s `checks`,
    `("help", *lines)` and `("mistake", *lines)` are to be answered with these lines of Markdown, and `permission` is
    what the person needs for the strictest of them.
    """

    kind: Literal["comment", "rerun_check", "rerun_suite", "button", "label"]
    repo: RepoRef
    actor: str
    pull: int = 0
    comment_id: int = 0
    command: str = ""
    args: tuple[str, ...] = ()
    sha: str = ""
    branch: str = ""
    check: str = ""
    external_id: str = ""
    delivery: str = ""
    more: tuple[tuple[str, ...], ...] = field(default=())
    """Further commands of the same comment, each (command, *args)."""
    permission: Literal["read", "write"] = "write"
    deeds: tuple[CommandAction, ...] = ()
    on_pull: bool = True
    label: str = ""
