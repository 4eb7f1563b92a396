"""`PlanPatchPRWorkflow`: from a labelled issue to a reviewed pull request."""

import asyncio
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.budgets.activities import BudgetActivities
    from activities.budgets.types import RaiseBudgetInput
    from activities.planned_changes import texts
    from activities.planned_changes.types import PlanApproval, PlannedState, PlanPatchPRInput, PlanRevision, PRResult
    from workflows.activity_calls import ask_for_person
    from workflows.failures import for_a_person, never_started, trace_of, was_cancelled, worker_died
    from workflows.patching.host_calls import HostLost
    from workflows.patching.interruption import StoppedPatch
    from workflows.planned_changes.agent_answers import NoAnswer, NoMoney
    from workflows.planned_changes.checking import ChangeChecks
    from workflows.planned_changes.coding import ParallelCoders
    from workflows.planned_changes.comment import ChangeComment
    from workflows.planned_changes.following_ci import CiFollower
    from workflows.planned_changes.planning import ChangePlanner, NothingToChange, RefusedChange
    from workflows.planned_changes.publishing import CannotPublish, ChangePublisher, undo_failed
    from workflows.planned_changes.several_pulls import ready_in_order
    from workflows.planned_changes.state import ChangeState, PlanProgress, RepositoryChange
    from workflows.planned_changes.stopping import Stop
    from workflows.saga import Saga

_HOSTS = 3


