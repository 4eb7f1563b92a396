"""Inputs and results of a planned change: ids, shas, counts and short sentences, never what a person or a model wrote
at length. Those texts are in the result store of the host that does the work, under the ids here."""

from dataclasses import dataclass
from typing import Literal

from activities.agent_runs.types import AgentEnding, ModelCost
from activities.model import RepoRef, Status

MOST_FIX_ROUNDS = 3
"""How often agents work on what the gate, or the repository's CI, says of the change."""

MOST_TASKS = 12

PlannedStage = Literal[
    "preparing", "reading", "designing", "planning", "approval", "coding", "joining", "checking", "reviewing", "fixing",
    "publishing", "ci", "undoing", "ended",
]  # fmt: skip

PlannedState = Literal["ready", "draft", "shown", "empty", "rejected", "refused", "stopped", "out_of_money", "failed"]
"""How it ended. `ready` and `draft`: there is a pull request, and it is one of these. `shown`: it was a dry run.
`empty`: the agents changed nothing, and say why. `rejected`: a person did not want the plan. `refused`: it could not
begin. `stopped`: a person ended it. `out_of_money`: the limit was reached before there was a change worth showing."""

ChangeKind = Literal["feature", "fault", "chore"]
"""`fault`: a test has to show it, failing before the change and passing after it."""

Risk = Literal["low", "medium", "high"]


@dataclass(frozen=True)
class PlanRevision:
    """What a person wants different in a plan (`/revise`). The text stays in the comment `comment_id`, whose SHA-256
    was `body_sha256` when the event brought it."""

    comment_id: int
    body_sha256: str
    actor: str


@dataclass(frozen=True)
class PlanApproval:
    """A person's `/approve`, at GitHub's time `at` (seconds since 1970). `digest` is the beginning of the plan's, ""
    where the person named none."""

    actor: str
    at: float
    digest: str = ""


@dataclass(frozen=True)
class PlanPatchPRInput:
    """The argument of `PlanPatchPRWorkflow`: the issue `issue` as it was at `asked_at`, GitHub's time in seconds since
    1970 when `actor` labelled it or commented. `anyway`: also where an open pull request already closes it. `dry_run`:
    the change is shown and nothing is pushed."""

    repo: RepoRef
    issue: int
    actor: str
    asked_at: float
    default_branch: str = ""
    label: str = ""
    comment_id: int = 0
    dry_run: bool = False
    anyway: bool = False
    delivery: str = ""


@dataclass(frozen=True)
class ReadIssueInput:
    """Reads the issue as it was at `asked_at`. `revisions` are what people asked to have different in its plan."""

    repo: RepoRef
    number: int
    asked_at: float
    revisions: tuple[PlanRevision, ...] = ()


@dataclass(frozen=True)
class RelatedThread:
    """An open issue or pull request that concerns the same. `closes`: a pull request that says that it closes the
    issue. `ours`: we opened it."""

    number: int
    kind: Literal["issue", "pull"]
    title: str
    closes: bool = False
    ours: bool = False


@dataclass(frozen=True)
class FrozenIssue:
    """An issue as of one moment. `title` is plain text on one line, at most 100 characters. `text_id` is all that may
    be known of it (title, body, comments of people with write access), marked as data, in the host's result store:
    `facts(text_id)["text"]`; `digest` changes with it. `left_out` counts comments that do not count. `refused` is the
    sentence why nobody works on it."""

    title: str = ""
    author: str = ""
    text_id: str = ""
    digest: str = ""
    labels: tuple[str, ...] = ()
    related: tuple[RelatedThread, ...] = ()
    left_out: int = 0
    refused: str = ""


@dataclass(frozen=True)
class Design:
    """What an architect decided. `summary` is one plain sentence, `design_id` the whole as Markdown on the host.
    `questions` counts what it could not find out. `nothing`: there is nothing to change, and `summary` says why."""

    kind: ChangeKind
    summary: str
    design_id: str
    questions: int = 0
    nothing: bool = False


@dataclass(frozen=True)
class Issue:
    """One task of a plan. `task_id` is the `AgentTask` on the host. `files` are the paths that it may change or add,
    `needs` the ids of tasks before it, `tests` one sentence on how to see that it works, `dollars` an estimate.
    `repository` is `owner/name` where it is another one than the issue's."""

    id: str
    title: str
    task_id: str
    files: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    tests: str = ""
    risk: Risk = "low"
    dollars: float = 0.0
    repository: str = ""


@dataclass(frozen=True)
class ChangePlan:
    """The tasks, each after those that it needs. `digest` names the plan together with the commit `base_sha` that it is
    for: an approval is bound to it. `protected` are files of it that no agent changes unasked. `asks` are the sentences
    why a person has to approve it, none where nobody has to."""

    tasks: tuple[Issue, ...]
    digest: str
    base_sha: str
    dollars: float = 0.0
    protected: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(path for task in self.tasks for path in task.files))


@dataclass(frozen=True)
class CandidateResult:
    """One attempt at a task. `strategy` is what made it: the deployment's name of a model. `passed`: the rules and the
    checks had nothing to say. `lines` are those that it adds and removes. `chosen`: the task's change is this one."""

    number: int
    strategy: str
    passed: bool
    ending: AgentEnding | Literal[""] = ""
    reason: str = ""
    commit_sha: str = ""
    files: int = 0
    lines: int = 0
    rounds: int = 0
    dollars: float = 0.0
    seconds: float = 0.0
    chosen: bool = False


