"""`CodeTaskWorkflow`: one task of a plan, by one or several attempts side by side, of which the best is taken."""

from dataclasses import dataclass, replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.agent_runs.types import ModelCost
    from activities.patching import report, texts
    from activities.patching.types import PatchOutcome, PatchStage
    from activities.planned_changes.stages import CodeTaskInput, CodeTaskResult
    from activities.planned_changes.types import CandidateResult, TaskResult
    from workflows.failures import for_a_person, trace_of
    from workflows.migrating.interruption import side_by_side
    from workflows.patching.host_calls import HostLost
    from workflows.patching.interruption import StoppedPatch
    from workflows.patching.rounds import PatchBench, RequestRounds
    from workflows.patching.spending import AgentSpending
    from workflows.planned_changes.stopping import Stop


@dataclass(frozen=True)
class _Attempt:
    """`outcome` None: it was stopped before it gave one."""

    result: CandidateResult
    outcome: PatchOutcome | None
    costs: tuple[ModelCost, ...]
    host_lost: bool = False


@workflow.defn(failure_exception_types=[Exception])
class CodeTaskWorkflow:
    """A child of `PlanPatchPRWorkflow`. Signal `stop` ends it: its result still says what it cost. Query:
    `get_status`."""

    @workflow.init
    def __init__(self, input: CodeTaskInput) -> None:
        self._input = input
        self._stop = Stop()
        self._rounds: dict[int, int] = {}

    @workflow.signal
    def stop(self) -> None:
        self._stop.ask(texts.STOPPED)

    @workflow.query
    def get_status(self) -> str:
        """The round of each attempt that runs."""
        return ", ".join(f"attempt {number}: round {round}" for number, round in self._rounds.items()) or "starting"

    @workflow.run
    async def run(self, input: CodeTaskInput) -> CodeTaskResult:
        work = side_by_side([self._attempt(at) for at in range(1, input.candidates + 1)])
        attempts = await self._stop.by_cancel(work, texts.STOPPED)
        costs = tuple(cost for one in attempts for cost in one.costs)
        lost = any(one.host_lost for one in attempts)
        broke = any(one.outcome and one.outcome.ending == "out_of_money" for one in attempts)
        return CodeTaskResult(chosen(input, [(one.result, one.outcome) for one in attempts]), costs, lost, broke)

    async def _attempt(self, number: int) -> _Attempt:
        """Where several compete, each is by one model alone: it is known then which one wins."""
        input, models = self._input, self._input.choice.models
        own = models[(number - 1) % len(models)]
        choice = replace(input.choice, models=(own,) if input.candidates > 1 else models)
        spending, started = AgentSpending(input.repo, input.issue), workflow.now()
        bench = PatchBench(f"{input.asked_by}.{number}", input.workspace, choice, input.checks, input.allowed)
        request = PatchOutcome(input.task.id, "instruction", input.task.title, input.task.task_id)
        outcome, lost, reason = None, False, ""

        async def show(outcome: PatchOutcome, stage: PatchStage) -> None:
            self._rounds[number] = outcome.rounds
            self._stop.go_on()

        try:
            await spending.begin(choice)
            outcome = await RequestRounds(bench, spending, self._stop.unless, show).carry_out(request, input.at)
        except StoppedPatch:
            reason = self._stop.why
        except HostLost:
            lost = True
        except Exception as error:
            reason = for_a_person(error, "")
            if not reason:
                workflow.logger.error(f"task={input.task.id} attempt={number} failed", exc_info=trace_of(error))
                reason = texts.INTERNAL_STEP
        self._rounds.pop(number, None)
        seconds = (workflow.now() - started).total_seconds()
        result = CandidateResult(
            number, choice.models[0], passed=bool(outcome and outcome.state == "done"), reason=reason,
            dollars=sum(cost.dollars for cost in spending.costs), seconds=round(seconds, 1),
        )  # fmt: skip
        if outcome:
            result = replace(
                result, ending=outcome.ending, reason=report.plain_reason(outcome), files=outcome.files,
                commit_sha=outcome.commit_sha or outcome.unfinished_sha, lines=outcome.lines, rounds=outcome.rounds,
            )  # fmt: skip
        return _Attempt(result, outcome, spending.costs, lost)


def chosen(input: CodeTaskInput, attempts: list[tuple[CandidateResult, PatchOutcome | None]]) -> TaskResult:
    """Those that the checks have nothing to say about come first, then those that changed something; of these the
    smallest change, and of the same size the cheapest. Where nothing passed, a change that broke no rule is kept as
    unfinished: the gate says what is missing. Pure."""
    task = input.task
    order = sorted(
        (one for one, _ in attempts),
        key=lambda one: (not one.passed, not one.commit_sha, one.lines, one.dollars, one.number),
    )
    best = order[0]
    outcome = {one.number: outcome for one, outcome in attempts}[best.number]
    shown = tuple(replace(one, chosen=one.number == best.number and bool(best.commit_sha)) for one, _ in attempts)
    nothing = not best.commit_sha and outcome is not None and outcome.state == "nothing"
    return TaskResult(
        task.id, task.title, "done" if best.passed else "nothing" if nothing else "failed", best.reason,
        best.commit_sha, best.files, best.lines, best.rounds, candidates=shown, repository=task.repository,
    )  # fmt: skip
