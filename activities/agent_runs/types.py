"""Inputs and results of the activities of agents: ids, shas, counts and short sentences."""

from dataclasses import dataclass
from typing import Literal, get_args

from activities.model import GatePlan
from activities.quality_gate.types import Workspace

Role = Literal["architect", "planner", "coder", "reviewer", "diagnostician", "writer"]
"""What an agent is asked to be. Only coders and writers change files: for the others the tools that write do not
exist."""
ROLES: tuple[Role, ...] = get_args(Role)
WRITING_ROLES: frozenset[Role] = frozenset(("coder", "writer"))

AgentEnding = Literal[
    "done", "empty", "gave_up", "out_of_money", "out_of_steps", "out_of_time", "stuck", "format_errors",
    "refused_by_model", "backend_failed", "stopped",
]  # fmt: skip
"""How a run of an agent ended. `empty`: it changed nothing, and says why. `stuck`: the same action gave the same result
four times. `format_errors`: three answers in a row could not be read. `refused_by_model`: the model declined the task.
`backend_failed`: the model or the program could not be reached or used. `stopped`: a person ended it."""


@dataclass(frozen=True)
class RunLimits:
    """What one run may use up: US dollars (with all calls, failing ones too), model calls and seconds."""

    dollars: float = 3.0
    steps: int = 100
    seconds: int = 2700

    @property
    def time_is_up(self) -> str:
        """The sentence for a run that took too long."""
        count, unit = (self.seconds // 60, "minute") if self.seconds >= 60 else (self.seconds, "second")
        return f"The limit of {count} {unit}{'' if count == 1 else 's'} is reached."


@dataclass(frozen=True)
class ModelCost:
    """What one model cost in one role. `model` is the deployment's name for it, `calls` counts failing ones too.
    `priced` False: nobody knows its price, and the deployment chose to ignore that."""

    role: Role
    model: str
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    dollars: float = 0.0
    priced: bool = True


@dataclass(frozen=True)
class RunAgentInput:
    """One run upon the commit `at`, which the workspace's host has. `task_id` is the `AgentTask` in its result store.
    `run` names the run and is the same for each attempt: what was paid for under it is never paid for again. `model` is
    one of those that the deployment allows for the role. `message` is that of the commit."""

    workspace: Workspace
    at: str
    role: Role
    task_id: str
    run: str
    model: str
    message: str = ""
    limits: RunLimits = RunLimits()


@dataclass(frozen=True)
class AgentRunResult:
    """How a run ended, and why, in a sentence. `commit_sha` is what it changed, also where it did not end well, as a
    commit upon `at` that only the mirror has; "" where nothing changed. `answer_id` is its last text in the host's
    result store, `transcript_id` the file with all that was said."""

    ending: AgentEnding
    explanation: str = ""
    commit_sha: str = ""
    git_dir: str = ""
    files_changed: int = 0
    costs: tuple[ModelCost, ...] = ()
    steps: int = 0
    seconds: float = 0.0
    answer_id: str = ""
    transcript_id: str = ""

    @property
    def dollars(self) -> float:
        return sum(cost.dollars for cost in self.costs)


@dataclass(frozen=True)
class ChooseAgentInput:
    """Which models may work on this workspace's repository in a role?"""

    workspace: Workspace
    role: Role


@dataclass(frozen=True)
class AgentChoice:
    """`models` from cheap to dear, `limits` of one run. `issue_dollars` and `month_dollars`: what may be spent for an
    issue or pull request, and for the repository in a month. `refusal` is the sentence why nobody can work here."""

    models: tuple[str, ...] = ()
    limits: RunLimits = RunLimits()
    issue_dollars: float = 0.0
    month_dollars: float = 0.0
    refusal: str = ""


FixKind = Literal["fix_linting_issues", "improve_coverage"]
"""The activity that makes a fix."""


@dataclass(frozen=True)
class PrepareFixInput:
    """What do these checks of the workspace's head find that an agent may fix? No `checks` are all of them."""

    workspace: Workspace
    plan: GatePlan
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class PreparedFix:
    """The agent's task on the host, "" where there is nothing for one. `kind` is the activity that does it."""

    task_id: str = ""
    kind: FixKind = "fix_linting_issues"
    findings: int = 0


@dataclass(frozen=True)
class JudgeFixInput:
    """Does the commit, which is upon the workspace's head, make any of its checks worse?"""

    workspace: Workspace
    plan: GatePlan
    commit_sha: str


@dataclass(frozen=True)
class FailingChecks:
    """The names of the checks that fail with a commit as the head."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class JudgedFix:
    """`worse` are the checks that the commit makes worse, `workspace` the one with it as its head."""

    workspace: Workspace
    worse: tuple[str, ...] = ()