TaskState = Literal["waiting", "running", "done", "nothing", "failed"]


@dataclass(frozen=True)
class TaskResult:
    """What became of a task. `commit_sha` is its change on the host, upon what was joined before it. `again`: it was
    done a second time, since its files had changed meanwhile."""

    id: str
    title: str
    state: TaskState = "waiting"
    reason: str = ""
    commit_sha: str = ""
    files: int = 0
    lines: int = 0
    rounds: int = 0
    again: bool = False
    candidates: tuple[CandidateResult, ...] = ()
    repository: str = ""


@dataclass(frozen=True)
class GateRow:
    """One check of the gate on the joined change."""

    name: str
    status: Status
    required: bool = True
    reason: str = ""


@dataclass(frozen=True)
class QAResult:
    """The gate's verdict on the joined change. `new_failures` names what fails because of it."""

    passed: bool
    score: float = 0.0
    checks: tuple[GateRow, ...] = ()
    new_failures: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class TestProof:
    """Whether the change's tests fail without it. `before` are names of tests that fail on the files as they were, with
    the change's tests; all of them pass after it. `reason` is the sentence why nothing is proven, "" where it is."""

    __test__ = False

    before: tuple[str, ...] = ()
    count: int = 0
    reason: str = ""


@dataclass(frozen=True)
class FixRound:
    """One round of fixes. `by` says what did it: `tools`, or a model's name. `what` is one sentence."""

    number: int
    by: str
    what: str
    kept: bool


CiKind = Literal["passed", "running", "failed", "older", "flaky", "infrastructure"]
"""What a check of the repository's CI says of our commit. `failed`: our change broke it. `older`: it fails on the base
as well. `flaky`: it both failed and passed on one commit. `infrastructure`: it never came to a verdict."""


@dataclass(frozen=True)
class CiCheck:
    """One check of the repository's CI. `by` is the App (or account) that made it, `task_id` the task to repair what it
    says on the host, only where it `failed`. `name`, `by` and what `reason` quotes are other people's words. `url` is
    https, "" where the check names no such address."""

    name: str
    kind: CiKind
    by: str = ""
    reason: str = ""
    url: str = ""
    task_id: str = ""


@dataclass(frozen=True)
class ReadCiInput:
    """What does the CI say of the commit `head_sha`, and of `base_sha`, upon which it is? Our own check runs do not
    count. `base` is the branch whose required checks are waited for, "" the default one."""

    repo: RepoRef
    head_sha: str
    base_sha: str
    base: str = ""


@dataclass(frozen=True)
class CiState:
    """`checks` by name, the newest run of each. `complete`: none of them runs any more, and everything that the base
    branch requires has begun. `left_out` counts checks beyond the first 100; what has not passed comes before what
    has."""

    checks: tuple[CiCheck, ...] = ()
    complete: bool = True
    left_out: int = 0


@dataclass(frozen=True)
class PlannedPull:
    """A pull request that a planned change opened, in `repository` (`owner/name`)."""

    repository: str
    number: int
    url: str
    branch: str
    head_sha: str
    draft: bool = False


@dataclass(frozen=True)
class PRResult:
    """How it ended, and why, in a sentence. `pulls` are one for each repository that changed. `branch` is where the
    best change so far was kept, if that was asked for."""

    state: PlannedState
    reason: str = ""
    pulls: tuple[PlannedPull, ...] = ()
    tasks: tuple[TaskResult, ...] = ()
    qa: QAResult | None = None
    ci: tuple[CiCheck, ...] = ()
    costs: tuple[ModelCost, ...] = ()
    spent: float = 0.0
    seconds: int = 0
    branch: str = ""
    rounds: tuple[FixRound, ...] = ()


@dataclass(frozen=True)
class PlannedChangeView:
    """Everything that the comment and the pull request show. `seconds` is how long it runs so far. `approved_by` is who
    approved the plan, "" where nobody had to or has. `costs` are those of this run, `spent` those for the issue in all,
    of which there may be `cap`. `note` is one more sentence about the stage. `result` is None until it has ended."""

    change: PlanPatchPRInput
    stage: PlannedStage
    seconds: int = 0
    note: str = ""
    issue: FrozenIssue | None = None
    design: Design | None = None
    plan: ChangePlan | None = None
    approved_by: str = ""
    tasks: tuple[TaskResult, ...] = ()
    qa: QAResult | None = None
    proof: TestProof | None = None
    rounds: tuple[FixRound, ...] = ()
    review: tuple[str, ...] = ()
    ci: tuple[CiCheck, ...] = ()
    pulls: tuple[PlannedPull, ...] = ()
    costs: tuple[ModelCost, ...] = ()
    spent: float = 0.0
    cap: float = 0.0
    result: PRResult | None = None


@dataclass(frozen=True)
class PlannedTexts:
    """What the host has of the texts: the design as Markdown, and the tasks' texts by their ids. Models wrote them, so
    they are shown as data."""

    design: str = ""
    tasks: tuple[tuple[str, str], ...] = ()
