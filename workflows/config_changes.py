"""Open pull requests are gated again when the configuration that judges them changes."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError

with workflow.unsafe.imports_passed_through():
    from activities.github.pulls import PullInput
    from activities.github.repo_config import JudgedPullsInput
    from activities.github_activities import PullActivities, RepoConfigActivities
    from activities.model import Head
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.branches import current_head, signal_branch
    from workflows.failures import trace_of, was_cancelled
    from workflows.messages import ConfigChanged

_AT_ONCE = 10
_PAUSE = timedelta(seconds=30)
"""Between so many branches: hundreds of gates at once would meet GitHub's limits, and keep others waiting."""


@workflow.defn
class ConfigChangeWorkflow:
    """One change of one branch's file; its id is the commit's. Each branch with a pull request that the file judges
    hears of it once. Query: `get_status`."""

    @workflow.init
    def __init__(self, input: ConfigChanged) -> None:
        self._change = input
        self._signalled = 0

    @workflow.run
    async def run(self, input: ConfigChanged) -> int:
        """How many branches were signalled."""
        listed = await ask_for_person(
            RepoConfigActivities.list_judged_pulls, JudgedPullsInput(input.repo, input.branch)
        )
        branches = list({ids.branch_workflow(head): head for head in listed.heads}.items())
        for first in range(0, len(branches), _AT_ONCE):
            if first:
                await workflow.sleep(_PAUSE)
            await asyncio.gather(*(self._signal(*each) for each in branches[first : first + _AT_ONCE]))
        return self._signalled

    @workflow.query
    def get_status(self) -> str:
        return f"{self._signalled} branches were signalled."

    async def _signal(self, branch: str, head: Head) -> None:
        """A branch that cannot be reached is left out: the others must hear of it."""
        try:
            await workflow.get_external_workflow_handle(branch).signal(self._change.SIGNAL, self._change)
        except FailureError as error:
            if was_cancelled(error):
                raise
            if not await self._start(branch, head):
                return
        self._signalled += 1

    async def _start(self, branch: str, head: Head) -> bool:
        """No workflow runs for the branch, so its first gate is one by the new configuration."""
        try:
            pull = await ask_for_person(PullActivities.get_pull_request, PullInput(head.repo, head.pull))
            if pull.state == "open":
                await signal_branch(await current_head(head.repo, pull), self._change)
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning(f"branch={branch!r} configuration=not_announced", exc_info=trace_of(error))
            return False
        return True
