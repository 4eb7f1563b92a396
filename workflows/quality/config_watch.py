"""A new configuration on a branch that judges pull requests: they hear of it, whatever becomes of the branch's gate."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.github.repo_config import ConfigFileInput
    from activities.github_activities import RepoConfigActivities
    from activities.model import Head
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.failures import trace_of, was_cancelled
    from workflows.messages import ConfigChanged
    from workflows.quality.branch_state import BranchState

_UNKNOWN = "unknown"


class ConfigWatch:
    """The part of a branch's workflow that compares its file with the one that was announced last."""

    def __init__(self, state: BranchState) -> None:
        self._state = state
        self._one_at_a_time = asyncio.Lock()

    async def look(self, before: str = "") -> None:
        """At the head, once. `before` is the commit before it, which the first look compares it with."""
        head = self._state.head
        async with self._one_at_a_time:
            if head.sha and not head.fork and self._state.config_sha != head.sha:
                self._state.config_sha = head.sha
                await self._compare(head, before if before.strip("0") else "")

    async def _compare(self, head: Head, before: str) -> None:
        state = self._state
        before = before if state.config_blob is None else ""
        try:
            asked = ConfigFileInput(head.repo, head.branch, head.sha, before)
            found = await ask_for_person(RepoConfigActivities.get_config_file, asked)
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.error(f"configuration=unknown head={head.sha}", exc_info=trace_of(error))
            state.config_blob = _UNKNOWN  # whatever the next look finds is announced
            return
        known = found.before if before else state.config_blob
        state.config_blob = found.blob if found.judges else None
        if found.judges and found.blob != known:
            await _announce(ConfigChanged(head.repo, head.branch, head.sha, found.blob))


async def _announce(change: ConfigChanged) -> None:
    """By a workflow of its own, which outlives this branch's."""
    workflow.logger.info(f"configuration=changed branch={change.branch!r} head={change.sha}")
    try:
        await workflow.start_child_workflow(
            "ConfigChangeWorkflow",
            change,
            id=ids.config_change(change.repo.full_name, change.branch, change.sha),
            parent_close_policy=ParentClosePolicy.ABANDON,
        )
    except WorkflowAlreadyStartedError:
        workflow.logger.info(f"configuration=announced_already head={change.sha}")
