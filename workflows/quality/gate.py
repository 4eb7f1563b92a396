"""The gate on one head: every check side by side, one verdict, and check runs that always end."""

import asyncio
from collections.abc import Iterable, Mapping

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.check_runs import GATE
    from activities.model import CheckPlan, ConfigNotes, GatePlan, GateState, QualityCheck, QualityGateResult
    from activities.quality_gate.types import CheckInput, GateEnding, GateInput, GateOutcome, Workspace
    from activities.reporting import gate_states
    from workflows.failures import STOPPED, for_a_person, never_started, was_cancelled
    from workflows.quality import gate_activities
    from workflows.quality.scoring import overall


# An error in this code ends the run, instead of being tried for ever: the branch's workflow then ends the check runs.
@workflow.defn(failure_exception_types=[Exception])
class QualityGateWorkflow:
    """Signals `superseded` and `stop` end it early; a cancel does too.
    Queries: `get_status`, `get_progress`."""

    @workflow.init
    def __init__(self, input: GateInput) -> None:
        self._input = input
        self._newer_sha = ""
        self._end_reason = ""
        self._state = "queued"
        self._checks: dict[str, QualityCheck] = {}
        self._open_runs: dict[str, int] = {}  # check runs on GitHub that have not ended yet
        self._creating: asyncio.Task[None] | None = None
        self._run_ids: Mapping[str, int] = {}
        self._workspace: Workspace | None = None
        self._plan: GatePlan | None = None
        self._gate: asyncio.Task[QualityGateResult] | None = None
        self._running: list[asyncio.Task[QualityCheck]] = []

    @workflow.run
    async def run(self, input: GateInput) -> GateOutcome:
        try:
            self._gate = asyncio.create_task(self._run_gate())
            if self._newer_sha or self._end_reason:
                self._gate.cancel()
            result = await self._gate
        except STOPPED as error:
            result = await asyncio.shield(asyncio.create_task(self._end_without_verdict(error)))
        self._state = result.state
        return GateOutcome(result, self._run_ids, self._workspace, self._plan)

    @workflow.signal
    def superseded(self, ending: GateEnding) -> None:
        """A newer head is there: this one's processes are killed and its check runs end `cancelled`."""
        self._end_early(ending)

    @workflow.signal
    def stop(self, ending: GateEnding) -> None:
        """The verdict is not needed any more; `reason` is a sentence for the check runs."""
        self._end_early(ending)

    def _end_early(self, ending: GateEnding) -> None:
        if ending.attempt == self._input.attempt:
            self._newer_sha, self._end_reason = ending.newer_sha, ending.reason
            if self._gate:
                self._gate.cancel()

    @workflow.query
    def get_status(self) -> str:
        return self._state

    @workflow.query
    def get_progress(self) -> dict[str, str]:
        """Check → how it ended, or `running`."""
        names = [plan.name for plan in self._plan.checks] if self._plan else []
        return {name: self._checks[name].status if name in self._checks else "running" for name in names}

    async def _run_gate(self) -> QualityGateResult:
        input = self._input
        if not input.head.trusted:
            await self._create_runs()
            return await self._published(self._without_verdict("refused", gate_states.NOT_APPROVED))
        _, workspace = await asyncio.gather(self._create_runs(), gate_activities.prepare(input.head))
        self._workspace, self._state = workspace, "running"
        shown = gate_activities.show_running(input, self._run_ids.get(GATE, 0))
        self._plan = plan = (await asyncio.gather(gate_activities.list_checks(workspace), shown))[0]
        if plan.problem:
            reason = gate_states.invalid_configuration(plan.problem, plan.line, plan.config.mistakes[0].path)
            return await self._published(self._without_verdict("failed", reason))
        if plan.left_out and not input.head.pull:  # GitHub would let a green gate into any branch
            return await self._published(self._without_verdict("unchecked", plan.checks[0].reason))
        # What may take longest starts first, so that it does not start when all others are done.
        slowest_first = sorted(plan.checks, key=lambda check: -check.timeout_s)
        self._running = [asyncio.create_task(self._check(check)) for check in slowest_first]
        checks = self._in_order(await asyncio.gather(*self._running))
        score = overall(checks, plan.threshold)
        result = QualityGateResult(
            head_sha=input.head.sha,
            base_sha=workspace.head.base_sha,
            state="passed" if score.can_merge else "failed",
            can_merge=score.can_merge,
            overall_score=score.overall,
            checks=checks,
            blocking=score.blocking,
            score_lines=score.lines,
            reason=score.reason,
            config=plan.config,
        )
        return await self._published(result)

    def _create_runs(self) -> asyncio.Future[None]:
        """Shielded: a request that is on its way to GitHub cannot be called back, so its answer is awaited, to be
        ended."""

        async def create() -> None:
            if self._input.publish:
                self._run_ids = await gate_activities.create_check_runs(self._input)
                self._open_runs = dict(self._run_ids)

        self._creating = asyncio.create_task(create())
        return asyncio.shield(self._creating)

    async def _check(self, plan: CheckPlan) -> QualityCheck:
        """One check to its end on GitHub."""
        if override := self._input.overrides.get(plan.name):
            check = QualityCheck(plan.name, "neutral", None, plan.required, override, weight=plan.weight)
        elif not plan.applies:
            check = QualityCheck(plan.name, "skipped", None, plan.required, plan.reason, weight=plan.weight)
        else:
            check = await self._run_check(plan)
        self._checks[plan.name] = check
        if run_id := self._open_runs.get(plan.name):
            assert self._workspace
            if await gate_activities.complete_check(self._input, self._workspace, run_id, check):
                self._open_runs.pop(plan.name, None)
        return check

    async def _run_check(self, plan: CheckPlan) -> QualityCheck:
        """On the host that has the workspace; on another when that one is gone."""
        assert self._workspace
        assert self._plan
        refresh = self._input.refresh and (not self._input.only or plan.name in self._input.only)
        input = CheckInput(self._workspace, plan, self._plan.folders, refresh, self._input.attempt)
        try:
            return await gate_activities.run_check(input)
        except STOPPED as error:
            if was_cancelled(error):
                raise
            if never_started(error):
                self._workspace = await gate_activities.prepare(self._input.head)
                return await self._run_check(plan)
            return gate_activities.not_run(plan, error)

    async def _end_without_verdict(self, error: BaseException) -> QualityGateResult:
        """A cancel, a newer head, or a failure of the gate. All processes are dead before anything is published."""
        failed = not was_cancelled(error)
        if failed:
            workflow.logger.error(f"gate=failed head={self._input.head.sha}", exc_info=error)
        for task in self._running:
            task.cancel()
        if self._running:
            await workflow.wait(self._running)
        if failed:
            reason = for_a_person(error, gate_states.internal_error(workflow.info().workflow_id, retest=True))
            return await self._published(self._without_verdict("error", reason))
        if self._newer_sha:
            return await self._published(self._without_verdict("superseded", gate_states.superseded(self._newer_sha)))
        return await self._published(self._without_verdict("cancelled", self._end_reason or gate_states.CANCELLED))

    def _without_verdict(self, state: GateState, reason: str) -> QualityGateResult:
        return QualityGateResult(
            head_sha=self._input.head.sha,
            base_sha=self._workspace.head.base_sha if self._workspace else "",
            state=state,
            can_merge=False,
            overall_score=0.0,
            checks=self._in_order(self._checks.values()),
            reason=reason,
            config=self._plan.config if self._plan else ConfigNotes(),
        )

    def _in_order(self, checks: Iterable[QualityCheck]) -> tuple[QualityCheck, ...]:
        """In the order of the plan."""
        names = [plan.name for plan in self._plan.checks] if self._plan else []
        return tuple(sorted(checks, key=lambda check: names.index(check.name)))

    async def _published(self, result: QualityGateResult) -> QualityGateResult:
        """Ends whatever is still open on GitHub: the other checks first, the gate's own run last."""
        if self._creating:
            await workflow.wait([self._creating])
        if self._open_runs or (self._creating and self._input.publish and not self._run_ids):
            await gate_activities.complete_all(self._input, result, self._open_runs, self._run_ids, self._newer_sha)
            self._open_runs = {}
        return result
