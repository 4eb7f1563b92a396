"""The gate on the joined change, a review of it, and the fixes that both ask for: a few rounds, and no longer than they
help."""

from collections.abc import Sequence
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ActivityError, ChildWorkflowError
from temporalio.workflow import ChildWorkflowCancellationType

with workflow.unsafe.imports_passed_through():
    from activities.agent_runs.types import JudgeFixInput, PrepareFixInput, RunLimits
    from activities.model import SATISFIED, GatePlan, Head, QualityCheck
    from activities.patching.types import PatchOutcome, PatchStage
    from activities.planned_changes import texts
    from activities.planned_changes.pull_request import branch_name
    from activities.planned_changes.stages import ProveTestsInput, ReviewInput, ReviewResult
    from activities.planned_changes.types import MOST_FIX_ROUNDS, FixRound, GateRow, QAResult, TestProof
    from activities.quality_gate.types import FixInput, GateInput, GateOutcome
    from activities.reporting.wording import shortened
    from workflows import ids
    from workflows.config import WorkflowTimeouts
    from workflows.failures import trace_of, was_cancelled
    from workflows.patching.host_calls import HostLost
    from workflows.patching.rounds import PatchBench, RequestRounds
    from workflows.planned_changes import host_calls
    from workflows.planned_changes.agent_answers import Ask, NoAnswer, NoMoney, answer_of
    from workflows.planned_changes.comment import ChangeComment
    from workflows.planned_changes.state import ChangeState, RepositoryChange
    from workflows.planned_changes.stopping import Stop
    from workflows.quality import gate_activities
    from workflows.quality.gate import QualityGateWorkflow

_BY_TOOLS = frozenset(("linting", "static_analysis", "coverage"))
_FAULT_ROW = "fault_test"
_LONGEST_REASON = 200


