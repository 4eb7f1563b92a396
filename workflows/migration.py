"""`CodeMigrationWorkflow`: a code base brought to a new version, one commit a step, each judged before the next."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.migration.types import (
        FinishInput,
        JoinStepInput,
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
    from workflows.failures import for_a_person, trace_of, was_cancelled
    from workflows.migrating import host_calls
    from workflows.migrating.host import MigrationHost, failed
    from workflows.migrating.interruption import InterruptedStep, side_by_side, to_its_end, unless
    from workflows.migrating.publishing import MigrationPublisher, with_head
    from workflows.migrating.step_chain import StepChain
    from workflows.saga import Saga

R = TypeVar("R")


@dataclass(frozen=True)
class MigrationProgress:
    """What `get_progress` answers. `stage`: preparing, analyzing, planning, migrating, pausing (after the running
    step), paused, finishing, ended. `steps` is step → its status; `running` the step that is worked on."""

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
        self._running: tuple[str, ...] = ()
        self._paused = False
        self._cancelled = False
        self._rollbacks: list[str] = []
        self._chain = StepChain((), input.head.sha)
        self._host = MigrationHost(input, self._chain)
        self._saga = Saga()
        self._publisher = MigrationPublisher(input, self._saga, self._is_interrupted)
        self._next: list[MigrationAsked] = []
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
    async def asked(self, ask: MigrationAsked) -> None:
        """A person's `/migrate`: the first one is what started it. One that comes when this ends starts the next."""
        if ask.comment_id == self._input.comment_id:
            return
        if self._cancelled or "" in self._rollbacks or self._stage == "ended":
            self._next.append(ask)
        else:
            await self._publisher.answer(ask)

    @workflow.query
    def get_status(self) -> str:
        if self._paused and self._stage == "migrating":
            return "pausing" if self._running else "paused"
        return self._stage

    @workflow.query
    def get_progress(self) -> MigrationProgress:
        reasons = {one.name: one.reason for one in self._chain.ended if one.reason}
        return MigrationProgress(self.get_status(), self._chain.states(), ", ".join(self._running), reasons)

    @workflow.run
    async def run(self, input: MigrationInput) -> MigrationResult:
        """Always ends with a result that says what happened; what it made is undone where it failed."""
        try:
            result = await self._migrate()
        except (Exception, asyncio.CancelledError) as error:
            result = await to_its_end(self._ended_early(error))
        await to_its_end(self._answer_all())
        if self._next and (again := self._next[0].migration):
            workflow.continue_as_new(again)
        return result

    async def _answer_all(self) -> None:
        """Who asked for the same again, but for the first one who asked after the end."""
        for ask in self._next[1:]:
            await self._publisher.answer(ask)
        await workflow.wait_condition(workflow.all_handlers_finished)

    async def _migrate(self) -> MigrationResult:
        self._input = self._publisher.input = self._host.input = await with_head(self._input)
        await self._show()
        if refusal := await self._interruptible(self._planned()):
            return await self._ended(self._result("nothing" if self._host.analysis.migrated else "refused", refusal))
        await self._show()
        while True:
            self._stage = "migrating"
            await (self._batch() if self._input.batch else self._incremental())
            if self._cancelled:
                raise InterruptedStep
            self._stage = "finishing"
            try:
                end = await self._interruptible(self._host.call(self._finish, here=True))
                result = self._result(*self._state(), end)
                result = await self._ended(await self._publisher.publish(self._view(result), end))
                self._publisher.go_on()
            except InterruptedStep:  # a step was taken back, or has to be done again
                await self._saga.undo(_log_undo)
                continue
            return result

    async def _planned(self) -> str:
        """The sentence why the recipe does not apply, else "": then there is a plan."""
        await self._host.prepare()
        self._stage = "analyzing"
        if refusal := (await self._host.analyze()).refusal:
            return refusal
        self._stage = "planning"
        self._plan = await self._host.call(
            lambda host: host_calls.plan(PlanInput(host, self._input, self._host.analysis))
        )
        self._chain.steps = self._plan.steps
        return ""

    async def _incremental(self) -> None:
        """Each step upon the last good commit, judged before the next."""
        while await self._may_go_on() and (step := self._chain.next()):
            self._running = (step.name,)
            try:
                await self._show()
                self._chain.record(await self._interruptible(self._do(step)))
            except InterruptedStep:
                continue
            finally:
                self._running = ()

    async def _do(self, step: MigrationStep) -> StepResult:
        result = await self._host.generate(step)
        if result.status != "done" or self._input.dry_run:
            return result
        try:
            return _judged(step, result, await self._validate(self._chain.tip, result.commit_sha))
        except ActivityError as error:
            return failed(result, error)

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
                self._running = ()
                await self._show()

    async def _side_by_side(self, ready: Sequence[MigrationStep]) -> None:
        self._running = tuple(step.name for step in ready)
        start, host = self._chain.tip, self._host.workspace
        made = await self._interruptible(side_by_side([self._host.generate(step) for step in ready]))
        if self._host.workspace is not host:
            raise InterruptedStep  # some of the commits are on a host that is gone
        for step, result in zip(ready, made, strict=True):
            alone = result.status != "done" or self._chain.tip == start
            self._chain.record(result if alone else await self._interruptible(self._joined(step, result)))

    async def _joined(self, step: MigrationStep, result: StepResult) -> StepResult:
        """Upon what was joined before it; done again there where both changed a file."""
        joined = await self._host.call(
            lambda host: host_calls.join(JoinStepInput(host, result, self._chain.tip)), here=True
        )
        return joined if joined.status == "done" else await self._host.generate(step)

    async def _took_back(self) -> bool:
        """Judges all commits at once; where they are red, finds the first that is. True: its step was taken back."""
        while True:
            done = self._chain.done
            kept = [at for at, one in enumerate(done) if one.broke]  # judged already, with all below
            low, high = kept[-1] + 1 if kept else 0, len(done) - 1
            if low > high:
                return False
            good = done[low - 1].commit_sha if low else self._chain.base
            verdict = await self._interruptible(self._validate(good, done[high].commit_sha))
            if not verdict.worse:
                self._chain.record(_judged(self._chain.step(done[high].name), done[high], verdict))
                return False
            while low < high:
                middle = (low + high) // 2
                found = await self._interruptible(self._validate(good, done[middle].commit_sha))
                low, high, verdict = (low, middle, found) if found.worse else (middle + 1, high, verdict)
            judged = _judged(self._chain.step(done[low].name), done[low], verdict)
            if judged.status == "rolled_back":
                return self._chain.take_back(judged.name, judged.reason)
            self._chain.record(judged)

    async def _may_go_on(self) -> bool:
        """Carries out what people asked for in the meantime, and waits while it is paused."""
        while True:
            while self._rollbacks:
                name = self._rollbacks.pop(0)
                if not self._chain.take_back(name, texts.ROLLED_BACK_ON_REQUEST):
                    workflow.logger.warning(f"rollback=ignored step={name!r}")
                await self._show()
            if self._cancelled:
                return False
            if self._input.on_failure == "stop" and self._failures():
                self._chain.skip_rest(texts.STOPPED_BEFORE)
            if not self._paused:
                return True
            await self._show()
            await workflow.wait_condition(lambda: not self._paused or self._cancelled or bool(self._rollbacks))

    async def _interruptible(self, work: Coroutine[Any, Any, R]) -> R:
        """Its result. Raises InterruptedStep where somebody asked to stop meanwhile, or to take back what it is about
        or builds on."""
        return await unless(self._is_interrupted, work)

    def _is_interrupted(self) -> bool:
        return self._cancelled or any(map(self._ends_work, self._rollbacks))

    def _ends_work(self, rollback: str) -> bool:
        """A step that waits is only left out."""
        if rollback and rollback not in self._running:
            return self._chain.is_done(rollback)
        return self._chain.can_take_back(rollback)

    async def _validate(self, before: str, commit: str) -> StepVerdict:
        return await self._host.call(
            lambda host: host_calls.validate(ValidateStepInput(host, self._plan, before, commit)), here=True
        )

    async def _finish(self, host: Workspace) -> MigrationEnd:
        chain = self._chain
        blockers_id, end = self._host.analysis.blockers_id, chain.tip if chain.done else ""
        return await host_calls.finish(FinishInput(host, self._plan, chain.ended, end, blockers_id))

    def _view(self, result: MigrationResult | None = None) -> MigrationView:
        return MigrationView(
            self._input, self.get_status(), self._host.analysis, self._plan.steps, self._chain.ended,
            ", ".join(self._running), result,
        )  # fmt: skip

    async def _show(self, result: MigrationResult | None = None) -> None:
        """In the comment."""
        self._publisher.queue = self._host.workspace.queue if self._host.workspace else ""
        await self._publisher.show(self._view(result))

    def _state(self) -> tuple[MigrationState, str]:
        if failures := self._failures():
            return "stopped", texts.steps_not_done(failures)
        if self._chain.done:
            return "done", ""
        if any(one.reason == texts.ROLLED_BACK_ON_REQUEST for one in self._chain.ended):
            return "rolled_back", texts.ROLLED_BACK_ON_REQUEST
        return "nothing", texts.NOTHING_TO_CHANGE

    def _failures(self) -> list[str]:
        """The steps that could not be done, or not be kept."""
        ended = (one for one in self._chain.ended if one.reason != texts.ROLLED_BACK_ON_REQUEST)
        return [one.name for one in ended if one.status in ("failed", "rolled_back")]

    def _result(self, state: MigrationState, reason: str, end: MigrationEnd | None = None) -> MigrationResult:
        end, done = end or MigrationEnd(), self._chain.done
        return MigrationResult(
            state, reason, self._chain.ended,
            end.leftovers, end.breaks_build, end.report_id,
            commit_sha=done[-1].commit_sha if done else "",
            files_changed=end.files_changed, before=end.before, after=end.after, workspace=self._host.workspace,
        )  # fmt: skip

    async def _ended_early(self, error: BaseException) -> MigrationResult:
        """Nothing of it is kept."""
        self._stage = "ended"
        state: MigrationState
        if self._cancelled or was_cancelled(error):
            state, reason = "cancelled", texts.CANCELLED
        elif isinstance(error, InterruptedStep) and "" in self._rollbacks:
            state, reason = "rolled_back", texts.ROLLED_BACK_ON_REQUEST
        else:
            state, reason = "failed", for_a_person(error, "")
            if not reason:
                workflow.logger.error(f"migration=failed recipe={self._input.recipe}", exc_info=trace_of(error))
                reason = texts.internal_error(workflow.info().workflow_id)
        self._chain.take_back("", texts.NOT_KEPT)
        await self._saga.undo(_log_undo)
        return await self._ended(self._result(state, reason))

    async def _ended(self, result: MigrationResult) -> MigrationResult:
        self._stage = "ended"
        try:
            await self._show(result)
        except Exception as error:
            workflow.logger.error(f"migration={result.state} shown=no", exc_info=trace_of(error))
        return result


def _judged(step: MigrationStep, result: StepResult, verdict: StepVerdict) -> StepResult:
    """An essential step is kept with what it broke, as long as it parses, and so is one that only broke what may be
    left; any other one is taken back."""
    if not verdict.worse:
        return replace(result, reason=" ".join(verdict.unjudged))
    reason = " ".join(verdict.worse.values())
    if "syntax" not in verdict.worse and (step.essential or verdict.worse.keys() <= set(step.tolerates)):
        return replace(result, broke=tuple(verdict.worse), reason=reason)
    return replace(result, status="rolled_back", reason=reason)


def _log_undo(what: str, error: Exception) -> None:
    workflow.logger.error(f"undo=failed what={what!r}", exc_info=error)
