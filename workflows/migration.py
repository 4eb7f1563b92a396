"""`CodeMigrationWorkflow`: a code base brought to a new version, one commit a step, each judged before the next."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.migration.types import (
        AnalyzeInput,
        FinishInput,
        GenerateStepInput,
        JoinStepInput,
        MigrationAnalysis,
        MigrationAsked,
        MigrationEnd,
        MigrationInput,
        MigrationPlan,
        MigrationResult,
        MigrationState,
        MigrationStep,
        MigrationView,
        PlanInput,
        StepResult,
        StepVerdict,
        ValidateStepInput,
    )
    from activities.quality_gate.types import Workspace
    from activities.reporting import migration as texts
    from workflows.failures import STOPPED, for_a_person, never_started, trace_of, was_cancelled
    from workflows.migrating import host_calls
    from workflows.migrating.publishing import MigrationPublisher, with_head
    from workflows.migrating.step_chain import StepChain
    from workflows.quality import gate_activities
    from workflows.saga import Saga

R = TypeVar("R")


class InterruptedStep(Exception):
    """A person asked for something that ends the running step, or the host of its commit was lost."""


@dataclass(frozen=True)
class MigrationProgress:
    """What `get_progress` answers. `stage`: preparing, analyzing, planning, migrating, paused, finishing, ended.
    `steps` is step → its status; `running` the step that is worked on."""

    stage: str
    steps: Mapping[str, str]
    running: str = ""
    reasons: Mapping[str, str] | None = None


@workflow.defn(failure_exception_types=[Exception])
class CodeMigrationWorkflow:
    """One migration of one commit. Signals: `pause_migration` (after the running step), `resume_migration`, `rollback`
    (a step's name, or "" for everything), `cancel_workflow`. Queries: `get_status`, `get_progress`."""

    @workflow.init
    def __init__(self, input: MigrationInput) -> None:
        self._input = input
        self._stage = "preparing"
        self._running = ""
        self._paused = False
        self._cancelled = False
        self._rollbacks: list[str] = []
        self._chain = StepChain((), input.head.sha)
        self._saga = Saga()
        self._publisher = MigrationPublisher(input, self._saga)
        self._asked: list[MigrationAsked] = []
        self._workspace: Workspace | None = None
        self._analysis = MigrationAnalysis()
        self._plan = MigrationPlan(())

    @workflow.signal
    def pause_migration(self) -> None:
        self._paused = True

    @workflow.signal
    def resume_migration(self) -> None:
        self._paused = False

    @workflow.signal
    def rollback(self, step: str = "") -> None:
        self._rollbacks.append(step)

    @workflow.signal
    def cancel_workflow(self) -> None:
        self._cancelled = True

    @workflow.signal
    def asked(self, ask: MigrationAsked) -> None:
        """A person's `/migrate`: the first one is what started it."""
        if ask.comment_id != self._input.comment_id:
            self._asked.append(ask)

    @workflow.query
    def get_status(self) -> str:
        return "paused" if self._paused and self._stage == "migrating" else self._stage

    @workflow.query
    def get_progress(self) -> MigrationProgress:
        reasons = {one.name: one.reason for one in self._chain.ended if one.reason}
        return MigrationProgress(self.get_status(), self._chain.states(), self._running, reasons)

    @workflow.run
    async def run(self, input: MigrationInput) -> MigrationResult:
        """Always ends with a result that says what happened; what it made is undone where it failed."""
        try:
            result = await self._migrate()
        except STOPPED as error:
            # The activities that undo things must not be cancelled with everything else.
            return await asyncio.shield(asyncio.create_task(self._ended_early(error)))
        self._stage = "ended"
        await self._show(result)
        return result

    async def _migrate(self) -> MigrationResult:
        input = self._input
        input = self._input = self._publisher.input = await with_head(input)
        await self._show()
        workspace = self._workspace = await gate_activities.prepare(input.head)
        self._chain.base = workspace.head_sha
        self._stage = "analyzing"
        self._analysis = analysis = await self._on_host(lambda host: host_calls.analyze(AnalyzeInput(host, input)))
        if analysis.refusal:
            return self._result("refused", analysis.refusal)
        self._stage = "planning"
        self._plan = await self._on_host(lambda host: host_calls.plan(PlanInput(host, input, analysis)))
        self._chain = StepChain(self._plan.steps, workspace.head_sha)
        await self._show()
        self._stage = "migrating"
        await (self._batch() if input.batch else self._incremental())
        if self._cancelled:
            return await self._undone("cancelled", texts.CANCELLED)
        self._stage = "finishing"
        return await self._finished()

    async def _incremental(self) -> None:
        """Each step upon the last good commit, judged before the next."""
        while await self._may_go_on() and (step := self._chain.next()):
            self._running = step.name
            try:
                await self._show()
                result = await self._interruptible(self._do(step))
            except InterruptedStep:
                continue
            finally:
                self._running = ""
            self._chain.record(result)
            await self._show()
            if result.status in ("failed", "rolled_back") and self._input.on_failure == "stop":
                return

    async def _do(self, step: MigrationStep) -> StepResult:
        result = await self._generate(step)
        if result.status != "done" or self._input.dry_run:
            return result
        return _judged(step, result, await self._validate(self._chain.tip, result.commit_sha))

    async def _batch(self) -> None:
        """Independent steps side by side from one commit, joined, and judged once; bisected where that is red."""
        while await self._may_go_on():
            try:
                if ready := self._chain.ready():
                    await self._side_by_side(ready)
                    continue
                self._chain.next()  # marks what needs a step that was not done
                if self._input.dry_run or not await self._took_back():
                    return
            except InterruptedStep:
                continue
            finally:
                self._running = ""
                await self._show()

    async def _side_by_side(self, ready: Sequence[MigrationStep]) -> None:
        self._running = ", ".join(step.name for step in ready)
        start = self._chain.tip
        made = await self._interruptible(_all([self._generate(step) for step in ready]))
        for step, result in zip(ready, made, strict=True):
            alone = result.status != "done" or self._chain.tip == start
            self._chain.record(result if alone else await self._interruptible(self._joined(step, result)))

    async def _joined(self, step: MigrationStep, result: StepResult) -> StepResult:
        """Upon what was joined before it; done again there where both changed a file."""
        joined = await self._on_host(lambda host: host_calls.join(JoinStepInput(host, result, self._chain.tip)))
        return joined if joined.status == "done" else await self._generate(step)

    async def _took_back(self) -> bool:
        """Judges all commits at once; where they are red, finds the first that is. True: its step was taken back."""
        while True:
            good = next((one.commit_sha for one in reversed(self._chain.done) if one.broke), self._chain.base)
            if self._chain.tip == good:
                return False
            verdict = await self._interruptible(self._validate(good, self._chain.tip))
            if not verdict.worse:
                return False
            done = self._chain.done
            low, high = (
                [one.commit_sha for one in done].index(good) + 1 if good != self._chain.base else 0,
                len(done) - 1,
            )
            while low < high:
                middle = (low + high) // 2
                found = await self._interruptible(self._validate(good, done[middle].commit_sha))
                low, high, verdict = (low, middle, found) if found.worse else (middle + 1, high, verdict)
            step = next(one for one in self._chain.steps if one.name == done[low].name)
            judged = _judged(step, done[low], verdict)
            if judged.status == "rolled_back":
                return self._chain.take_back(step.name, judged.reason)
            self._chain.record(judged)

    async def _may_go_on(self) -> bool:
        """Carries out what people asked for in the meantime, and waits while it is paused."""
        while True:
            while self._rollbacks:
                self._chain.take_back(self._rollbacks.pop(0), texts.ROLLED_BACK_ON_REQUEST)
                await self._show()
            if self._cancelled:
                return False
            if not self._paused:
                return True
            await self._show()
            await workflow.wait_condition(lambda: not self._paused or self._cancelled or bool(self._rollbacks))

    async def _interruptible(self, work: Awaitable[R]) -> R:
        """Its result. Raises InterruptedStep where somebody asked to roll back or to stop meanwhile: then it has been
        cancelled, and its processes are dead."""
        task = asyncio.ensure_future(work)
        try:
            await workflow.wait_condition(lambda: task.done() or self._cancelled or bool(self._rollbacks))
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done():
            return task.result()
        task.cancel()
        try:
            await task
        except STOPPED as error:
            if not was_cancelled(error):
                raise
        raise InterruptedStep

    async def _generate(self, step: MigrationStep) -> StepResult:
        """Upon the last good commit."""

        def on(host: Workspace) -> Awaitable[StepResult]:
            return host_calls.generate(GenerateStepInput(host, self._input, step, self._chain.tip))

        try:
            return await self._on_host(on)
        except STOPPED as error:
            if was_cancelled(error) or not (reason := for_a_person(error, "")):
                raise
            return StepResult(step.name, "failed", reason=reason)

    async def _validate(self, before: str, commit: str) -> StepVerdict:
        """Raises InterruptedStep where the host was lost, and with it the commit."""
        workspace = self._workspace

        def on(host: Workspace) -> Awaitable[StepVerdict]:
            if host is not workspace:
                raise InterruptedStep
            return host_calls.validate(ValidateStepInput(host, self._plan, before, commit))

        return await self._on_host(on)

    async def _finished(self) -> MigrationResult:
        workspace, chain = self._workspace, self._chain
        assert workspace
        end = await self._on_host(
            lambda host: host_calls.finish(
                FinishInput(host, self._plan, chain.ended, chain.tip if chain.done else "", self._analysis.blockers_id)
            )
        )
        state, reason = self._state()
        view = self._view(self._result(state, reason, end))
        return await self._publisher.publish(view, end)

    def _view(self, result: MigrationResult | None = None) -> MigrationView:
        return MigrationView(
            self._input, self.get_status(), self._analysis, self._plan.steps, self._chain.ended, self._running, result
        )

    async def _show(self, result: MigrationResult | None = None) -> None:
        """In the comment; and to whoever asked for the same again, that it runs."""
        self._publisher.queue = self._workspace.queue if self._workspace else ""
        await self._publisher.show(self._view(result))
        while self._asked:
            await self._publisher.answer(self._asked.pop(0))

    def _state(self) -> tuple[MigrationState, str]:
        ended = self._chain.ended
        if failed := [one for one in ended if one.status in ("failed", "rolled_back")]:
            if all(one.reason == texts.ROLLED_BACK_ON_REQUEST for one in failed):
                return ("done", "") if self._chain.done else ("rolled_back", texts.ROLLED_BACK_ON_REQUEST)
            return "stopped", texts.steps_not_done([one.name for one in failed])
        return ("done", "") if self._chain.done else ("nothing", texts.NOTHING_TO_CHANGE)

    def _result(self, state: MigrationState, reason: str, end: MigrationEnd | None = None) -> MigrationResult:
        end, done = end or MigrationEnd(), self._chain.done
        return MigrationResult(
            state, reason, self._chain.ended,
            end.leftovers, end.breaks_build, end.report_id,
            commit_sha=done[-1].commit_sha if done else "",
            files_changed=end.files_changed, before=end.before, after=end.after, workspace=self._workspace,
        )  # fmt: skip

    async def _undone(self, state: MigrationState, reason: str) -> MigrationResult:
        await self._saga.undo(_log_undo)
        return self._result(state, reason)

    async def _ended_early(self, error: BaseException) -> MigrationResult:
        if was_cancelled(error):
            result = await self._undone("cancelled", texts.CANCELLED)
        else:
            workflow.logger.error(f"migration=failed recipe={self._input.recipe}", exc_info=trace_of(error))
            reason = for_a_person(error, texts.internal_error(workflow.info().workflow_id))
            result = await self._undone("failed", reason)
        self._stage = "ended"
        await self._show(result)
        return result

    async def _on_host(self, call: Callable[[Workspace], Awaitable[R]]) -> R:
        """On the host that has the commits. Where it is gone, the same steps are done again on another one first."""
        assert self._workspace
        try:
            return await call(self._workspace)
        except STOPPED as error:
            if was_cancelled(error) or not never_started(error):
                raise
        self._workspace = await gate_activities.prepare(replace(self._input.head, sha=self._workspace.head_sha))
        for step in self._chain.restart():
            again = GenerateStepInput(self._workspace, self._input, step, self._chain.tip)
            self._chain.record(await host_calls.generate(again))
        return await call(self._workspace)


def _judged(step: MigrationStep, result: StepResult, verdict: StepVerdict) -> StepResult:
    """An essential step is kept with what it broke, as long as it parses; any other one is taken back."""
    if not verdict.worse:
        return replace(result, reason=" ".join(verdict.unjudged))
    reason = " ".join(verdict.worse.values())
    if step.essential and "syntax" not in verdict.worse:
        return replace(result, broke=tuple(verdict.worse), reason=reason)
    return replace(result, status="rolled_back", reason=reason)


async def _all(works: Sequence[Awaitable[R]]) -> list[R]:
    return list(await asyncio.gather(*works))


def _log_undo(what: str, error: Exception) -> None:
    workflow.logger.error(f"undo=failed what={what!r}", exc_info=error)
