"""Inputs and results of an incremental patch: ids, shas, counts and short sentences, never what a person wrote."""

from dataclasses import dataclass
from typing import Literal

from activities.agent_runs.types import AgentEnding, ModelCost
from activities.github.patch_requests.types import RequestKind, SaidIn
from activities.model import Head, RepoRef
from activities.quality_gate.types import Workspace

MOST_ROUNDS = 3
"""How often an agent works on one request: after the first time on what the checks say of it."""

PatchState = Literal["done", "partly", "nothing", "shown", "refused", "stopped", "failed"]
"""How a patch ended. `partly`: some of its requests were done and pushed. `shown`: it was a dry run. `refused`: it
could not begin. `stopped`: a person ended it."""

PatchStage = Literal["waiting", "preparing", "reading", "working", "checking", "pushing", "answering", "ended"]

OutcomeState = Literal["waiting", "running", "done", "nothing", "failed"]


@dataclass(frozen=True)
class IncrementalPatchInput:
    """The argument of `IncrementalPatchWorkflow`, and of its signal `asked`. The instruction is in the comment
    `comment_id` (`said_in`) of the pull request `number`, whose text had the SHA-256 `body_sha256` when it was written
    ("" for whatever it says now). `publish` False: nothing is written to GitHub; then the task is `task_id`, which the
    host has already, upon the commit `head`. `waiting` are those that were asked
    for meanwhile, only given by the workflow to itself."""

    repo: RepoRef
    number: int
    comment_id: int
    body_sha256: str = ""
    actor: str = ""
    dry_run: bool = False
    publish: bool = True
    said_in: SaidIn = "comment"
    delivery: str = ""
    head: Head | None = None
    task_id: str = ""
    waiting: tuple["IncrementalPatchInput", ...] = ()


@dataclass(frozen=True)
class PatchOutcome:
    """One request, and what became of it. `task_id` is the agent's task on the host. `ending` is that of the last run
    of an agent, "" without one, `model` the one that ran it. `reason` is a sentence that says more. `commit_sha` is the
    change in the host's mirror, `pushed_sha` on GitHub. `check` is our check that it is about, if any. `lines` are
    those that the change adds and removes. `unfinished_sha` is the last change that broke no rule, where the checks
    still say something about it."""

    id: str
    kind: RequestKind
    title: str
    task_id: str
    path: str = ""
    line: int = 0
    state: OutcomeState = "waiting"
    ending: AgentEnding | Literal[""] = ""
    reason: str = ""
    commit_sha: str = ""
    pushed_sha: str = ""
    rounds: int = 0
    model: str = ""
    files: int = 0
    check: str = ""
    lines: int = 0
    unfinished_sha: str = ""


@dataclass(frozen=True)
class PatchResult:
    """How it ended, and why, in a sentence. `head_sha` is the branch's head after it."""

    state: PatchState
    reason: str = ""
    outcomes: tuple[PatchOutcome, ...] = ()
    costs: tuple[ModelCost, ...] = ()
    head_sha: str = ""


@dataclass(frozen=True)
class PatchView:
    """Everything that a patch's comment shows. `running` is the id of the request that is worked on, in its `round`;
    `costs` are those of this patch, `spent` those of its pull request in all, of which there may be `cap`. `result` is
    None until it has ended. `models` may be used, from cheap to dear."""

    patch: IncrementalPatchInput
    stage: PatchStage
    outcomes: tuple[PatchOutcome, ...] = ()
    running: str = ""
    round: int = 0
    costs: tuple[ModelCost, ...] = ()
    spent: float = 0.0
    cap: float = 0.0
    models: tuple[str, ...] = ()
    result: PatchResult | None = None


@dataclass(frozen=True)
class ShowPatchDiffInput:
    """Show the change from `before` to `after` in a check run of the commit `before`."""

    view: PatchView
    before: str
    after: str


@dataclass(frozen=True)
class PushRequestInput:
    """The change from `before` to `commit`, both in the mirror, as a signed commit upon `expected_head`, which has the
    same files as `before`."""

    workspace: Workspace
    expected_head: str
    commit: str
    message: str


@dataclass(frozen=True)
class PushedRequest:
    """`sha` is the branch's head now. `moved`: it was somewhere else than was expected, at `sha`, and nothing was
    written."""

    sha: str
    moved: bool = False


@dataclass(frozen=True)
class RetryTaskInput:
    """The task for the next round: the one before it, with what is wrong with the change so far. `report_id` names
    stored rows, `sentences` are ours."""

    workspace: Workspace
    task_id: str
    report_id: str = ""
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class PatchTask:
    """The id of an agent's task on the host."""

    task_id: str
