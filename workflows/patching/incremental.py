"""`IncrementalPatchWorkflow`: what people ask for in a pull request, one judged and signed commit for each request."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.agent_runs.types import JudgeFixInput
    from activities.github.patch_requests.types import ReadPatchRequestsInput
    from activities.github.pulls import PullInput, PullRequest
    from activities.github_activities import PullActivities
    from activities.model import GatePlan, Head
    from activities.patching import texts
    from activities.patching.types import (
        IncrementalPatchInput,
        PatchOutcome,
        PatchResult,
        PatchStage,
        PatchState,
        PatchView,
    )
    from activities.quality_gate.types import Workspace
    from workflows.activity_calls import ask_for_person
    from workflows.failures import for_a_person, never_started, trace_of, was_cancelled, worker_died
    from workflows.migrating.interruption import to_its_end
    from workflows.patching import host_calls, publishing
    from workflows.patching.host_calls import HostLost
    from workflows.patching.interruption import StoppedPatch, unless_stopped
    from workflows.patching.publishing import PatchComment, PatchPush
    from workflows.patching.rounds import PatchBench, RequestRounds
    from workflows.patching.spending import AgentSpending
    from workflows.quality import gate_activities

_CHECKS = ("unit_tests", "integration_tests", "static_analysis", "linting")
_HOSTS = 3


@dataclass(frozen=True)
class PatchProgress:
    """What `get_progress` answers. `requests` is the id of a request → its state; `spent` is in dollars, for the pull
    request in all, `waiting` how many patches come after this one."""

    stage: str
    requests: dict[str, str]
    running: str = ""
    round: int = 0
    spent: float = 0.0
    waiting: int = 0


class RefusedPatch(Exception):
    """It cannot begin; the text says why."""


@workflow.defn(failure_exception_types=[Exception])
class IncrementalPatchWorkflow:
    """All patches of one pull request, one after another. Signals: `asked` (a person's `/patch`), `stop` and
    `cancel_workflow`, which end this one and those that wait. Queries: `get_status`, `get_progress`."""

    @workflow.init
    def __init__(self, input: IncrementalPatchInput) -> None:
        self._input = input
        self._stage: PatchStage = "preparing"
        self._stopped = False
        self._waiting = list(input.waiting)
        self._not_begun: list[IncrementalPatchInput] = []
        self._known = {input.comment_id, *(one.comment_id for one in input.waiting)}
        self._outcomes: dict[str, PatchOutcome] = {}
        self._running = ""
        self._round = 0
        self._spending = AgentSpending(input.repo, input.number)
        self._comment = PatchComment()
        self._workspace: Workspace | None = None
        self._models: tuple[str, ...] = ()
        self._head_sha = ""
        self._left_out = 0

    @workflow.signal
    async def asked(self, ask: IncrementalPatchInput) -> None:
        """The first one is what started it; another one waits for its end."""
        if ask.comment_id in self._known:
            return
        self._known.add(ask.comment_id)
        self._waiting.append(ask)
        await self._comment.show(PatchView(ask, "waiting"))

    @workflow.signal
    def stop(self) -> None:
        """Also ends those that wait. What is asked for later is carried out."""
        self._stopped = True
        self._not_begun += self._waiting
        self._waiting.clear()

    @workflow.signal
    def cancel_workflow(self) -> None:
        self.stop()

    @workflow.query
    def get_status(self) -> str:
        return self._stage

    @workflow.query
    def get_progress(self) -> PatchProgress:
        states = {one.id: one.state for one in self._outcomes.values()}
        spent = self._spending.spent
        return PatchProgress(self._stage, dict(states), self._running, self._round, spent, len(self._waiting))

    @workflow.run
    async def run(self, input: IncrementalPatchInput) -> PatchResult:
        """Always ends with a result that says what happened."""
        try:
            result = await self._patch()
        except (Exception, asyncio.CancelledError) as error:
            result = await to_its_end(self._ended_early(error))
        await to_its_end(self._end_waiting())
        if self._waiting:
            following, *rest = self._waiting
            workflow.continue_as_new(replace(following, waiting=tuple(rest)))
        return result

    async def _end_waiting(self) -> None:
        """Those that a stop ended before they began."""
        if workflow.cancellation_reason() is not None:
            self.stop()
        await workflow.wait_condition(workflow.all_handlers_finished)
        while self._not_begun:
            ask = self._not_begun.pop(0)
            await self._comment.show(PatchView(ask, "ended", result=PatchResult("stopped", texts.STOPPED_BEFORE)))

    async def _patch(self) -> PatchResult:
        await self._show()
        for left in reversed(range(_HOSTS)):
            try:
                return await self._on_one_host()
            except HostLost as error:
                workflow.logger.warning(f"patch=restarted left={left}", exc_info=trace_of(error))
                if not left:
                    return await self._ended("failed", texts.HOST_GONE)
                self._comment.queue = ""
                self._outcomes = {one.id: one for one in self._outcomes.values() if one.pushed_sha}
        raise AssertionError

    async def _on_one_host(self) -> PatchResult:
        bench = await self._prepared(await self._head())
        await self._read(bench)
        tip = bench.workspace.head_sha
        for id in list(self._outcomes):
            if not self._outcomes[id].pushed_sha:
                outcome = await self._carry_out(bench, id, tip)
                tip = outcome.commit_sha or tip
        if self._input.dry_run:
            return await self._shown(bench, tip)
        if not self._input.publish:
            self._head_sha = tip
            return await self._ended(*self._state())
        await self._push(bench)
        await self._answer(bench)
        return await self._ended(*self._state())

    async def _head(self) -> Head:
        if self._input.head:
            return self._input.head
        pull = await self._pull()
        return Head(self._input.repo, pull.head_sha, pull.head_ref, pull.base_ref, pull=pull.number)

    async def _pull(self) -> PullRequest:
        input = self._input
        pull = await ask_for_person(PullActivities.get_pull_request, PullInput(input.repo, input.number))
        if pull.state != "open":
            raise RefusedPatch(texts.PULL_IS_CLOSED)
        if pull.fork:
            raise RefusedPatch(texts.PULL_IS_FORK)
        return pull

    async def _prepared(self, head: Head) -> PatchBench:
        """The head on one host, who may work on it there, and the checks that judge."""
        self._stage = "preparing"
        workspace = self._workspace = await self._stoppable(gate_activities.prepare(head))
        self._comment.queue, self._head_sha = workspace.queue, workspace.head_sha
        choice = await host_calls.choose(workspace)
        if choice.refusal:
            raise RefusedPatch(choice.refusal)
        self._models = choice.models
        await self._spending.begin(choice)
        plan = await host_calls.list_checks(workspace)
        return PatchBench(str(self._input.comment_id), workspace, choice, _judging(plan))

    async def _read(self, bench: PatchBench) -> None:
        """What is asked for."""
        self._stage = "reading"
        await self._show()
        input = self._input
        if input.task_id:
            self._outcomes = {"instruction": PatchOutcome("instruction", "instruction", "", input.task_id)}
            return
        wanted = ReadPatchRequestsInput(
            input.repo, input.number, input.comment_id, input.body_sha256, bench.workspace.head_sha, input.said_in
        )
        found = await self._stoppable(host_calls.read_requests(bench.workspace, wanted))
        if found.refused:
            raise RefusedPatch(found.refused)
        self._left_out = found.left_out
        read = (
            PatchOutcome(one.id, one.kind, one.title, one.task_id, one.path, one.line, check=one.check)
            for one in found.requests
        )
        pushed = {id: one for id, one in self._outcomes.items() if one.pushed_sha}
        self._outcomes = {**pushed, **{one.id: one for one in read if one.id not in pushed}}

    async def _carry_out(self, bench: PatchBench, id: str, tip: str) -> PatchOutcome:
        if await self._is_fixed(bench, self._outcomes[id], tip):
            self._outcomes[id] = replace(self._outcomes[id], state="nothing", reason=texts.FIXED_BEFORE)
            return self._outcomes[id]
        rounds = RequestRounds(bench, self._spending, self._stoppable, self._show_round)
        outcome = await rounds.carry_out(self._outcomes[id], tip)
        self._outcomes[id] = outcome
        self._running, self._round = "", 0
        self._go_on()
        return outcome

    async def _is_fixed(self, bench: PatchBench, outcome: PatchOutcome, tip: str) -> bool:
        """Whether the changes so far make our check pass: then no agent is asked."""
        plan, workspace = bench.checks, bench.workspace
        if not plan or tip == workspace.head_sha or outcome.check not in {one.name for one in plan.checks}:
            return False
        found = await self._stoppable(host_calls.failing(JudgeFixInput(workspace, plan, tip)))
        return outcome.check not in found.names

    async def _show_round(self, outcome: PatchOutcome, stage: PatchStage) -> None:
        self._go_on()
        self._outcomes[outcome.id] = outcome
        self._running, self._round, self._stage = outcome.id, outcome.rounds, stage
        await self._show()

    async def _push(self, bench: PatchBench) -> None:
        self._stage = "pushing"
        await self._show()
        self._go_on()
        pull = await self._pull()
        pushed = await PatchPush(bench, self._input).push(tuple(self._outcomes.values()), pull.head_sha)
        self._outcomes = {one.id: one for one in pushed.outcomes}
        self._head_sha = pushed.head_sha

    async def _answer(self, bench: PatchBench) -> None:
        """Each review thread once."""
        self._stage = "answering"
        if self._input.publish:
            await publishing.answer_threads(self._input, bench.workspace, tuple(self._outcomes.values()))

    async def _shown(self, bench: PatchBench, tip: str) -> PatchResult:
        """A dry run."""
        if tip == bench.workspace.head_sha:
            return await self._ended(*self._state())
        reason = await publishing.show_diff(bench.workspace, self._view(), tip) if self._input.publish else ""
        return await self._ended("shown", reason)

    def _state(self) -> tuple[PatchState, str]:
        outcomes = tuple(self._outcomes.values())
        failed = any(one.state == "failed" for one in outcomes)
        if any(one.pushed_sha or (one.commit_sha and not self._input.publish) for one in outcomes):
            return ("partly" if failed or self._left_out else "done"), texts.left_out(self._left_out)
        return ("failed", "") if failed else ("nothing", "" if outcomes else texts.NOTHING_TO_DO)

    async def _stoppable(self, work: Any) -> Any:
        return await unless_stopped(lambda: self._stopped, work)

    def _go_on(self) -> None:
        if self._stopped:
            raise StoppedPatch

    async def _ended_early(self, error: BaseException) -> PatchResult:
        state: PatchState = "failed"
        if isinstance(error, RefusedPatch):
            state, reason = "refused", str(error)
        elif isinstance(error, StoppedPatch) or self._stopped or was_cancelled(error):
            state, reason = "stopped", texts.STOPPED
        elif worker_died(error):
            reason = texts.WORKER_DIED
        elif isinstance(error, HostLost) or never_started(error):
            reason = texts.HOST_GONE
        elif not (reason := for_a_person(error, "")):
            workflow.logger.error("patch=failed", exc_info=trace_of(error))
            reason = texts.internal_error(workflow.info().workflow_id)
        return await self._ended(state, reason)

    async def _ended(self, state: PatchState, reason: str = "") -> PatchResult:
        """Nothing is left as if it still ran."""
        self._stage, self._running, self._round = "ended", "", 0
        outcomes = tuple(
            replace(one, state="failed", reason=reason or one.reason) if one.state in ("running", "waiting") else one
            for one in self._outcomes.values()
        )
        self._outcomes = {one.id: one for one in outcomes}
        result = PatchResult(state, reason, outcomes, self._spending.costs, self._head_sha)
        try:
            await self._show(result)
        except Exception as error:
            workflow.logger.error(f"patch={result.state} shown=no", exc_info=trace_of(error))
        return result

    def _view(self, result: PatchResult | None = None) -> PatchView:
        return PatchView(
            replace(self._input, waiting=()), self._stage, tuple(self._outcomes.values()), self._running, self._round,
            self._spending.costs, self._spending.spent, self._spending.cap, self._models, result,
        )  # fmt: skip

    async def _show(self, result: PatchResult | None = None) -> None:
        await self._comment.show(self._view(result))


def _judging(plan: GatePlan) -> GatePlan:
    return replace(plan, checks=tuple(one for one in plan.checks if one.name in _CHECKS and one.applies))
