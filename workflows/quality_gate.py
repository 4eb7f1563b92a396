"""The gate on one head: every check side by side, one verdict, and check runs that always end."""

import asyncio
from collections.abc import Iterable, Mapping

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.types.check_runs import GATE
    from activities.model import CheckPlan, GatePlan, QualityCheck, QualityGateResult
    from activities.quality_gate.types import CheckInput, GateEnding, GateInput, GateOutcome, Workspace
    from workflows.failures import STOPPED, for_a_person, never_started, was_cancelled
    from workflows.quality import gate_activities, publishing
    from workflows.quality.scoring import overall

_NEUTRAL_LINE = "Something went wrong on our side; the log of workflow {id} says what. `/retest` tries again."


# An error in this code ends the run, instead of being tried for ever: the branch's workflow then writes the last word.
@workflow.defn(failure_exception_types=[Exception])
class QualityGateWorkflow:
    """Signals `superseded` and `stop` end it early; a cancel does too.
    Queries: `get_status`, `get_progress`."""

    @workflow.init
    def __init__(self, request: GateInput) -> None:
        self._request = request
        self._newer = ""
        self._why = ""
        self._state = "queued"
        self._checks: dict[str, QualityCheck] = {}
        self._open: dict[str, int] = {}  # check runs on GitHub that have not ended yet
        self._posting: asyncio.Task[None] | None = None
        self._posted: Mapping[str, int] = {}
        self._workspace: Workspace | None = None
        self._plan: GatePlan | None = None
        self._gate: asyncio.Task[QualityGateResult] | None = None
        self._running: list[asyncio.Task[QualityCheck]] = []

    @workflow.run
    async def run(self, request: GateInput) -> GateOutcome:
        try:
            self._gate = asyncio.create_task(self._whole_gate())
            if self._newer or self._why:
                self._gate.cancel()
            result = await self._gate
        except STOPPED as error:
            ending = self._ended_early() if was_cancelled(error) else self._went_wrong(error)
            result = await asyncio.shield(asyncio.create_task(ending))
        self._state = result.state
        return GateOutcome(result, self._posted, self._workspace, self._plan)

    @workflow.signal
    def superseded(self, ending: GateEnding) -> None:
        """A newer head is there: this one's processes are killed and its check runs end `cancelled`."""
        self._end_early(ending)

    @workflow.signal
    def stop(self, ending: GateEnding) -> None:
        """Nobody needs this verdict any more; `reason` is a sentence for the check runs."""
        self._end_early(ending)

    def _end_early(self, ending: GateEnding) -> None:
        if ending.attempt == self._request.attempt:
            self._newer, self._why = ending.newer_sha, ending.reason
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

    async def _whole_gate(self) -> QualityGateResult:
        if not self._request.trusted:
            return await self._refused()
        _, workspace = await asyncio.gather(self._runs_posted(), gate_activities.prepare(self._request))
        self._workspace = workspace
        self._state = "running"
        shown = publishing.show_running(self._request, self._posted.get(GATE, 0))
        self._plan = plan = (await asyncio.gather(gate_activities.list_checks(workspace), shown))[0]
        if plan.problem:
            return await self._misconfigured(plan)
        self._running = [asyncio.create_task(self._one(check)) for check in _slowest_first(plan.checks)]
        checks = await asyncio.gather(*self._running)
        return await self._verdict(self._in_order(checks), plan.threshold)

    def _runs_posted(self) -> asyncio.Future[None]:
        """Shielded: what is on its way to GitHub cannot be called back, so its answer is awaited, to be ended."""
        self._posting = asyncio.create_task(self._post_runs())
        return asyncio.shield(self._posting)

    async def _post_runs(self) -> None:
        if self._request.publish:
            self._posted = await publishing.post(self._request)
            self._open = dict(self._posted)

    async def _one(self, plan: CheckPlan) -> QualityCheck:
        check = await self._verdict_on(plan)
        self._checks[plan.name] = check
        if run_id := self._open.get(plan.name):
            assert self._workspace
            if await publishing.end_check(self._request, self._workspace, run_id, check):
                self._open.pop(plan.name, None)
        return check

    async def _verdict_on(self, plan: CheckPlan) -> QualityCheck:
        if said := self._request.overrides.get(plan.name):
            return QualityCheck(plan.name, "neutral", None, plan.required, said, weight=plan.weight)
        return await self._checked(plan) if plan.applies else _skipped(plan)

    async def _checked(self, plan: CheckPlan) -> QualityCheck:
        """On the host that has the workspace; on another when that one is gone."""
        assert self._workspace
        assert self._plan
        again = self._request.refresh and (not self._request.only or plan.name in self._request.only)
        wanted = CheckInput(self._workspace, plan, self._plan.folders, again, self._request.attempt)
        try:
            return await gate_activities.run_check(wanted)
        except STOPPED as error:
            if was_cancelled(error):
                raise
            if never_started(error):
                self._workspace = await gate_activities.prepare(self._request)
                return await self._checked(plan)
            return gate_activities.not_run(plan, error)

    async def _verdict(self, checks: tuple[QualityCheck, ...], threshold: float) -> QualityGateResult:
        score = overall(checks, threshold)
        assert self._workspace
        result = QualityGateResult(
            head_sha=self._request.head_sha,
            base_sha=self._workspace.base_sha,
            state="passed" if score.can_merge else "failed",
            can_merge=score.can_merge,
            overall_score=score.overall,
            checks=checks,
            blocking=score.blocking,
            score_lines=score.lines,
            reason=score.reason,
        )
        return await self._published(result)

    async def _misconfigured(self, plan: GatePlan) -> QualityGateResult:
        where = f" (line {plan.line})" if plan.line else ""
        reason = f".github/autobuild.yml{where}: {plan.problem}"
        return await self._published(self._without_checks("failed", reason))

    async def _refused(self) -> QualityGateResult:
        await self._runs_posted()
        reason = f"This head comes from a fork. A maintainer can comment `/ok-to-test {self._request.head_sha}`."
        return await self._published(self._without_checks("refused", reason))

    async def _went_wrong(self, error: BaseException) -> QualityGateResult:
        workflow.logger.error("gate failed", exc_info=error)
        await self._stop_checks()
        line = _NEUTRAL_LINE.format(id=workflow.info().workflow_id)
        return await self._published(self._without_checks("error", for_a_person(error, line)))

    async def _ended_early(self) -> QualityGateResult:
        await self._stop_checks()
        state = "superseded" if self._newer else "cancelled"
        reason = f"Superseded by {self._newer}." if self._newer else self._why or "Cancelled on request."
        return await self._published(self._without_checks(state, reason))

    async def _stop_checks(self) -> None:
        """All processes are dead before the last word is said."""
        for task in self._running:
            task.cancel()
        if self._running:
            await workflow.wait(self._running)

    def _without_checks(self, state: str, reason: str) -> QualityGateResult:
        return QualityGateResult(
            head_sha=self._request.head_sha,
            base_sha=self._workspace.base_sha if self._workspace else "",
            state=state,  # type: ignore[arg-type]
            can_merge=False,
            overall_score=0.0,
            checks=self._in_order(self._checks.values()),
            reason=reason,
        )

    def _in_order(self, checks: Iterable[QualityCheck]) -> tuple[QualityCheck, ...]:
        """In the order of the plan."""
        names = [plan.name for plan in self._plan.checks] if self._plan else []
        return tuple(sorted(checks, key=lambda check: names.index(check.name)))

    async def _published(self, result: QualityGateResult) -> QualityGateResult:
        """Ends whatever is still open on GitHub: the other checks first, the gate's own run last."""
        if self._posting:
            await workflow.wait([self._posting])
        if self._open or (self._posting and self._request.publish and not self._posted):
            await publishing.end_all(self._request, result, self._open, self._posted, self._newer)
            self._open = {}
        return result


def _skipped(plan: CheckPlan) -> QualityCheck:
    return QualityCheck(plan.name, "skipped", None, plan.required, plan.reason, weight=plan.weight)


def _slowest_first(plans: tuple[CheckPlan, ...]) -> list[CheckPlan]:
    """What may take longest starts first, so that it does not start when all others are done."""
    return sorted(plans, key=lambda plan: -plan.timeout_s)
