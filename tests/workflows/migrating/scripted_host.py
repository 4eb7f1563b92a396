"""A host whose steps a test controls: a commit is its history as text, `base+a+b`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from activities.errors import COMMITS_LOST
from activities.heartbeat import heartbeating
from activities.migration.types import (
    AnalyzeInput,
    FinishInput,
    GenerateStepInput,
    JoinStepInput,
    MigrationAnalysis,
    MigrationEnd,
    MigrationInput,
    MigrationPlan,
    MigrationResult,
    MigrationStep,
    PlanInput,
    StepResult,
    StepVerdict,
    ValidateStepInput,
)
from activities.model import Head, RepoRef
from activities.quality_gate.types import Workspace
from tests.deadlines import WITHIN_S, until
from workflows.config import ActivityHeartbeats
from workflows.migration import CodeMigrationWorkflow, MigrationProgress

Handle = WorkflowHandle[CodeMigrationWorkflow, MigrationResult]
# b needs a; c and d need nothing.
STEPS = (MigrationStep("a", "A"), MigrationStep("b", "B", needs=("a",)), MigrationStep("c", "C"),
         MigrationStep("d", "D"))  # fmt: skip


class Held:
    """Activities that wait for a test: each says that it was begun, and how it ended."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.released = asyncio.Event()
        self.cancelled = 0
        self.running = 0

    async def begin(self) -> None:
        """Returns when an activity waits."""
        async with asyncio.timeout(WITHIN_S):
            await self.begun.wait()

    @contextlib.asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        self.running += 1
        try:
            self.begun.set()
            async with heartbeating(lambda: (1_200, 5_000)):
                await self.released.wait()
            yield
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1


