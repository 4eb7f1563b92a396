"""The gate on one head: every check side by side against each base, one verdict, and check runs that always end."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.check_runs import GATE
    from activities.model import (
        ConfigNotes,
        GatePlan,
        GateState,
        Head,
        HeadPull,
        PullVerdict,
        QualityCheck,
        QualityGateResult,
    )
    from activities.quality_gate.types import (
        CheckInput,
        GateEnding,
        GateInput,
        GateOutcome,
        RepositoryHistory,
        Workspace,
    )
    from activities.reporting import gate_states
    from workflows.failures import STOPPED, for_a_person, trace_of, was_cancelled, worker_died
    from workflows.quality import gate_activities
    from workflows.quality.bases import (
        Base,
        accepted_checks,
        head_into_default,
        heads_by_base,
        with_accepted,
        with_history,
        worst_check,
        worst_of,
    )
    from workflows.quality.check_run_writer import CheckRunWriter
    from workflows.quality.default_branch import red_after
    from workflows.quality.host_wait import HostWait


# An error in this code ends the run, instead of being tried for ever: the branch's workflow then ends the check runs.
@workflow.defn(failure_exception_types=[Exception])
class QualityGateWorkflow:
    """Signals `superseded` and `stop` end it early; a cancel does too.
    Queries: `get_status`, `get_progress`."""

    @workflow.init
    def __init__(self, input: GateInput) -> None:
        self._input = input
        self._ending: GateEnding | None = input.ending
        self._time_over = ""
        self._runs = CheckRunWriter(input)
        self._wait = HostWait(input, self._runs.still_open, self._end_without_host)
        self._state = "queued"
        self._checks: dict[str, QualityCheck] = {}
        self._found: tuple[HeadPull, ...] = ()
        self._history = RepositoryHistory()
        self._bases: list[Base] = []
        self._gate: asyncio.Task[QualityGateResult] | None = None
        self._running: list[asyncio.Task[QualityCheck]] = []

    @workflow.run
    async def run(self, input: GateInput) -> GateOutcome:
        try:
            self._gate = asyncio.create_task(self._run_gate())
            if self._ending:
                self._gate.cancel()
            result = await self._gate
        except STOPPED as error:
            result = await asyncio.shield(asyncio.create_task(self._end_without_verdict(error)))
        finally:
            self._wait.stop()
        self._state = result.state
        own = [base for base in self._bases if base.name == input.head.base_ref] or self._bases
        workspace, plan = (own[0].workspace, own[0].plan) if own else (None, None)
        return GateOutcome(result, self._runs.ids, workspace, plan, accepted_checks(self._bases), self._runs.others)

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
            self._ending = ending
            if self._gate:
                self._gate.cancel()

    def _end_without_host(self, reason: str) -> None:
        self._time_over = reason
        if self._gate:
            self._gate.cancel()

    @workflow.query
    def get_status(self) -> str:
        return self._state

    @workflow.query
    def get_progress(self) -> dict[str, str]:
        """Check → how it ended, or `running`."""
        return {name: self._checks[name].status if name in self._checks else "running" for name in self._names}

    async def _run_gate(self) -> QualityGateResult:
        input = self._input
        pulls, _, first, self._history = await asyncio.gather(
            self._pulls(), self._runs.create(), self._prepared_first(), gate_activities.read_history(input)
        )
        if self._runs.others:  # GitHub's list lacks some of what another branch's gate knew
            pulls = await self._pulls(self._runs.others)
        vouched = not input.head.fork or any(not pull.fork for pull in pulls)
        unapproved = [pull for pull in pulls if not (vouched or pull.approved)]
        self._found = pulls
        if not input.head.trusted and not vouched:
            return await self._published(self._without_verdict("refused", gate_states.NOT_APPROVED))
        self._state = "running"
        heads = heads_by_base(input.head, [pull for pull in pulls if pull not in unapproved])
        await self._add_bases(heads, first)
        head = head_into_default(self._bases, input.default_branch)
        if head and await gate_activities.requires_checks(head.repo, head.base_ref):
            await self._add_bases({head: ()})
        # What may take longest starts first, so that it does not start when all others are done.
        time_outs = {one.name: one.timeout_s for base in self._bases for one in base.plan.checks}
        slowest_first = sorted(self._names, key=lambda name: -time_outs[name])
        self._running = [asyncio.create_task(self._check(name)) for name in slowest_first]
        self._runs.write_ends()
        checks = self._in_order(await asyncio.gather(*self._running))
        result = worst_of(input.head.sha, self._bases, unapproved, checks)
        red = self._history.red if input.default_branch in {base.name for base in self._bases} else None
        if input.on_default:
            red = red_after(result, input.default_branch, input.red)
        lacking = tuple(dict.fromkeys(each for base in self._bases for each in base.workspace.head_lacks))
        return await self._published(replace(result, red_base=red, lacking=lacking))

    async def _pulls(self, others: Sequence[str] = ()) -> tuple[HeadPull, ...]:
        """The open pull requests of the head; `others` are ids of branches' workflows that may have some."""
        if not self._input.publish:
            return ()
        found = await gate_activities.pulls_of_head(self._input, others)
        return tuple(replace(pull, approved=pull.number in self._input.approved) for pull in found)

    async def _prepared_first(self) -> Workspace | None:
        """The head with the base that its branch's workflow knows: nearly always it is the only one."""
        return await self._wait.prepare(self._input.head) if self._input.head.trusted else None

    async def _add_bases(self, heads: Mapping[Head, tuple[HeadPull, ...]], first: Workspace | None = None) -> None:
        async def base(head: Head, pulls: tuple[HeadPull, ...]) -> Base:
            is_first = first is not None and head == self._input.head
            workspace = first if first and is_first else await self._wait.prepare(head)
            listed = self._wait.run(workspace, head, GATE, _list_checks)
            baseline = gate_activities.read_baseline(self._input, head, pulls)
            (workspace, plan), accepted = await asyncio.gather(listed, baseline)
            return Base(
                head,
                pulls,
                workspace,
                with_history(with_accepted(plan, accepted), self._input.unfixed, self._history.flaky),
            )

        self._bases += await asyncio.gather(*(base(head, pulls) for head, pulls in heads.items()))

    async def _check(self, name: str) -> QualityCheck:
        """One check to its end: the worst of its verdicts against each base."""
        bases = [base for base in self._bases if base.plan_of(name)]
        await asyncio.gather(*(self._check_against(base, name) for base in bases))
        base, check = worst_check(name, bases)
        self._checks[name] = check
        self._runs.ended(check, base.workspace.queue)
        return check

    async def _check_against(self, base: Base, name: str) -> None:
        """On the host that has the workspace; on another when that one is gone."""
        plan = base.plan_of(name)
        assert plan
        override = self._input.overrides.get(name)
        if override and base.name in override.bases:
            base.checks[name] = QualityCheck(
                name, "neutral", None, plan.required, override.reason, plan.weight, overridden_by=override.actor
            )
            return
        if not plan.applies:
            base.checks[name] = plan.not_applying()
            return
        refresh = self._input.refresh and (not self._input.only or name in self._input.only)

        async def run(workspace: Workspace, waiting: bool) -> QualityCheck:
            input = CheckInput(workspace, plan, base.plan.folders, refresh, self._input.attempt)
            return await gate_activities.run_check(input, waiting=waiting)

        try:
            base.workspace, base.checks[name] = await self._wait.run(base.workspace, base.head, name, run)
        except STOPPED as error:
            if was_cancelled(error):
                raise
            base.checks[name] = gate_activities.not_run(plan, error)

    async def _end_without_verdict(self, error: BaseException) -> QualityGateResult:
        """A cancel, a newer head, or a failure of the gate. All processes are dead before anything is published."""
        failed = not was_cancelled(error)
        if failed:
            workflow.logger.error(f"gate=failed head={self._input.head.sha}", exc_info=trace_of(error))
        for task in self._running:
            task.cancel()
        if self._running:
            await workflow.wait(self._running)
        if failed:
            internal = gate_states.internal_error(workflow.info().workflow_id, retest=True)
            reason = gate_states.WORKER_DIED if worker_died(error) else for_a_person(error, internal)
            return await self._published(self._without_verdict("error", reason))
        if self._time_over:
            return await self._published(self._without_verdict("error", self._time_over))
        ending = self._ending or GateEnding(self._input.attempt, gate_states.CANCELLED)
        if ending.newer_sha:
            return await self._published(self._without_verdict("superseded", gate_states.superseded(ending.newer_sha)))
        if ending.shown:
            self._runs.create()
        return await self._published(self._without_verdict("cancelled", ending.reason))

    def _without_verdict(self, state: GateState, reason: str) -> QualityGateResult:
        return QualityGateResult(
            head_sha=self._input.head.sha,
            base_sha=self._bases[0].workspace.base_sha if self._bases else "",
            state=state,
            can_merge=False,
            overall_score=0.0,
            checks=self._in_order(self._checks.values()),
            reason=reason,
            config=self._bases[0].plan.config if self._bases else ConfigNotes(),
            pulls=tuple(PullVerdict(pull, state, (), reason) for pull in self._found),
        )

    @property
    def _names(self) -> list[str]:
        """The checks that are judged against any base, in the order of the plan."""
        return list(dict.fromkeys(plan.name for base in self._bases if base.is_judged for plan in base.plan.checks))

    def _in_order(self, checks: Iterable[QualityCheck]) -> tuple[QualityCheck, ...]:
        return tuple(sorted(checks, key=lambda check: self._names.index(check.name)))

    async def _published(self, result: QualityGateResult) -> QualityGateResult:
        await self._runs.finish(result, self._ending.newer_sha if self._ending else "")
        return result


async def _list_checks(workspace: Workspace, waiting: bool) -> GatePlan:
    return await gate_activities.list_checks(workspace, waiting=waiting)
