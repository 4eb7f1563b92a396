"""What the gate's activities take and give: ids, shas and counts, never a file's contents."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from activities.model import CheckPlan, GatePlan, QualityGateResult, RepoRef


@dataclass(frozen=True)
class WorkspaceInput:
    """`base_ref`: the branch to compare with; `base_sha`: the commit, where somebody knows it better. `branch` and
    `into` as in `Workspace`."""

    repo: RepoRef
    head_sha: str
    base_ref: str = ""
    base_sha: str = ""
    branch: str = ""
    into: str = ""


@dataclass(frozen=True)
class Workspace:
    """A head and its base on one host. `queue` is the task queue that only this host serves. `branch` is the head's,
    `into` the base of its pull request ("" without one)."""

    repo: RepoRef
    queue: str
    head_sha: str
    head_tree: str
    base_sha: str = ""
    base_tree: str = ""
    config_sha: str = ""
    branch: str = ""
    into: str = ""


@dataclass(frozen=True)
class CheckInput:
    """`refresh`: start the tools even if the verdict is known. `tests` is the plan of the check whose run of the
    suite this one reads (coverage reads unit_tests'), None where it makes its own."""

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
    base. `by` are sentences for the message, `git_dir` is where the commit lies on the host."""

    workspace: Workspace
    head_sha: str = ""
    commit_sha: str = ""
    git_dir: str = ""
    by: tuple[str, ...] = ()
    files: int = 0


@dataclass(frozen=True)
class AcceptBaselineInput:
    """From now on what `check` found in result `result_id` counts as known in this repository."""

    repo: RepoRef
    check: str
    result_id: str
    actor: str
    sha: str = ""


@dataclass(frozen=True)
class GateInput:
    """The argument of `QualityGateWorkflow`.

    `owner_key` is the id of the branch's workflow, and after a `|` which of its lives it is; it goes into each check
    run's `external_id`. `publish` False: nothing is told to GitHub (the laptop). `trusted` False: a fork's head that
    nobody has approved; nothing of it runs. `attempt` counts the runs of one sha; `only` are the checks to run again,
    whose check runs are made anew (empty: all, and the stored verdicts count unless `refresh`). `overrides` is
    check → the sentence that says who lets the head pass without it, and why.
    """

    repo: RepoRef
    head_sha: str
    base_ref: str = ""
    base_sha: str = ""
    owner_key: str = ""
    publish: bool = True
    trusted: bool = True
    attempt: int = 0
    only: tuple[str, ...] = ()
    refresh: bool = False
    pull: int = 0
    branch: str = ""
    overrides: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GateOutcome:
    """What the gate's workflow gives to the branch's: the verdict and where it may be looked at again."""

    result: QualityGateResult
    run_ids: Mapping[str, int] = field(default_factory=dict)
    workspace: Workspace | None = None
    plan: GatePlan | None = None


@dataclass(frozen=True)
class GateEnding:
    """The argument of the signals that end a gate early. `attempt` names the one that is meant: the next gate of the
    same head has the same workflow id, and a signal may come to it by mistake."""

    attempt: int
    reason: str = ""
    newer_sha: str = ""
