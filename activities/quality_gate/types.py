"""Inputs and results of the gate's activities and workflow: ids, shas and counts, never a file's contents."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from activities.history import FlakyTest, RedBranch
from activities.model import CheckPlan, GatePlan, Head, QualityGateResult, RepoRef


@dataclass(frozen=True)
class Workspace:
    """A head on one host. `head.base_sha` is the commit that it is compared with, "" where there is none; `queue` the
    task queue that only this host serves. The configuration that judges is that of `config_sha`, the tip of
    `config_branch` ("" for a folder). `protected_head` and `protected_base`: that branch is the default branch or a
    protected one, so what its code leaves on the host may be read by every other branch. `base_was_tip`: the base's
    branch itself was at `head.base_sha`; else that is a commit within a merged change, or of one that waits in a merge
    queue, and nobody protected it. `head_lacks` and `base_lacks` are sentences about submodules and files of Git LFS
    that are not in the checkouts."""

    head: Head
    queue: str
    head_tree: str
    base_tree: str = ""
    config_sha: str = ""
    config_branch: str = ""
    protected_head: bool = False
    protected_base: bool = False
    base_was_tip: bool = True
    head_lacks: tuple[str, ...] = ()
    base_lacks: tuple[str, ...] = ()

    @property
    def head_files(self) -> str:
        """What stands for the head's files in keys of stored results: the tree, and what it lacks."""
        return " ".join((self.head_tree, *self.head_lacks))

    @property
    def base_files(self) -> str:
        return " ".join((self.base_tree, *self.base_lacks))

    @property
    def repo(self) -> RepoRef:
        return self.head.repo

    @property
    def head_sha(self) -> str:
        return self.head.sha

    @property
    def base_sha(self) -> str:
        return self.head.base_sha


@dataclass(frozen=True)
class CheckInput:
    """`refresh`: run the tools even if the verdict is known. `attempt` counts the gates of this head."""

    workspace: Workspace
    plan: CheckPlan
    folders: tuple[str, ...] = ()
    refresh: bool = False
    attempt: int = 0


@dataclass(frozen=True)
class FixInput:
    """Apply tool-safe fixes of these checks to the workspace's head."""

    workspace: Workspace
    plan: GatePlan
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class FixResult:
    """A local commit on top of the head, "" when there was nothing to fix; `workspace` compares it with the head's
    base. `by` are sentences for the message, `git_dir` is where the commit is on the host. `left_out` are sentences
    about files that a tool left in a form that no commit takes over. `worse` are the checks that the fix would make
    worse: then it is not to be used."""

    workspace: Workspace
    head_sha: str = ""
    commit_sha: str = ""
    git_dir: str = ""
    by: tuple[str, ...] = ()
    files: int = 0
    left_out: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()


@dataclass(frozen=True)
class FindAcceptableInput:
    """Which findings of the result `result_id` of `check` can be accepted?"""

    check: str
    result_id: str


@dataclass(frozen=True)
class AcceptableFindings:
    """The fingerprints of a result's new findings. `needs_end`: these are accepted until a date or an issue's end only.
    `complete` False: the check could not do all of its work. `here` False: its result is not on this host."""

    fingerprints: tuple[str, ...] = ()
    needs_end: bool = False
    complete: bool = False
    here: bool = True


@dataclass(frozen=True)
class GateOverride:
    """`reason` is the sentence that says that `actor` lets a head pass without a check, and why. It holds where the
    head goes into one of `bases`, the branches at that time: a pull request into another one is nothing that the person
    saw."""

    actor: str
    reason: str
    bases: tuple[str, ...]


@dataclass(frozen=True)
class GateEnding:
    """The argument of the signals that end a gate early. `attempt` names the one that is meant: the next gate of the
    same head has the same workflow id, and a signal may come to it by mistake. `shown`: the head's check runs are
    created where there are none yet, so that nobody waits for them."""

    attempt: int
    reason: str = ""
    newer_sha: str = ""
    shown: bool = False


@dataclass(frozen=True)
class GateInput:
    """The argument of `QualityGateWorkflow`.

    `owner_key` is the id of the branch's workflow, and after a `|` which of its lives it is; it goes into each check
    run's `external_id`. `publish` False: nothing is written to GitHub (the laptop). `attempt` counts the gates of one
    sha; `only` are the checks to run again, whose check runs are created anew (empty: all, and the stored verdicts
    count unless `refresh`). `overrides` is check → its override.
    `pulls` are the open pull requests of the head that are known already, `approved` those of forks whose head may run.
    With `ending` it ends at once. Of a head of the default branch, `red` is what its last verdict said of that branch,
    and `unfixed` check → what was new in it and failed it. `host` is the task queue of the only host that has the head,
    where that is no commit of GitHub's (yet).
    """

    head: Head
    owner_key: str = ""
    publish: bool = True
    attempt: int = 0
    only: tuple[str, ...] = ()
    refresh: bool = False
    overrides: Mapping[str, GateOverride] = field(default_factory=dict)
    pulls: tuple[int, ...] = ()
    approved: tuple[int, ...] = ()
    default_branch: str = ""
    ending: GateEnding | None = None
    red: RedBranch | None = None
    unfixed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    host: str = ""

    @property
    def on_default(self) -> bool:
        """Whether the head is the default branch's."""
        return bool(self.default_branch) and self.head.branch == self.default_branch and not self.head.fork


@dataclass(frozen=True)
class GateOutcome:
    """The result of `QualityGateWorkflow`: the verdict, its check runs, and where the head can be checked again.
    `accepted` are the ids of what people accepted that counted, or has ended, each with its check; `others` those of
    other branches' workflows that have check runs on this head."""

    result: QualityGateResult
    run_ids: Mapping[str, int] = field(default_factory=dict)
    workspace: Workspace | None = None
    plan: GatePlan | None = None
    accepted: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class RepositoryHistory:
    """What a repository's gates know of each other: whether its default branch is red, and which tests are flaky."""

    red: RedBranch | None = None
    flaky: tuple[FlakyTest, ...] = ()