class ChangeChecks:
    """Of the change in one repository."""

    def __init__(self, state: ChangeState, stop: Stop, comment: ChangeComment, where: RepositoryChange) -> None:
        self._state = state
        self._stop = stop
        self._comment = comment
        self._where = where
        self._reviewed = False

    async def check_and_fix(self) -> None:
        """Until the gate passes and nothing has to be repaired, or a limit is reached. What it found is in the
        state."""
        seen: set[tuple[str, ...]] = set()
        qa = await self._judged()
        while not (qa.passed and self._reviewed):
            if not qa.passed and await self._fixed_by_tools():
                qa = await self._judged()
                continue
            wrong = _wrong(qa)
            if wrong and wrong in seen:
                return self._note(texts.SAME_FAILURES)
            seen.add(wrong)
            if self._agents_rounds >= MOST_FIX_ROUNDS:
                return self._note(texts.rounds_used(MOST_FIX_ROUNDS))
            task_id = await self._repair_task(qa)
            if not (task_id and await self._repaired(task_id, qa)):
                return
            qa = await self._judged()

    async def _judged(self) -> QAResult:
        """The gate's verdict on the tip; and for a fault, whether its tests show it."""
        await self._comment.stage("checking")
        outcome = await self._gate()
        qa = await self._qa(outcome)
        if self._is_fault():
            self._state.proof = None
        if qa.passed and self._is_fault():
            proof = self._state.proof = await self._proof(outcome)
            if proof.reason:
                row = GateRow(_FAULT_ROW, "failed", True, proof.reason)
                qa = replace(qa, passed=False, checks=(*qa.checks, row), reason=proof.reason)
        self._where.outcome, self._where.qa = outcome, qa
        return qa

    async def _gate(self) -> GateOutcome:
        """As a child. What it cannot judge since the host is gone raises HostLost."""
        where, base = self._where, self._where.workspace.head
        head = Head(base.repo, where.tip, branch_name(self._state.change, base.repo), base.branch)
        input = GateInput(head, publish=False, host=where.workspace.queue, default_branch=base.branch)
        try:
            handle = await workflow.start_child_workflow(
                QualityGateWorkflow.run, input, id=ids.quality_gate(base.repo.full_name, where.tip),
                cancellation_type=ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
                execution_timeout=WorkflowTimeouts.QUALITY_GATE,
            )  # fmt: skip
            await workflow.wait_condition(lambda: handle.done() or self._stop.asked)
            if not handle.done():
                handle.cancel()
            outcome: GateOutcome = await handle
        except ChildWorkflowError as error:
            workflow.logger.error("gate=failed", exc_info=trace_of(error))
            raise
        self._stop.go_on()
        if outcome.result.state == "error" or outcome.workspace is None:
            await gate_activities_alive(where)
        return outcome

    async def _qa(self, outcome: GateOutcome) -> QAResult:
        """What fails on the base as well is older, and no fault of the change."""
        result = outcome.result
        rows = {one.name: _row(one) for one in result.checks}
        failing = [one for one in result.checks if one.required and one.status not in SATISFIED]
        if failing and outcome.plan:
            names = {one.name for one in failing}
            plan = replace(outcome.plan, checks=tuple(one for one in outcome.plan.checks if one.name in names))
            workspace = self._where.workspace
            older = await self._stop.unless(host_calls.failing(JudgeFixInput(workspace, plan, workspace.head_sha)))
            for one in list(failing):
                if one.name in older.names and not one.metrics.get("new_failures") and not one.new_findings:
                    failing.remove(one)
                    rows[one.name] = replace(rows[one.name], required=False, reason=texts.older(one.reason))
        passed = result.state == "passed" or (
            bool(result.checks) and not failing and result.state == "failed" and _only_checks_failed(result.checks)
        )
        new = tuple(str(each) for one in failing for each in one.metrics.get("new_failures") or ())[:20]
        return QAResult(passed, result.overall_score, tuple(rows.values()), new, shortened(result.reason))

    async def _proof(self, outcome: GateOutcome) -> TestProof:
        if not outcome.plan:
            return TestProof(reason=texts.NOT_PROVEN)
        where = self._where
        input = ProveTestsInput(where.workspace, outcome.plan, where.workspace.head_sha, where.tip)
        try:
            return await self._stop.unless(host_calls.prove(input))
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning("proof=failed", exc_info=trace_of(error))
            return TestProof(reason=texts.NOT_PROVEN)

    def _is_fault(self) -> bool:
        """Tests of a fault are in the issue's own repository."""
        design = self._state.design
        return bool(design and design.kind == "fault") and self._where is self._state.main

    async def _fixed_by_tools(self) -> bool:
        """Whether the repository's own tools fixed something of what fails."""
        outcome = self._where.outcome
        failing = self._failing() & _BY_TOOLS
        if not (outcome and outcome.workspace and outcome.plan and failing) or self._is_used(texts.TOOLS):
            return False
        await self._comment.stage("fixing")
        fixed = await self._stop.unless(
            host_calls.apply_fixes(FixInput(outcome.workspace, outcome.plan, tuple(sorted(failing))))
        )
        if not fixed.commit_sha or fixed.worse:
            return False
        self._where.add("", fixed.commit_sha)
        self._add_round(texts.TOOLS, texts.fixed_by_tools(sorted(failing)), kept=True)
        return True

    async def _repair_task(self, qa: QAResult) -> str:
        """The coder's task, "" where there is nothing to repair, or nobody can say what."""
        if self._failing() == {"coverage"} and (task := await self._coverage_task()):
            return task
        await self._comment.stage("reviewing")
        try:
            found = await answer_of(self._state, self._stop, "reviewer", self._name("review"), self._ask(qa))
        except NoMoney as error:
            self._note(str(error))
            return ""
        except NoAnswer as error:
            self._note(texts.no_review(str(error)))
            return ""
        self._reviewed = True
        self._state.review = found.findings
        return found.fix_task_id

    def _ask(self, qa: QAResult) -> "Ask[ReviewResult]":
        where, state = self._where, self._state
        assert state.issue
        issue_text_id = state.issue.text_id
        result_ids = tuple(one.result_id for one in self._checks() if one.status not in SATISFIED and one.result_id)

        async def ask(run: str, model: str, limits: RunLimits, problem: str) -> ReviewResult:
            base = where.workspace.head_sha
            input = ReviewInput(
                where.workspace, base, where.tip, run, model, limits, issue_text_id, qa, result_ids, problem
            )
            return await host_calls.review(input)

        return ask

    async def _coverage_task(self) -> str:
        outcome = self._where.outcome
        if not (outcome and outcome.workspace and outcome.plan):
            return ""
        wanted = PrepareFixInput(outcome.workspace, outcome.plan, ("coverage",))
        return (await self._stop.unless(host_calls.prepare_fix(wanted))).task_id

    async def _repaired(self, task_id: str, qa: QAResult) -> bool:
        """Whether a coder changed something that is no worse."""
        await self._comment.stage("fixing")
        name, state = self._name("fix"), self._state
        assert state.rules
        choice = state.rules.choices["coder"]
        choice = replace(choice, models=choice.models[min(self._agents_rounds, len(choice.models) - 1) :])
        bench = PatchBench(
            state.asked_by, self._where.workspace, choice, self._where.checks,
            state.plan.protected if state.plan and state.approved_by else (),
        )  # fmt: skip

        async def show(outcome: PatchOutcome, stage: PatchStage) -> None:
            self._stop.go_on()

        rounds = RequestRounds(bench, state.spending, self._stop.unless, show)
        request = PatchOutcome(name, "instruction", texts.REPAIR, task_id)
        outcome = await rounds.carry_out(request, self._where.tip, most_rounds=1)
        commit = outcome.commit_sha
        if commit:
            self._where.add("", commit)
        what = texts.repaired(_wrong(qa)) if commit else texts.not_repaired(outcome.reason)
        self._add_round(outcome.model, shortened(what, _LONGEST_REASON), kept=bool(commit))
        return bool(commit)

    @property
    def _agents_rounds(self) -> int:
        return sum(one.by != texts.TOOLS for one in self._state.rounds)

    def _failing(self) -> set[str]:
        rows = self._where.qa.checks if self._where.qa else ()
        return {row.name for row in rows if row.required and row.status not in SATISFIED}

    def _checks(self) -> Sequence[QualityCheck]:
        return self._where.outcome.result.checks if self._where.outcome else ()

    def _is_used(self, by: str) -> bool:
        """Tools fix the same files again after each coder, and never twice in a row."""
        return bool(self._state.rounds) and self._state.rounds[-1].by == by

    def _name(self, what: str) -> str:
        return f"{what}-{len(self._state.rounds) + 1}-{self._where.name}"

    def _add_round(self, by: str, what: str, *, kept: bool) -> None:
        self._state.rounds.append(FixRound(len(self._state.rounds) + 1, by, what, kept))

    def _note(self, why: str) -> None:
        if self._where.qa and why not in self._where.qa.reason:
            self._where.qa = replace(self._where.qa, reason=f"{self._where.qa.reason} {why}".strip())


async def gate_activities_alive(where: RepositoryChange) -> GatePlan:
    """Raises HostLost where the host is gone."""
    try:
        return await gate_activities.list_checks(where.workspace)
    except ActivityError as error:
        raise HostLost from error


def _row(check: QualityCheck) -> GateRow:
    return GateRow(check.name, check.status, check.required, shortened(check.reason, _LONGEST_REASON))


def _wrong(qa: QAResult) -> tuple[str, ...]:
    """What has to be repaired, so that two verdicts can be compared."""
    rows = (row for row in qa.checks if row.required and row.status not in SATISFIED)
    return tuple(sorted({*(f"{row.name}: {row.reason}" for row in rows), *qa.new_failures}))


def _only_checks_failed(checks: Sequence[QualityCheck]) -> bool:
    """Whether the gate's state comes from its required checks, and not from the score alone."""
    return any(one.required and one.status not in SATISFIED for one in checks)
