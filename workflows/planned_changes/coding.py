"""The tasks of a plan, written side by side where they need nothing of each other, and joined in their order."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, FailureError
from temporalio.workflow import ChildWorkflowCancellationType, ChildWorkflowHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.migration.types import JoinStepInput, StepResult
    from activities.planned_changes import texts
    from activities.planned_changes.stages import CodeTaskInput, CodeTaskResult
    from activities.planned_changes.types import Issue, TaskResult
    from workflows import ids
    from workflows.failures import trace_of, was_cancelled
    from workflows.patching import host_calls
    from workflows.patching.host_calls import HostLost
    from workflows.planned_changes.code_task import CodeTaskWorkflow
    from workflows.planned_changes.comment import ChangeComment
    from workflows.planned_changes.state import ChangeState, RepositoryChange
    from workflows.planned_changes.stopping import Stop

_AT_ONCE = 6


class ParallelCoders:
    """Of one plan. What a task changed is joined upon what was joined before it; where both changed a file, the task is
    done again on top of that."""

    def __init__(self, state: ChangeState, stop: Stop, comment: ChangeComment) -> None:
        self._state = state
        self._stop = stop
        self._comment = comment
        self.out_of_money = False

    async def write_all(self) -> None:
        """Until every task has ended. Raises StoppedPatch and HostLost, once no child runs any more."""
        state, plan = self._state, self._state.plan
        assert plan
        state.tasks = {one.id: TaskResult(one.id, one.title, repository=one.repository) for one in plan.tasks}
        await self._comment.stage("coding")
        running: dict[asyncio.Task[CodeTaskResult], Issue] = {}
        lost = False
        while True:
            for task in [] if self._stop.asked or lost else self._ready(plan.tasks)[: _AT_ONCE - len(running)]:
                self._record(replace(state.tasks[task.id], state="running"))
                running[asyncio.create_task(self._child(task, again=False))] = task
            if not running:
                break
            await self._comment.show()
            done, _ = await workflow.wait(list(running), return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                task, result = running.pop(one), one.result()
                lost = lost or result.host_lost
                if not (lost or self._stop.asked):
                    try:
                        await self._join(task, result)
                    except HostLost:
                        lost = True
        if lost:
            raise HostLost
        self._stop.go_on()

    def _ready(self, tasks: Sequence[Issue]) -> list[Issue]:
        """Those that wait, and whose needs are met. One that needs what was not done fails."""
        results, ready = self._state.tasks, []
        for task in tasks:
            if results[task.id].state != "waiting":
                continue
            needs = [results[need] for need in task.needs]
            if lacking := next((need for need in needs if need.state == "failed" and not need.commit_sha), None):
                self._record(replace(results[task.id], state="failed", reason=texts.needs_task(lacking.title)))
            elif all(need.state in ("done", "nothing", "failed") for need in needs):
                ready.append(task)
        return ready

    async def _child(self, task: Issue, *, again: bool) -> CodeTaskResult:
        """Its result, also where it was stopped: then it says what it cost."""
        state = self._state
        assert state.rules
        assert state.plan
        where = self._repository(task)
        input = CodeTaskInput(
            where.workspace, where.tip, task, state.rules.choices["coder"], where.checks, state.change.issue,
            f"{state.asked_by}{'.again' if again else ''}", state.change.repo, state.rules.candidates,
            state.plan.protected if state.approved_by else (),
        )  # fmt: skip
        name = ids.code_task(state.change.repo.full_name, state.change.issue, task.id, again=again)
        try:
            handle = await workflow.start_child_workflow(
                CodeTaskWorkflow.run, input, id=name,
                parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
                cancellation_type=ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
            )  # fmt: skip
            return await self._result_of(handle)
        except ChildWorkflowError as error:
            workflow.logger.error(f"task={task.id} child=failed", exc_info=trace_of(error))
            return CodeTaskResult(TaskResult(task.id, task.title, "failed", texts.INTERNAL_TASK))

    async def _result_of(self, handle: "ChildWorkflowHandle[CodeTaskWorkflow, CodeTaskResult]") -> CodeTaskResult:
        await workflow.wait_condition(lambda: handle.done() or self._stop.asked)
        if not handle.done():
            try:
                await handle.signal(CodeTaskWorkflow.stop)
            except FailureError as error:  # it ends at this very moment
                if was_cancelled(error):
                    raise
        result = await handle
        self._state.spending.count(result.costs)
        self.out_of_money = self.out_of_money or result.out_of_money
        return result

    async def _join(self, task: Issue, result: CodeTaskResult) -> None:
        """Upon the tip. Joining is done one by one, so a task that is done again meets no other change."""
        where, made = self._repository(task), result.task
        if not made.commit_sha:
            return self._record(made)
        self._state.stage = "joining"
        joined = await self._joined(where, task, made.commit_sha)
        if not joined:
            self._record(replace(made, state="running", again=True))
            await self._comment.stage("coding")
            again = await self._child(task, again=True)
            if again.host_lost:
                raise HostLost
            candidates = (*made.candidates, *again.task.candidates)
            made = replace(again.task, again=True, candidates=candidates)
            joined = made.commit_sha  # upon the tip, since nothing was joined meanwhile
        self._state.stage = "coding"
        if joined:
            where.add(task.id, joined)
        self._record(made)

    async def _joined(self, where: RepositoryChange, task: Issue, commit: str) -> str:
        """The commit upon the tip, "" where both changed a file."""
        step = StepResult(task.id, "done", commit)
        made = await host_calls.join(JoinStepInput(where.workspace, step, where.tip))
        return made.commit_sha if made.status == "done" else ""

    def _repository(self, task: Issue) -> RepositoryChange:
        return self._state.repositories[task.repository or self._state.change.repo.full_name]

    def _record(self, result: TaskResult) -> None:
        self._state.tasks[result.id] = result
