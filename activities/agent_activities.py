"""The activities of agents and of code migrations, by the catalogue's names.

Each may run again: a step that was done is found again by what it depends on.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.agent_runs.types import (
    AgentChoice,
    AgentRunResult,
    ChooseAgentInput,
    FailingChecks,
    JudgedFix,
    JudgeFixInput,
    PreparedFix,
    PrepareFixInput,
    RunAgentInput,
)
from activities.errors import COMMITS_LOST, USER_ERROR, CommitsLost, ProgramsMissing, UserError
from activities.heartbeat import heartbeating
from activities.host_activity import host_activity
from activities.migration.types import (
    AnalyzeInput,
    FinishInput,
    GenerateStepInput,
    JoinStepInput,
    MigrationAnalysis,
    MigrationEnd,
    MigrationParts,
    MigrationPlan,
    PlanInput,
    SplitInput,
    StepResult,
    StepVerdict,
    ValidateStepInput,
)
from activities.patch_checks.types import CheckPatchInput, PatchVerdict
from activities.patching.types import PatchTask, RetryTaskInput
from activities.planned_changes.stages import (
    AgentStage,
    DesignResult,
    PlannedRules,
    PlanResult,
    PlanTouched,
    PlanTouchedInput,
    ProveTestsInput,
    ReviewInput,
    ReviewResult,
)
from activities.planned_changes.types import TestProof
from activities.quality_gate.types import Workspace

if TYPE_CHECKING:
    from activities.agent_engine.engine import AgentEngine
    from activities.agent_engine.gate_fixes import GateFixes
    from activities.migration.recipe import FilesSeen
    from activities.migration_engine.engine import MigrationEngine
    from activities.planning_engine.proof import TestProver
    from activities.planning_engine.review import ChangeReviewer
    from activities.planning_engine.rules import RulesReader
    from activities.planning_engine.stages import PlanningEngine
    from activities.result_store import ResultStore

R = TypeVar("R")


class MigrationActivities:
    """`engine` does the work on this host."""

    def __init__(self, engine: "MigrationEngine") -> None:
        self._engine = engine

    @host_activity
    async def analyze_codebase(self, input: AnalyzeInput) -> MigrationAnalysis:
        """Finds what a recipe would change, and what will not migrate."""
        async with _at_work() as seen:
            return await self._engine.analyze(input, seen)

    @host_activity
    async def create_migration_plan(self, input: PlanInput) -> MigrationPlan:
        """Puts the steps in order and chooses the checks that judge them."""
        async with _at_work():
            return await self._engine.plan(input)

    @host_activity
    async def generate_migration_step(self, input: GenerateStepInput) -> StepResult:
        """Makes one step as a commit in the host's mirror."""
        async with _at_work() as seen:
            return await self._engine.generate(input, seen)

    @host_activity
    async def join_migration_step(self, input: JoinStepInput) -> StepResult:
        """Makes a step's change upon another commit; `nothing` where both changed a file."""
        async with _at_work():
            return await self._engine.join(input)

    @host_activity
    async def validate_migration_step(self, input: ValidateStepInput) -> StepVerdict:
        """Judges a commit against the one before it: syntax, types, lint and tests."""
        async with _at_work():
            return await self._engine.validate(input)

    @host_activity
    async def split_migration(self, input: SplitInput) -> MigrationParts:
        """Splits a migration into commits for several pull requests."""
        async with heartbeating():
            return await self._engine.split(input)

    @host_activity
    async def finish_migration(self, input: FinishInput) -> MigrationEnd:
        """Gathers what is left for a person, and the numbers before and after."""
        async with _at_work():
            return await self._engine.finish(input)