@dataclass
class ScriptedHost:
    """What its steps do. `results` has steps that do not succeed, `red` step → what it breaks, `conflicts` steps that
    cannot be joined, `held` activity or step → what it waits for, `errors` step → what its activity raises.
    `prepared` counts hosts: commits of an earlier one are lost."""

    temporal: Client
    queue: str
    workers: contextlib.AsyncExitStack
    steps: Sequence[MigrationStep] = STEPS
    results: dict[str, StepResult] = field(default_factory=dict)
    red: dict[str, dict[str, str]] = field(default_factory=dict)
    unjudged: tuple[str, ...] = ()
    conflicts: set[str] = field(default_factory=set)
    held: dict[str, Held] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)
    refusal: str = ""
    prepared: int = 0
    lost: set[int] = field(default_factory=set)
    commits: set[str] = field(default_factory=set)
    generated: list[str] = field(default_factory=list)
    validated: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    ended: list[FinishInput] = field(default_factory=list)
    number: int = 0

    def hold(self, what: str) -> Held:
        """`what` waits from now on."""
        self.held[what] = Held()
        return self.held[what]

    def lose(self) -> None:
        """The host is gone, with all that it made."""
        self.commits.clear()
        self.lost.add(self.prepared)

    async def start(self, again: str = "", **options: object) -> Handle:
        """A new migration, or the running one with the id `again`."""
        self.number += 1
        head = Head(RepoRef("octocat", "example"), "base", "main")
        input: MigrationInput = replace(MigrationInput(head, "recipe", publish=False), **options)  # type: ignore[arg-type]
        return await self.temporal.start_workflow(
            CodeMigrationWorkflow.run,
            input,
            id=again or f"{self.queue}-{self.number}",
            task_queue=self.queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )

    async def worker(self) -> contextlib.AsyncExitStack:
        """A worker with empty memory; closing the stack ends it."""
        stack = contextlib.AsyncExitStack()
        does: list[Callable[..., object]] = [
            self.prepare_workspace, self.analyze_codebase, self.create_migration_plan, self.generate_migration_step,
            self.join_migration_step, self.validate_migration_step, self.finish_migration,
        ]  # fmt: skip
        await stack.enter_async_context(
            Worker(
                self.temporal,
                task_queue=self.queue,
                workflows=[CodeMigrationWorkflow],
                activities=does,
                max_heartbeat_throttle_interval=ActivityHeartbeats.MAX_THROTTLE,
                default_heartbeat_throttle_interval=ActivityHeartbeats.MAX_THROTTLE,
                sticky_queue_schedule_to_start_timeout=ActivityHeartbeats.STICKY_QUEUE,
            )
        )
        return await self.workers.enter_async_context(stack)

    async def _work(self, *names: str, workspace: Workspace | None = None, commit: str = "base") -> None:
        """Waits, and fails, as the test says."""
        for name in names:
            if held := self.held.get(name):
                async with held.hold():
                    pass
            if error := self.errors.get(name):
                raise error
        if workspace and (workspace.config_sha in map(str, self.lost) or commit not in {"base", *self.commits}):
            raise ApplicationError("gone", type=COMMITS_LOST, non_retryable=True)

    @activity.defn
    async def prepare_workspace(self, head: Head) -> Workspace:
        await self._work("prepare")
        self.prepared += 1
        return Workspace(head, self.queue, "tree", config_sha=str(self.prepared))

    @activity.defn
    async def analyze_codebase(self, input: AnalyzeInput) -> MigrationAnalysis:
        await self._work("analyze", workspace=input.workspace)
        migrated = self.refusal.startswith("Already")
        return MigrationAnalysis(self.refusal, migrated, blockers_id=f"blockers-{input.workspace.config_sha}")

    @activity.defn
    async def create_migration_plan(self, input: PlanInput) -> MigrationPlan:
        await self._work("plan", workspace=input.workspace)
        return MigrationPlan(tuple(self.steps))

    @activity.defn
    async def generate_migration_step(self, input: GenerateStepInput) -> StepResult:
        name = input.step.name
        self.generated.append(f"{input.at}+{name}")
        await self._work(name, workspace=input.workspace, commit=input.at)
        if name in self.results:
            return self.results[name]
        return self._made(StepResult(name, "done", f"{input.at}+{name}", report_id=f"rows-{name}"))

    @activity.defn
    async def join_migration_step(self, input: JoinStepInput) -> StepResult:
        name = input.result.name
        self.joined.append(name)
        for commit in (input.result.commit_sha, input.onto):
            await self._work(f"join {name}", workspace=input.workspace, commit=commit)
        if name in self.conflicts:
            return replace(input.result, status="nothing", commit_sha="")
        return self._made(replace(input.result, commit_sha=f"{input.onto}+{name}"))

    @activity.defn
    async def validate_migration_step(self, input: ValidateStepInput) -> StepVerdict:
        assert input.commit.startswith(f"{input.before}+")
        new = input.commit.removeprefix(input.before).split("+")[1:]
        self.validated.append("+".join(new))
        await self._work("validate", f"validate {new[-1]}", workspace=input.workspace, commit=input.commit)
        worse = {check: why for name in new for check, why in self.red.get(name, {}).items()}
        return StepVerdict(worse, () if worse else self.unjudged)

    @activity.defn
    async def finish_migration(self, input: FinishInput) -> MigrationEnd:
        await self._work("finish", workspace=input.workspace, commit=input.end or "base")
        self.ended.append(input)
        return MigrationEnd("rows", files_changed=input.end.count("+"))

    def _made(self, result: StepResult) -> StepResult:
        self.commits.add(result.commit_sha)
        return result


async def progress(handle: Handle, **expected: object) -> MigrationProgress:
    """The first answer of the query with these values."""

    async def ask() -> MigrationProgress | None:
        now = await handle.query(CodeMigrationWorkflow.get_progress)
        return now if all(getattr(now, name) == value for name, value in expected.items()) else None

    found = await until(ask)
    assert found
    return found


async def result(handle: Handle) -> MigrationResult:
    async with asyncio.timeout(WITHIN_S):
        return await handle.result()


def statuses(of: MigrationResult) -> str:
    """Step and the first letter of its status: `a done`, `b rolled_back`."""
    return ", ".join(f"{step.name} {step.status}" for step in of.steps)
