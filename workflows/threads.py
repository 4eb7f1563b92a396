"""What people comment on one issue or pull request, in the order in which they said it."""

from dataclasses import dataclass, replace

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ChildWorkflowError, WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from workflows import ids
    from workflows.commands import CommandWorkflow
    from workflows.failures import trace_of
    from workflows.messages import CommandInput


@dataclass(frozen=True)
class ThreadInput:
    """The argument of `ThreadWorkflow`. `waiting` is only given by the workflow to itself."""

    waiting: tuple[CommandInput, ...] = ()


@workflow.defn
class ThreadWorkflow:
    """Signal `said`: a comment with commands. Each is a `CommandWorkflow`, whose id makes it happen once; of those that
    wait, the one with the lowest comment id is next; reviews, which have ids of their own, come behind. It ends when
    none is left.

    One that arrives after a later one was carried out is carried out all the same: what it may still change is decided
    where that is known, by what was said when.
    """

    @workflow.init
    def __init__(self, input: ThreadInput) -> None:
        self._waiting = {_place(each): each for each in input.waiting}

    @workflow.run
    async def run(self, input: ThreadInput) -> None:
        while self._waiting:
            await self._carry_out(self._waiting.pop(min(self._waiting)))
            if self._waiting and workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(replace(input, waiting=tuple(self._waiting.values())))

    @workflow.signal
    def said(self, comment: CommandInput) -> None:
        self._waiting[_place(comment)] = comment

    async def _carry_out(self, comment: CommandInput) -> None:
        command = ids.command(comment.repo.full_name, ids.comment(comment.said_in, comment.comment_id))
        try:
            await workflow.execute_child_workflow(
                CommandWorkflow.run,
                comment,
                id=command,
                # One that was carried out is never repeated; one that failed may be asked for again.
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                parent_close_policy=ParentClosePolicy.ABANDON,
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info(f"command={command} received=again")
        except ChildWorkflowError as error:
            workflow.logger.error(f"command={command} failed", exc_info=trace_of(error))


def _place(comment: CommandInput) -> tuple[bool, int, str]:
    return comment.said_in != "comment", comment.comment_id, comment.said_in
