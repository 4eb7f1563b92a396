"""The reconciliation: every open pull request's head has a gate, whatever was heard or not heard of it.

A Temporal schedule runs it for all installations every few minutes; the door asks for one installation, or one
repository, when GitHub says that the app can see it from now on.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.types.event_recovery import (
        EndBranchesInput,
        EndBranchesResult,
        EndGoneBranchesInput,
        InstallationsInput,
        InstallationsResult,
        LostVerdictInput,
        LostVerdictResult,
        PullHead,
        RemindBranchesInput,
        RemindBranchesResult,
        Reminder,
        RepositoriesInput,
        RepositoriesResult,
        UnfinishedHeadsInput,
        UnfinishedHeadsResult,
    )
    from activities.model import RepoRef
    from activities.workflow_activities import SignalWithStartInput
    from workflows import ids
    from workflows.config import ActivityTimeouts, RetryPolicies
    from workflows.event_recovery.delivery_sweep import look
    from workflows.failures import was_cancelled
    from workflows.messages import ContinuousQualityInput, PullChanged

_REPOSITORIES_AT_ONCE = 25
_HEADS_AT_ONCE = 8
T = TypeVar("T")


@dataclass(frozen=True)
class ReconciliationResult:
    """`heads` had no ended gate; `again` of them had lost it; `failed` repositories or installations were left out."""

    repositories: int = 0
    heads: int = 0
    again: int = 0
    failed: int = 0
    ended: int = 0


@dataclass(frozen=True)
class ReconciliationInput:
    """What to look at: everything, or the `installation_id`, or just `repo`. `account` is for people who read it.

    `gone`: a repository's old full name, whose branches are told first that they are over. `left`, `page` and `so_far`
    are only given by the workflow to itself: the installations to come, and the page of the first one's repositories,
    when it goes on in a new run after so many events. Branches that began within `quiet_s` are not looked for.
    """

    installation_id: int = 0
    account: str = ""
    repo: RepoRef | None = None
    gone: str = ""
    left: tuple[int, ...] = ()
    page: int = 1
    so_far: ReconciliationResult = ReconciliationResult()
    events_a_run: int = 1500
    quiet_s: float = 600.0


@workflow.defn
class ReconciliationWorkflow:
    """One look at all repositories. One that has not changed costs one request, which is free. Query: `get_status`."""

    @workflow.init
    def __init__(self, reconcile: ReconciliationInput) -> None:
        self._counted = reconcile.so_far

    @workflow.run
    async def run(self, reconcile: ReconciliationInput) -> ReconciliationResult:
        if reconcile.gone:
            ended = await look("end_branches_of", EndBranchesInput(reconcile.gone), EndBranchesResult)
            self._count(ended=ended.count)
        if reconcile.repo:
            await self._guarded(self._repositories((reconcile.repo,)), reconcile.repo.full_name)
            return self._counted
        left, page = reconcile.left or await _installations(reconcile), reconcile.page
        while left:
            page = await self._installation(left[0], page)
            left, page = (left, page) if page else (left[1:], 1)
            if left and _long_history(reconcile.events_a_run):
                workflow.continue_as_new(replace(reconcile, gone="", left=left, page=page, so_far=self._counted))
        if workflow.patched("gone-branches"):
            await self._guarded(self._end_gone(reconcile.quiet_s), "gone branches")
        return self._counted

    async def _end_gone(self, quiet_s: float) -> None:
        ended = await look("end_gone_branches", EndGoneBranchesInput(quiet_s), EndBranchesResult)
        self._count(ended=ended.count)

    @workflow.query
    def get_status(self) -> ReconciliationResult:
        """How far it is."""
        return self._counted

    async def _installation(self, installation: int, page: int) -> int:
        """Looks at one page of an installation's repositories; gives the next, 0 after the last."""
        wanted = RepositoriesInput(installation, page)
        found = await self._guarded(look("list_repositories", wanted, RepositoriesResult), installation)
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
            workflow.logger.warning("%s left out: %s", where, error.cause or error)
            self._count(failed=1)
            return None

    async def _repositories(self, repos: tuple[RepoRef, ...]) -> None:
        found = await look("find_unfinished_heads", UnfinishedHeadsInput(repos), UnfinishedHeadsResult)
        self._count(repositories=len(repos), heads=len(found.heads), failed=found.failed)
        await self._all_heads(found.heads)
        if found.untold:
            reminders = RemindBranchesInput(
                tuple(Reminder(head, branch_of(head), asdict(_news(head))) for head in found.untold)
            )
            await self._all_heads((await look("remind_branches", reminders, RemindBranchesResult)).silent)

    async def _all_heads(self, heads: Sequence[PullHead]) -> None:
        for first in range(0, len(heads), _HEADS_AT_ONCE):
            await self._heads(heads[first : first + _HEADS_AT_ONCE])

    async def _heads(self, heads: Sequence[PullHead]) -> None:
        """One branch that cannot be told now is told by the next run."""
        mended = await asyncio.gather(*(_mend(head) for head in heads), return_exceptions=True)
        for one in mended:
            if isinstance(one, ActivityError) and not was_cancelled(one):
                workflow.logger.warning("a head is left to the next run", exc_info=one)
            elif isinstance(one, BaseException):
                raise one
        self._count(again=sum(isinstance(one, LostVerdictResult) and one.again for one in mended))

    def _count(self, **more: int) -> None:
        now = asdict(self._counted)
        self._counted = ReconciliationResult(**{name: number + more.get(name, 0) for name, number in now.items()})


async def _installations(reconcile: ReconciliationInput) -> tuple[int, ...]:
    if reconcile.installation_id:
        return (reconcile.installation_id,)
    return (await look("list_installations", InstallationsInput(), InstallationsResult)).ids


async def _mend(head: PullHead) -> LostVerdictResult:
    """The branch hears of its head as from GitHub's own event, and knows what it has missed."""
    key = branch_of(head)
    fork = head.number if head.fork else 0
    branch = ContinuousQualityInput(head.repo, head.branch, fork, head.fork, head.default_branch)
    wake = SignalWithStartInput("ContinuousQualityWorkflow", key, "pull_changed", asdict(branch), asdict(_news(head)))
    await workflow.execute_activity(
        "wake", wake, start_to_close_timeout=ActivityTimeouts.GITHUB_API, retry_policy=RetryPolicies.default()
    )
    return await look("mend_lost_verdict", LostVerdictInput(head, key), LostVerdictResult)


def _news(head: PullHead) -> PullChanged:
    return PullChanged(
        "synchronize", head.number, head.head_sha, head.base_ref, head.base_sha, fork=head.fork,
        sent_at=head.updated_at, asked=True,
    )  # fmt: skip


def branch_of(head: PullHead) -> str:
    """The workflow of a pull request's head branch."""
    name = head.repo.full_name
    return ids.quality_of_fork(name, head.number) if head.fork else ids.quality(name, head.branch)


def _long_history(events: int) -> bool:
    info = workflow.info()
    return info.is_continue_as_new_suggested() or info.get_current_history_length() > events
