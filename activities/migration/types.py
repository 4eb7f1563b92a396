"""Inputs and results of a migration's activities and workflow: ids, shas, counts and short sentences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from activities.model import GatePlan, Head, RepoRef
from activities.quality_gate.types import Workspace

Risk = Literal["low", "medium", "high"]
"""How likely a step changes what the program does."""

StepStatus = Literal["done", "nothing", "rolled_back", "skipped", "failed"]
"""How a step ended. `nothing`: there was nothing to change. `rolled_back`: it was done and taken back. `skipped`: a
step that it needs was not done, or a person left it out. `failed`: it could not do its work."""

MigrationState = Literal["done", "nothing", "stopped", "rolled_back", "cancelled", "refused", "failed"]
"""How a migration ended. `refused`: it does not apply here."""

Split = Literal["", "step", "owners"]
"""How many pull requests: one, one for each step, or one for each group of code owners."""

OnFailure = Literal["continue", "stop"]
"""What follows where a step fails: the steps that do not need it, or none."""


@dataclass(frozen=True)
class Leftover:
    """One place that a person has to look at: why, and how to fix it. `line` is 1-based, 0 for the whole file.
    `breaks_build`: the code does not work until then."""

    file: str
    line: int
    reason: str
    fix: str = ""
    breaks_build: bool = False


@dataclass(frozen=True)
class MigrationInput:
    """The argument of `CodeMigrationWorkflow`. `head` is the commit that is migrated, of `head.branch`. `scope` is the
    folder that it is about ("." is all), `only` the steps to run (all without), `to` a version. `number` is the issue
    or pull request in which it was asked for, 0 on a laptop; `publish` False: nothing is written to GitHub.
    `requested_by` is the login of who asked, in the comment `comment_id`."""

    head: Head
    recipe: str
    scope: str = "."
    to: str = ""
    only: tuple[str, ...] = ()
    dry_run: bool = False
    batch: bool = False
    on_failure: OnFailure = "continue"
    split: Split = ""
    number: int = 0
    publish: bool = True
    requested_by: str = ""
    comment_id: int = 0
    delivery: str = ""

    @property
    def repo(self) -> RepoRef:
        return self.head.repo


@dataclass(frozen=True)
class MigrationAsked:
    """A person's `/migrate`, also one that comes while the migration runs. `migration` is what it asks for."""

    comment_id: int
    actor: str
    migration: MigrationInput | None = None


@dataclass(frozen=True)
class AnalyzeInput:
    """What does the recipe find in this workspace's head?"""

    workspace: Workspace
    migration: MigrationInput


@dataclass(frozen=True)
class MigrationAnalysis:
    """`refusal` is the sentence why the recipe does not apply, else ""; `migrated` that it is since all is done.
    `title` is the recipe's, `to` the version. `files` are all files of the scope, `packages` the projects in it,
    `imports` the edges between its files. `matched` is step → number of files that it may change, `dependents` how many
    others import one of them. `blockers` is the number of those stored under `blockers_id`."""

    refusal: str = ""
    migrated: bool = False
    title: str = ""
    to: str = ""
    files: int = 0
    packages: int = 0
    imports: int = 0
    matched: Mapping[str, int] = field(default_factory=dict)
    dependents: Mapping[str, int] = field(default_factory=dict)
    blockers: int = 0
    blockers_id: str = ""


@dataclass(frozen=True)
class MigrationStep:
    """One step of a plan: see `RecipeStep`. `files` is how many it may change, `dependents` how many others import one
    of those, `tolerates` the checks in which something new is a leftover."""

    name: str
    title: str
    files: int = 0
    dependents: int = 0
    needs: tuple[str, ...] = ()
    risk: Risk = "low"
    reversible: bool = True
    essential: bool = False
    tolerates: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlanInput:
    """The plan for what was found."""

    workspace: Workspace
    migration: MigrationInput
    analysis: MigrationAnalysis


@dataclass(frozen=True)
class MigrationPlan:
    """The steps in their order: one comes after all that it needs. `checks` are the gate's, by which steps are
    judged; None where only the changes are to be shown."""

    steps: tuple[MigrationStep, ...]
    checks: GatePlan | None = None


@dataclass(frozen=True)
class GenerateStepInput:
    """Do this step on top of `at`, the last good commit."""

    workspace: Workspace
    migration: MigrationInput
    step: MigrationStep
    at: str


