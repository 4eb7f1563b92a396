"""One request of a patch: an agent's runs, each judged, until nothing is wrong or a limit is reached."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, TimeoutType

with workflow.unsafe.imports_passed_through():
    from activities.agent_runs.types import AgentChoice, AgentRunResult, RunAgentInput
    from activities.migration.types import MigrationPlan, StepVerdict, ValidateStepInput
    from activities.model import GatePlan
    from activities.patch_checks.types import CheckPatchInput, PatchProblem, PatchVerdict
    from activities.patching import texts
    from activities.patching.run_names import run_name
    from activities.patching.types import MOST_ROUNDS, PatchOutcome, PatchStage, RetryTaskInput
    from activities.quality_gate.types import Workspace
    from workflows.config import ActivityTimeouts
    from workflows.failures import for_a_person, timed_out, trace_of, was_cancelled, worker_died
    from workflows.migrating.interruption import to_its_end
    from workflows.patching import host_calls
    from workflows.patching.spending import AgentSpending

R = TypeVar("R")
Stoppable = Callable[[Coroutine[Any, Any, R]], Awaitable[R]]


@dataclass(frozen=True)
class PatchBench:
    """What all requests of a patch share on one host. `asked_by` is part of the names of its runs. `allowed` is what
    an approved plan says that a change may do: see `CheckPatchInput`."""

    asked_by: str
    workspace: Workspace
    choice: AgentChoice
    checks: GatePlan | None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a change: `sentences` are ours, `report_id` names rows on the host. `notes` are about what
    could not be judged. `by_rules`: nobody may see that change."""

    sentences: tuple[str, ...] = ()
    report_id: str = ""
    notes: tuple[str, ...] = ()
    by_rules: bool = False
    lines: int = 0


class RequestRounds:
    """`stoppable` gives the result of work, or raises where a person stopped it; `show` is called whenever there is
    something new to show of the outcome."""

    def __init__(
        self, bench: PatchBench, spending: AgentSpending, stoppable: "Stoppable[Any]",
        show: Callable[[PatchOutcome, PatchStage], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._bench = bench
        self._spending = spending
        self._stoppable = stoppable
        self._show = show

    async def carry_out(self, request: PatchOutcome, good: str, most_rounds: int = MOST_ROUNDS) -> PatchOutcome:
        """Upon the good commit `good`. The next model is tried where the one before it failed, by its ending or by the
        checks."""
        models, at, seen = list(self._bench.choice.models), good, None
        outcome = request
        for round in range(1, most_rounds + 1):
            outcome = replace(outcome, state="running", rounds=round, model=models[0])
            await self._show(outcome, "working")
            result = await self._run(outcome, at)
            while _failed(result) and result.ending != "out_of_money" and len(models) > 1 and self._spending.left > 0:
                models.pop(0)
                outcome, at = replace(outcome, model=models[0]), good
                await self._show(outcome, "working")
                result = await self._run(outcome, at)
            outcome = replace(outcome, ending=result.ending, reason=result.explanation, files=result.files_changed)
            if _failed(result) or not result.commit_sha:
                return _without_change(outcome, seen)
            await self._show(outcome, "checking")
            wrong = await self._judged(good, result.commit_sha)
            unfinished = "" if wrong.by_rules else result.commit_sha
            outcome = replace(outcome, lines=wrong.lines, unfinished_sha=unfinished)
            if not wrong.sentences:
                return replace(outcome, state="done", commit_sha=result.commit_sha, reason=" ".join(wrong.notes))
            outcome = replace(outcome, state="failed", reason=texts.still_fails(wrong.sentences))
            if wrong.sentences == seen:
                return replace(outcome, reason=f"{outcome.reason} {texts.SAME_FAILURES}")
            seen, at = wrong.sentences, result.commit_sha
            if round < most_rounds:
                retry = RetryTaskInput(self._bench.workspace, request.task_id, wrong.report_id, wrong.sentences)
                outcome = replace(outcome, task_id=(await host_calls.put_retry_task(retry)).task_id)
                models = models[1:] or models
        return replace(outcome, reason=f"{outcome.reason} {texts.rounds_used(most_rounds)}")

    async def _run(self, outcome: PatchOutcome, at: str) -> AgentRunResult:
        """What goes wrong in it is its ending."""
        bench = self._bench
        name = run_name(workflow.info().workflow_id, bench.asked_by, outcome.rounds, outcome.model, outcome.id)
        limits = await self._spending.reserve(name, bench.choice.limits)
        if limits is None:
            return AgentRunResult("out_of_money", self._spending.refusal)
        message = texts.commit_headline(outcome.kind, outcome.title)
        input = RunAgentInput(bench.workspace, at, "coder", outcome.task_id, name, outcome.model, message, limits)
        try:
            result: AgentRunResult = await self._stoppable(host_calls.generate(input))
        except ActivityError as error:
            result = AgentRunResult("backend_failed", _why(error, limits.seconds / 60))
            if not for_a_person(error, ""):  # nobody knows what it cost: in the end, all that was reserved counts
                return result
        await to_its_end(self._spending.settle(name, result.costs))
        return result

    async def _judged(self, good: str, commit: str) -> Wrong:
        """By rules, then by the checks, against the good commit below it."""
        try:
            looked: PatchVerdict = await self._stoppable(
                host_calls.check(CheckPatchInput(self._bench.workspace, good, commit, self._bench.allowed))
            )
        except ActivityError as error:
            return Wrong((_why(error, ActivityTimeouts.WORKSPACE.total_seconds() / 60),), by_rules=True)
        if looked.refused:
            return Wrong(tuple(map(_sentence, looked.refused)), by_rules=True, lines=looked.lines)
        verdict = await self._validated(good, commit)
        notes = (*map(_sentence, looked.notes), *verdict.unjudged)
        return Wrong(tuple(verdict.worse.values()), verdict.report_id, notes, lines=looked.lines)

    async def _validated(self, good: str, commit: str) -> StepVerdict:
        input = ValidateStepInput(self._bench.workspace, MigrationPlan((), self._bench.checks), good, commit)
        try:
            verdict: StepVerdict = await self._stoppable(host_calls.validate(input))
        except ActivityError as error:
            return StepVerdict({"": _why(error, ActivityTimeouts.FIX.total_seconds() / 60)})
        return verdict


def _sentence(problem: PatchProblem) -> str:
    return texts.at_place(problem.path, problem.line, problem.sentence)


def _failed(result: AgentRunResult) -> bool:
    return result.ending not in ("done", "empty")


def _without_change(outcome: PatchOutcome, seen: Sequence[str] | None) -> PatchOutcome:
    """Nothing to change is only an answer where nothing was wrong before."""
    if outcome.ending in ("done", "empty") and seen is None:
        return replace(outcome, state="nothing")
    if seen is None or outcome.ending not in ("done", "empty"):
        return replace(outcome, state="failed")
    return replace(outcome, state="failed", ending="", reason=f"{texts.still_fails(seen)} {texts.SAME_FAILURES}")


def _why(error: ActivityError, minutes: float) -> str:
    """A sentence. Raises a cancel."""
    if was_cancelled(error):
        raise error
    if timed_out(error, TimeoutType.START_TO_CLOSE):
        return texts.timed_out(minutes)
    if worker_died(error):
        return texts.WORKER_DIED
    if reason := for_a_person(error, ""):
        return reason
    workflow.logger.error("request=failed", exc_info=trace_of(error))
    return texts.INTERNAL_STEP
