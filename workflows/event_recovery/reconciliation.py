"""The reconciliation: every open pull request's head has a gate, whatever events were received or lost.

A Temporal schedule runs it for all installations every few minutes; the webhook server starts it for one installation,
or one repository, when GitHub says that the App can see it from now on.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.event_recovery.types import (
        EndBranchesInput,
        EndGoneBranchesInput,
        InstallationsInput,
        LostVerdictInput,
        LostVerdictResult,
        OpenPull,
        RemindBranchesInput,
        Reminder,
        RepositoriesInput,
        UnfinishedHeadsInput,
    )
    from activities.github_activities import EventRecoveryActivities
    from activities.model import RepoRef
    from activities.workflow_activities import SignalWithStartInput, WorkflowActivities
    from workflows import ids
    from workflows.activity_calls import sweep
    from workflows.config import ActivityTimeouts, RetryPolicies
    from workflows.failures import trace_of, was_cancelled
    from workflows.messages import PullChanged
    from workflows.quality.branch_state import ContinuousQualityInput

_REPOSITORIES_AT_ONCE = 25
_PULLS_AT_ONCE = 8
T = TypeVar("T")


@dataclass(frozen=True)
class ReconciliationResult:
    """`heads` had no completed gate; `rerun` of them had lost it; `failed` repositories or installations were skipped;
    `ended` branches no longer exist."""

    repositories: int = 0
    heads: int = 0
    rerun: int = 0
    failed: int = 0
    ended: int = 0


@dataclass(frozen=True)
class ReconciliationInput:
    """What to look at: everything, or the `installation_id`, or just `repo`. `account` is for people who read it.

    `former_name`: a repository's old full name, whose branches are ended first. `left`, `page` and `so_far`
    are only given by the workflow to itself: the installations to come, and the page of the first one's repositories,
    when it goes on in a new run after so many events. Branches that began within `quiet_s` are not looked for.
    """

    installation_id: int = 0
    account: str = ""
    repo: RepoRef | None = None
    former_name: str = ""
    left: tuple[int, ...] = ()
    page: int = 1
    so_far: ReconciliationResult = ReconciliationResult()
    events_a_run: int = 1500
    quiet_s: float = 600.0


@workflow.defn
class ReconciliationWorkflow:
    """One look at all repositories. One that has not changed costs one request, which is free. Query: `get_status`."""

    @workflow.init
    def __init__(self, input: ReconciliationInput) -> None:
        self._counted = input.so_far

    @workflow.run
    async def run(self, input: ReconciliationInput) -> ReconciliationResult:
        if input.former_name:
            ended = await sweep(EventRecoveryActivities.end_branches_of, EndBranchesInput(input.former_name))
            self._count(ended=ended.count)
        if input.repo:
            await self._guarded(self._repositories((input.repo,)), input.repo.full_name)
            return self._counted
        left, page = input.left, input.page
        if not left and input.installation_id:
            left = (input.installation_id,)
        elif not left:
            left = (await sweep(EventRecoveryActivities.list_installations, InstallationsInput())).ids
        while left:
            page = await self._installation(left[0], page)
            left, page = (left, page) if page else (left[1:], 1)
            info = workflow.info()
            long = info.is_continue_as_new_suggested() or info.get_current_history_length() > input.events_a_run
            if left and long:
                workflow.continue_as_new(replace(input, former_name="", left=left, page=page, so_far=self._counted))
        gone = sweep(EventRecoveryActivities.end_gone_branches, EndGoneBranchesInput(input.quiet_s))
        if found := await self._guarded(gone, "branches that are gone"):
            self._count(ended=found.count)
        return self._counted

    @workflow.query
    def get_status(self) -> ReconciliationResult:
        """How far it is."""
        return self._counted

    async def _installation(self, installation: int, page: int) -> int:
        """Looks at one page of an installation's repositories; gives the next, 0 after the last."""
        listed = sweep(EventRecoveryActivities.list_repositories, RepositoriesInput(installation, page))
        found = await self._guarded(listed, installation)
        repos = found.repos if found else ()
        for first in range(0, len(repos), _REPOSITORIES_AT_ONCE):
            await self._guarded(self._repositories(repos[first : first + _REPOSITORIES_AT_ONCE]), installation)
        return found.next_page if found else 0

    async def _guarded(self, work: Awaitable[T], where: object) -> T | None:
        """An installation that is suspended, removed or short of permissions is no reason to leave out the others."""
        try:
            return await work
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning(f"skipped={where!r} why={str(error.cause or error)!r}")
            self._count(failed=1)
            return None

    async def _repositories(self, repos: tuple[RepoRef, ...]) -> None:
        found = await sweep(EventRecoveryActivities.find_unfinished_heads, UnfinishedHeadsInput(repos))
        self._count(repositories=len(repos), heads=len(found.pulls), failed=found.failed)
        await self._recover_all(found.pulls)
        if found.with_verdict:
            reminders = tuple(
                Reminder(pull, ids.branch_workflow(pull.head), asdict(_event(pull))) for pull in found.with_verdict
            )
            reminded = await sweep(EventRecoveryActivities.remind_branches, RemindBranchesInput(reminders))
            await self._recover_all(reminded.unreached)

    async def _recover_all(self, pulls: Sequence[OpenPull]) -> None:
        """One branch that cannot be signalled now is left to the next run."""
        for first in range(0, len(pulls), _PULLS_AT_ONCE):
            some = pulls[first : first + _PULLS_AT_ONCE]
            results = await asyncio.gather(*(_recover(pull) for pull in some), return_exceptions=True)
            for pull, one in zip(some, results, strict=True):
                if isinstance(one, ActivityError) and not was_cancelled(one):
                    name, sha = pull.head.repo.full_name, pull.head.sha
                    workflow.logger.warning(
                        f"repository={name} head={sha} reconciliation=postponed", exc_info=trace_of(one)
                    )
                elif isinstance(one, BaseException):
                    raise one
            self._count(rerun=sum(isinstance(one, LostVerdictResult) and one.rerun for one in results))

    def _count(self, **more: int) -> None:
        now = asdict(self._counted)
        self._counted = ReconciliationResult(**{name: number + more.get(name, 0) for name, number in now.items()})


async def _recover(pull: OpenPull) -> LostVerdictResult:
    """Its branch gets the head as by GitHub's own event, and so learns what it has missed."""
    key = ids.branch_workflow(pull.head)
    event = _event(pull)
    start = asdict(ContinuousQualityInput.of(pull.head, pull.default_branch))
    await workflow.execute_activity_method(
        WorkflowActivities.signal_with_start,
        SignalWithStartInput("ContinuousQualityWorkflow", key, event.SIGNAL, start, asdict(event)),
        start_to_close_timeout=ActivityTimeouts.SHOWN,
        retry_policy=RetryPolicies.default(),
    )
    return await sweep(EventRecoveryActivities.rerun_lost_verdict, LostVerdictInput(pull, key))


def _event(pull: OpenPull) -> PullChanged:
    return PullChanged("synchronize", pull.head, sent_at=pull.updated_at, from_api=True)