@dataclass(frozen=True)
class StepResult:
    """A step as one commit, "" where nothing changed or it failed (`reason`). `report_id` names the stored leftovers,
    whose lines are those of the commit `seen_at`. `broke` are the names of checks that it made worse, where it is
    kept all the same."""

    name: str
    status: StepStatus
    commit_sha: str = ""
    files_changed: int = 0
    leftovers: int = 0
    report_id: str = ""
    reason: str = ""
    broke: tuple[str, ...] = ()
    seen_at: str = ""


@dataclass(frozen=True)
class JoinStepInput:
    """Make the same change as `result`'s commit upon the commit `onto`."""

    workspace: Workspace
    result: StepResult
    onto: str


@dataclass(frozen=True)
class ValidateStepInput:
    """Judge `commit` against `before`, the good commit below it: does it parse, and are types, lint and tests as
    good?"""

    workspace: Workspace
    plan: MigrationPlan
    before: str
    commit: str


@dataclass(frozen=True)
class StepVerdict:
    """`worse` is check → a sentence of what is new; `unjudged` are sentences about what could not be judged, and why.
    `report_id` names stored leftovers, one for each thing that is new."""

    worse: Mapping[str, str] = field(default_factory=dict)
    unjudged: tuple[str, ...] = ()
    report_id: str = ""


@dataclass(frozen=True)
class MigrationNumbers:
    """What the checks say of one commit: check → a short text ("1373 passed, 2 failed", "14 findings")."""

    checks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FinishInput:
    """`steps` are those whose commits led to `end`, in their order; `end` "" where nothing changed. `before` are the
    numbers that are known already."""

    workspace: Workspace
    plan: MigrationPlan
    steps: tuple[StepResult, ...]
    end: str = ""
    blockers_id: str = ""
    before: MigrationNumbers = MigrationNumbers()


@dataclass(frozen=True)
class MigrationEnd:
    """`report_id` names all leftovers. `git_dir` is where the commits are on the host."""

    report_id: str = ""
    leftovers: int = 0
    breaks_build: int = 0
    files_changed: int = 0
    before: MigrationNumbers = MigrationNumbers()
    after: MigrationNumbers = MigrationNumbers()
    git_dir: str = ""


@dataclass(frozen=True)
class MigrationResult:
    """How it ended. `commit_sha` is the last good commit, "" where nothing changed; `report_id` names all leftovers,
    stored on `workspace`'s host; `breaks_build` is how many of them break the build. `pull` is the pull request's
    number, 0 without one; `branches` are those that were pushed, each with its commit."""

    state: MigrationState
    reason: str = ""
    steps: tuple[StepResult, ...] = ()
    leftovers: int = 0
    breaks_build: int = 0
    report_id: str = ""
    commit_sha: str = ""
    files_changed: int = 0
    before: MigrationNumbers = MigrationNumbers()
    after: MigrationNumbers = MigrationNumbers()
    pull: int = 0
    pull_url: str = ""
    workspace: Workspace | None = None
    branches: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MigrationView:
    """Everything that a migration's comment and pull request show. `stage` is the workflow's; `result` None until it
    has ended."""

    migration: MigrationInput
    stage: str
    analysis: MigrationAnalysis = MigrationAnalysis()
    steps: tuple[MigrationStep, ...] = ()
    results: tuple[StepResult, ...] = ()
    running: str = ""
    result: MigrationResult | None = None


@dataclass(frozen=True)
class OpenMigrationPullInput:
    """Open the pull request of `branch` into `base`. `title` "" is the migration's own."""

    view: MigrationView
    branch: str
    base: str
    title: str = ""


@dataclass(frozen=True)
class ShowMigrationDiffInput:
    """Show the change from `before` to `after` in a check run of the commit `before`."""

    view: MigrationView
    before: str
    after: str


@dataclass(frozen=True)
class SplitInput:
    """The migration that ended at the commit `end`, in parts."""

    workspace: Workspace
    by: Split
    title: str
    steps: tuple[MigrationStep, ...]
    results: tuple[StepResult, ...]
    end: str


@dataclass(frozen=True)
class MigrationPart:
    """One pull request: the commit of its branch. `stacked`: it goes into the branch of the part before it."""

    name: str
    title: str
    commit_sha: str
    stacked: bool = False


@dataclass(frozen=True)
class MigrationParts:
    """In the order in which they are to be merged."""

    parts: tuple[MigrationPart, ...]