@workflow.defn(failure_exception_types=[Exception])
class PlanPatchPRWorkflow:
    """The change that one issue asks for. Signals: `approve` and `revise` (of its plan), `stop` and `cancel_workflow`
    (what was made is undone), `set_budget`. Queries: `get_status`, `get_progress`."""

    @workflow.init
    def __init__(self, input: PlanPatchPRInput) -> None:
        self._state = ChangeState(input, workflow.now())
        self._stop = Stop()
        self._saga = Saga()
        self._comment = ChangeComment(self._state)
        self._planner = ChangePlanner(self._state, self._stop, self._comment)
        self._publisher = ChangePublisher(self._state, self._stop, self._comment, self._saga)
        self._coders = ParallelCoders(self._state, self._stop, self._comment)

    @workflow.signal
    def approve(self, approval: PlanApproval) -> None:
        """Ignored where no plan waits for it."""
        if self._state.waits_for_approval:
            self._planner.decisions.append(approval)

    @workflow.signal
    def revise(self, revision: PlanRevision) -> None:
        """The plan is made again. Ignored where none waits for an approval."""
        if self._state.waits_for_approval:
            self._planner.decisions.append(revision)

    @workflow.signal
    def cancel_workflow(self) -> None:
        """Also says no to a plan."""
        self._stop.ask(texts.PLAN_REJECTED if self._state.waits_for_approval else texts.STOPPED)

    @workflow.signal
    def stop(self) -> None:
        self._stop.ask(texts.STOPPED)

    @workflow.signal
    async def set_budget(self, dollars: float) -> None:
        """What may be spent for the issue in all."""
        change = self._state.change
        try:
            await ask_for_person(BudgetActivities.raise_budget, RaiseBudgetInput(change.repo, change.issue, dollars))
        except ActivityError as error:  # one that leaves a handler fails the workflow
            workflow.logger.warning("budget=not_raised", exc_info=trace_of(error))
            return
        self._state.spending.cap = dollars

    @workflow.query
    def get_status(self) -> str:
        return self._state.stage

    @workflow.query
    def get_progress(self) -> PlanProgress:
        return self._state.progress()

    @workflow.run
    async def run(self, input: PlanPatchPRInput) -> PRResult:
        """Always ends with a result that says what happened. A cancel is a stop: what runs then is ended, and what was
        made is undone."""
        why = texts.LABEL_REMOVED if input.label else texts.STOPPED
        result = await self._stop.by_cancel(self._carried_out(), why)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return result

    async def _carried_out(self) -> PRResult:
        try:
            for left in reversed(range(_HOSTS)):
                try:
                    return await self._on_one_host()
                except HostLost as error:
                    workflow.logger.warning(f"planned_change=restarted left={left}", exc_info=trace_of(error))
                    if not left or self._state.pulls:
                        return await self._given_up("failed", texts.HOST_GONE)
                    await self._saga.undo(undo_failed)
                    self._state.forget_work()
            raise AssertionError
        except (Exception, asyncio.CancelledError) as error:
            return await self._ended_early(error)

    async def _on_one_host(self) -> PRResult:
        state = self._state
        await self._planner.plan()
        await self._coders.write_all()
        if not any(where.changed for where in state.repositories.values()):
            return await self._without_change()
        for where in self._changed():
            await ChangeChecks(state, self._stop, self._comment, where).check_and_fix()
        if state.change.dry_run:
            reason = await self._publisher.show_diff()
            return await self._ended("shown", reason)
        await self._comment.stage("publishing")
        for where in self._changed():
            if await self._publisher.rebased(where):
                await ChangeChecks(state, self._stop, self._comment, where).check_and_fix()
        await self._comment.stage("publishing", state.note)
        for where in self._changed():
            together = len(self._changed()) > 1
            await self._publisher.publish(where, draft=together or bool(self._lacking(where)))
        return await self._followed()

    async def _followed(self) -> PRResult:
        """The CI of each pull request; then they are as ready as they can be."""
        lacking, followers = [], []
        for where in self._changed():
            follower = CiFollower(self._state, self._stop, self._comment, self._publisher, where)
            followers.append(follower)
            said = [*self._lacking(where)]
            try:
                ci = await follower.follow()
            except StoppedPatch:
                if self._stop.why not in (texts.MERGED_MEANWHILE, texts.PULL_CLOSED_MEANWHILE):
                    raise
                ci = ""
            said += [ci] if ci else []
            lacking += said
            if not self._stop.asked and len(self._changed()) == 1:
                await follower.ask_for_review(draft=bool(said))
        if len(followers) > 1 and not self._stop.asked:
            said_of_all = await ready_in_order(followers, lacking, self._stop)
            lacking += [said_of_all] if said_of_all else []
        self._saga.keep()
        reason = " ".join((*dict.fromkeys(lacking), self._stop.why)).strip()
        return await self._ended("draft" if lacking else "ready", reason)

    def _changed(self) -> list[RepositoryChange]:
        """In the order in which their tasks were planned."""
        order = list(dict.fromkeys(task.repository for task in self._state.tasks.values()))
        main = self._state.change.repo.full_name
        found = [self._state.repositories[name or main] for name in order]
        return [one for one in found if one.changed]

    def _lacking(self, where: RepositoryChange) -> list[str]:
        """Why the pull request is a draft, none where it is ready."""
        failed = [one.title for one in self._state.tasks.values() if one.state == "failed"]
        found = (
            [texts.tasks_not_done(failed)]
            if failed and not (where.qa and where.qa.passed and self._all_there())
            else []
        )
        if where.qa and not where.qa.passed:
            found.append(f"{texts.GATE_STILL_FAILS} {where.qa.reason}".strip())
        return found

    def _all_there(self) -> bool:
        """Whether each task left a change, even one that was not right at first."""
        return all(one.commit_sha or one.state == "nothing" for one in self._state.tasks.values())

    async def _without_change(self) -> PRResult:
        failed = [one for one in self._state.tasks.values() if one.state == "failed"]
        if self._coders.out_of_money:
            return await self._given_up("out_of_money", self._state.spending.refusal or texts.OUT_OF_MONEY)
        if failed:
            not_done = texts.tasks_not_done([one.title for one in failed])
            return await self._given_up("failed", f"{not_done} {failed[0].reason}".strip())
        said = next((one.reason for one in self._state.tasks.values() if one.reason), "")
        return await self._given_up("empty", said or texts.NOTHING_TO_CHANGE)

    async def _ended_early(self, error: BaseException) -> PRResult:
        state: PlannedState = "failed"
        if isinstance(error, RefusedChange | CannotPublish):
            state, reason = "refused" if isinstance(error, RefusedChange) else "failed", str(error)
        elif isinstance(error, StoppedPatch) or self._stop.asked or was_cancelled(error):
            reason = self._stop.why or texts.STOPPED
            state = "rejected" if reason == texts.PLAN_REJECTED else "stopped"
        elif isinstance(error, NoMoney):
            state, reason = "out_of_money", str(error)
        elif isinstance(error, NothingToChange):
            state, reason = "empty", str(error)
        elif isinstance(error, NoAnswer):
            reason = texts.no_plan(str(error))
        elif worker_died(error):
            reason = texts.WORKER_DIED
        elif never_started(error):
            reason = texts.HOST_GONE
        elif not (reason := for_a_person(error, "")):
            workflow.logger.error("planned_change=failed", exc_info=trace_of(error))
            reason = texts.internal_error(workflow.info().workflow_id)
        return await self._given_up(state, reason)

    async def _given_up(self, state: PlannedState, reason: str) -> PRResult:
        """What was made is undone; the best change so far stays on a branch where the repository wants that."""
        if self._state.stage != "ended":
            self._state.stage = "undoing"
        await self._saga.undo(undo_failed)
        if self._publisher.left_open:
            reason = texts.left_open(reason, tuple(self._publisher.left_open.values()))
        kept = await self._kept(state) if state in ("stopped", "failed", "out_of_money") else ""
        return await self._ended(state, f"{reason} {texts.kept_on_branch(kept) if kept else ''}".strip(), kept)

    async def _kept(self, state: PlannedState) -> str:
        """The branch, "" for none."""
        rules = self._state.rules
        changed = self._changed() if rules and rules.keep_branch and self._state.tasks else []
        if not changed or self._state.change.dry_run or changed[0].name in self._publisher.left_open:
            return ""
        self._stop.why = ""
        try:
            await self._publisher.publish(changed[0], draft=True, pull=False)
        except Exception as error:
            workflow.logger.warning("branch=not_kept", exc_info=trace_of(error))
            await self._saga.undo(undo_failed)
            return ""
        self._saga.keep()
        return self._publisher.branch(changed[0])

    async def _ended(self, state: PlannedState, reason: str, branch: str = "") -> PRResult:
        """Nothing is left as if it still ran."""
        held = self._state
        held.stage, held.note = "ended", ""
        held.tasks = {
            id: replace(one, state="failed", reason=one.reason or reason)
            if one.state in ("waiting", "running")
            else one
            for id, one in held.tasks.items()
        }
        result = PRResult(
            state, reason, tuple(held.pulls), tuple(held.tasks.values()), held.qa, held.ci, held.spending.costs,
            held.spending.spent, held.elapsed(), branch, tuple(held.rounds),
        )  # fmt: skip
        try:
            await self._comment.show(result)
        except Exception as error:
            workflow.logger.error(f"planned_change={state} shown=no", exc_info=trace_of(error))
        return result