class AgentActivities:
    """`engine` runs agents on this host. Each leaves a commit that only the host's mirror has, or a text, and always
    says how it ended. `fixes` are those of the gate's findings."""

    def __init__(self, engine: "AgentEngine", fixes: "GateFixes", results: "ResultStore") -> None:
        self._engine = engine
        self._fixes = fixes
        self._results = results

    @host_activity
    async def choose_agent(self, input: ChooseAgentInput) -> AgentChoice:
        """Chooses the models that may work in a role, from cheap to dear, and their limits."""
        async with _at_work():
            return await self._engine.choose(input)

    @host_activity
    async def generate_code(self, input: RunAgentInput) -> AgentRunResult:
        """Lets an agent write code for a task."""
        return await self._run(input)

    @host_activity
    async def fix_linting_issues(self, input: RunAgentInput) -> AgentRunResult:
        """Lets an agent fix what linters and type checkers found and tools cannot fix."""
        return await self._run(input)

    @host_activity
    async def improve_coverage(self, input: RunAgentInput) -> AgentRunResult:
        """Lets an agent write tests for changed lines that no test runs."""
        return await self._run(input)

    @host_activity
    async def update_documentation(self, input: RunAgentInput) -> AgentRunResult:
        """Lets an agent bring the documentation in line with a change."""
        return await self._run(input)

    @host_activity
    async def check_patch(self, input: CheckPatchInput) -> PatchVerdict:
        """Looks at a change by rules before it is pushed: what it must not touch, weaken or hold."""
        async with _at_work():
            return await self._engine.check_patch(input)

    @host_activity
    async def put_retry_task(self, input: RetryTaskInput) -> PatchTask:
        """Keeps the task of another round: the same, with what is wrong with the change so far."""
        from activities.agent_engine.retry_tasks import put_retry_task

        async with _at_work():
            return await asyncio.to_thread(put_retry_task, self._results, input)

    @host_activity
    async def prepare_fix(self, input: PrepareFixInput) -> PreparedFix:
        """Keeps as a task what checks found and tools cannot fix."""
        async with _at_work():
            return await self._fixes.prepare(input)

    @host_activity
    async def judge_fix(self, input: JudgeFixInput) -> JudgedFix:
        """Judges a fix by the checks: whether it makes any of them worse."""
        async with _at_work():
            return await self._fixes.judge(input)

    @host_activity
    async def list_failing_checks(self, input: JudgeFixInput) -> FailingChecks:
        """Lists the checks that fail with a commit as the head."""
        async with _at_work():
            return await self._fixes.failing(input)

    async def _run(self, input: RunAgentInput) -> AgentRunResult:
        async with _at_work():
            return await _paid(self._engine.run, input)


class PlanningActivities:
    """What a planned change needs of agents beside the code: design, plan, review; and what is judged of it without
    one."""

    def __init__(
        self, engine: "PlanningEngine", reviewer: "ChangeReviewer", prover: "TestProver", rules: "RulesReader"
    ) -> None:
        self._engine = engine
        self._reviewer = reviewer
        self._prover = prover
        self._rules = rules

    @host_activity
    async def read_planned_rules(self, workspace: Workspace) -> PlannedRules:
        """Returns what the deployment and the repository say of planned changes, and who may work on them."""
        async with _at_work():
            return await self._rules.read(workspace)

    @host_activity
    async def create_design(self, input: AgentStage) -> DesignResult:
        """Lets an agent design the change that an issue asks for."""
        async with _at_work():
            return await _paid(self._engine.design, input)

    @host_activity
    async def create_issues(self, input: AgentStage) -> PlanResult:
        """Lets an agent split a design into tasks."""
        async with _at_work():
            return await _paid(self._engine.plan, input)

    @host_activity
    async def review_code(self, input: ReviewInput) -> ReviewResult:
        """Lets an agent review a change together with what the gate says of it."""
        async with _at_work():
            return await _paid(self._reviewer.review, input)

    @host_activity
    async def is_plan_touched(self, input: PlanTouchedInput) -> PlanTouched:
        """Finds out whether the base branch changed files of a plan since it was made."""
        async with _at_work():
            return PlanTouched(await self._engine.touched(input.workspace, input.plan, input.tip))

    @host_activity
    async def prove_tests(self, input: ProveTestsInput) -> TestProof:
        """Runs the tests of a change on the files before it, where they have to fail."""
        async with _at_work():
            return await self._prover.prove(input)


async def _paid(run: Callable[..., Awaitable[R]], input: Any) -> R:
    """A run of an agent: it is stopped by a person, and tried again where its model is unavailable."""
    from activities.agent_engine.attempts import is_last_attempt, tried_again
    from activities.agent_runs.backend import ModelUnavailable

    try:
        return await run(input, _is_stopped, is_last_attempt=is_last_attempt())
    except ModelUnavailable as error:
        raise tried_again(error) from error


def _is_stopped() -> bool:
    """Whether the workflow asked for it: a worker that ends has its activities done again by another."""
    details = activity.cancellation_details()
    return bool(details and details.cancel_requested)


@contextlib.asynccontextmanager
async def _at_work() -> AsyncIterator["FilesSeen"]:
    """Heartbeats tell how many files were seen, of how many. Errors that another attempt would not change say so."""
    from activities.migration.recipe import FilesSeen

    seen = FilesSeen()
    async with heartbeating(seen.counts):
        try:
            yield seen
        except UserError as error:
            # What a person has to do is nothing that an operator needs a trace of.
            quiet = ApplicationErrorCategory.BENIGN
            kind = type(error).__name__ if isinstance(error, ProgramsMissing) else USER_ERROR
            raise ApplicationError(str(error), type=kind, non_retryable=True, category=quiet) from error
        except CommitsLost as error:
            raise ApplicationError(str(error), type=COMMITS_LOST, non_retryable=True) from error
