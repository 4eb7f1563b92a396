"""What keeps events from being lost: GitHub's log of deliveries, and heads of pull requests without a verdict.

Each activity may run again: a delivery that arrives twice finds the same workflow, and a branch that gets a
signal with what it knows does nothing.
"""

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from temporalio import activity

from activities.github.activity_errors import github_activity
from activities.github.comments import has_comment
from activities.github.errors import GitHubError, RateLimited, Suspended, Unauthorized
from activities.github.event_recovery import branch_signals, deliveries
from activities.github.event_recovery.closed_branches import ClosedBranches
from activities.github.event_recovery.open_pulls import HeadState, OpenHeads
from activities.github.event_recovery.types import (
    EndBranchesInput,
    EndBranchesResult,
    EndGoneBranchesInput,
    FailedDeliveriesInput,
    FailedDeliveriesResult,
    InstallationsInput,
    InstallationsResult,
    LostVerdictInput,
    LostVerdictResult,
    RedeliverInput,
    RedeliverResult,
    RemindBranchesInput,
    RemindBranchesResult,
    RepositoriesInput,
    RepositoriesResult,
    UnfinishedHeadsInput,
    UnfinishedHeadsResult,
)
from activities.heartbeat import heartbeating
from activities.model import Head, RepoRef
from activities.reporting import GATE_MARK

if TYPE_CHECKING:
    from activities.github.client import GitHub

_log = logging.getLogger("autobuild.events")

# Bounds of one call, so that its answer fits a history: 400 ids are 5 kB, 200 heads 70 kB.
_REDELIVERED = 400
_HEADS = 200
# Branches that are looked up in one call, so that GitHub's limits have room for the rest.
_LOOKED_UP = 100
# Repositories searched at once; GitHub allows a hundred requests at once for an installation.
_AT_ONCE = 5
# Installations or repositories in one answer of GitHub, its most.
_PAGE = 100


class EventRecoveryActivities:
    """What it remembers only saves requests."""

    def __init__(self, github: "GitHub") -> None:
        from cachetools import TTLCache

        self._github = github
        self._heads = OpenHeads(github)
        self._branches = ClosedBranches(github)
        self._requested: TTLCache[int, bool] = TTLCache(10_000, deliveries.SETTLE_S)
        self._given_up: TTLCache[str, bool] = TTLCache(10_000, 24 * 3600)

    @github_activity
    @heartbeating()
    async def list_failed_deliveries(self, input: FailedDeliveriesInput) -> FailedDeliveriesResult:
        """Lists deliveries that failed and are due for another attempt."""
        log = await deliveries.read_log(self._github, input)
        if len(log) >= deliveries.LINES:
            _log.warning("deliveries=%d older=unread", len(log))  # the reconciliation finds what they were about
        plan = deliveries.plan_redeliveries(log, input.since, self._github.clock.now(), self._requested)
        for guid in plan.given_up:
            if guid not in self._given_up:
                self._given_up[guid] = True
                _log.warning("delivery=%s attempts=%d given_up=yes", guid, deliveries.ATTEMPTS)
        due = plan.due[:_REDELIVERED]
        waiting = plan.waiting + len(plan.due) - len(due)
        return FailedDeliveriesResult(tuple(attempt.id for attempt in due), plan.since, waiting, len(plan.given_up))

    @github_activity
    async def redeliver(self, input: RedeliverInput) -> RedeliverResult:
        """Requests another attempt at each delivery.

        A second run goes on where the first one ended.
        """
        details = activity.info().heartbeat_details  # (accepted, expired) of an earlier attempt of this activity
        accepted, expired = (int(details[0]), int(details[1])) if len(details) == 2 else (0, 0)
        async with heartbeating(lambda: (accepted, expired)):
            for delivery_id in input.ids[accepted + expired :]:
                if await deliveries.request_attempt(self._github, delivery_id):
                    self._requested[delivery_id] = True
                    accepted += 1
                else:
                    expired += 1
                activity.heartbeat(accepted, expired)
        return RedeliverResult(accepted, expired)

    @github_activity
    @heartbeating()
    async def list_installations(self, input: InstallationsInput) -> InstallationsResult:
        """Lists the installations of the app that are not suspended.

        GitHub refuses a token for the suspended ones.
        """
        found = self._github.as_app.getiter(f"/app/installations?per_page={_PAGE}")
        return InstallationsResult(tuple([int(each["id"]) async for each in found if not each.get("suspended_at")]))

    @github_activity
    @heartbeating()
    async def list_repositories(self, input: RepositoriesInput) -> RepositoriesResult:
        """Lists one page of an installation's repositories that are not archived or disabled.

        Raises `Suspended` for an installation that is suspended or deleted.
        """
        api = await self._github.everywhere(input.installation_id, {"pull_requests": "read", "checks": "read"})
        url = "/installation/repositories{?per_page,page}"
        answer, _ = await api.getitem_if_changed(url, {"per_page": str(_PAGE), "page": str(input.page)}, "")
        listed = answer["repositories"]
        repos = tuple(
            RepoRef(str(each["owner"]["login"]), str(each["name"]), input.installation_id, id=int(each["id"]))
            for each in listed
            if not (each.get("archived") or each.get("disabled"))
        )
        last = len(listed) < _PAGE or input.page * _PAGE >= int(answer["total_count"])
        return RepositoriesResult(repos, 0 if last else input.page + 1)

    @github_activity
    @heartbeating()
    async def find_unfinished_heads(self, input: UnfinishedHeadsInput) -> UnfinishedHeadsResult:
        """Finds heads of open pull requests without a completed gate.

        A failure in one repository does not stop the others.
        """
        slots = asyncio.Semaphore(_AT_ONCE)
        by_repo = await asyncio.gather(*(self._states(repo, slots) for repo in input.repos))
        states = [each for found in by_repo for each in found or ()]
        kept = sorted(states, key=lambda each: each.has_verdict)[:_HEADS]
        return UnfinishedHeadsResult(
            pulls=tuple(each.pull for each in kept if not each.has_verdict),
            with_verdict=tuple(each.pull for each in kept if each.has_verdict),
            left_out=len(states) - len(kept),
            failed=sum(found is None for found in by_repo),
        )

    async def _states(self, repo: RepoRef, slots: asyncio.Semaphore) -> list[HeadState] | None:
        """None where it failed. What concerns the whole installation is raised."""
        async with slots:
            try:
                try:
                    return await self._heads.needing_attention(repo)
                except Unauthorized:  # a token was revoked: the second try has a fresh one
                    return await self._heads.needing_attention(repo)
            except (RateLimited, Suspended):
                raise
            except (GitHubError, LookupError, TypeError, ValueError) as error:  # or a malformed answer
                _log.warning("repository=%s skipped=%s why=%r", repo.full_name, type(error).__name__, str(error))
                return None

    @github_activity
    @heartbeating()
    async def rerun_lost_verdict(self, input: LostVerdictInput) -> LostVerdictResult:
        """Reruns the gate of a head whose check run was removed.

        The branch must be done with the head. GitHub is asked once more after the branch has answered: a branch writes
        its verdict before it is done.
        """
        head = input.pull.head
        self._heads.mark_informed(head)
        branch = activity.client().get_workflow_handle(input.workflow_id)
        settled = await branch_signals.settled_state(branch)
        if settled is None or settled.get("sha") != head.sha:
            return LostVerdictResult(False)
        if await self._heads.has_verdict(head.repo, head.sha):
            return LostVerdictResult(False)
        if settled.get("paused") or await self._heads.is_cancelled(head.repo, head.sha):
            self._heads.skip(head.repo, head.sha)  # It is waiting or cancelled on purpose.
            return LostVerdictResult(False)
        _log.warning("workflow=%s head=%s verdict=lost", input.workflow_id, head.sha)
        return LostVerdictResult(await branch_signals.send(branch, "verdict_lost", settled))

    @github_activity
    @heartbeating()
    async def remind_branches(self, input: RemindBranchesInput) -> RemindBranchesResult:
        """Reminds each branch workflow of its open pull request.

        Once for each process: a branch that knows its pull does nothing.
        """
        count, unreached = 0, []
        for reminder in input.reminders:
            branch = activity.client().get_workflow_handle(reminder.workflow_id)
            received = await branch_signals.send(branch, "pull_changed", reminder.event)
            count += received
            if received or await self._has_comment(reminder.pull.head):
                self._heads.mark_informed(reminder.pull.head)
            else:
                unreached.append(reminder.pull)
        return RemindBranchesResult(count, tuple(unreached))

    async def _has_comment(self, head: Head) -> bool:
        """Also True where GitHub does not say: then nothing is to be done now."""
        try:
            return await has_comment(self._github, head.repo, head.pull, GATE_MARK)
        except RateLimited:
            raise
        except GitHubError as error:
            _log.warning(
                "repository=%s pull=%d skipped=%s why=%r",
                head.repo.full_name,
                head.pull,
                type(error).__name__,
                str(error),
            )
            return True

    @github_activity
    @heartbeating()
    async def end_branches_of(self, input: EndBranchesInput) -> EndBranchesResult:
        """Ends the branch workflows of a repository's former name.

        They are signalled that their branch is deleted, so that none waits for ever.
        """
        count = 0
        async for branch in branch_signals.running_under(activity.client(), input.full_name):
            count += await branch_signals.send(branch, "branch_deleted")
        return EndBranchesResult(count)

    @github_activity
    @heartbeating()
    async def end_gone_branches(self, input: EndGoneBranchesInput) -> EndBranchesResult:
        """Ends branch workflows whose branch was deleted, renamed or is no longer accessible.

        Their own event was lost.
        """
        count, client = 0, activity.client()
        for workflow_id in await self._to_look_up(time.time() - input.quiet_s):
            try:
                if await self._branches.is_closed(workflow_id):
                    _log.warning("workflow=%s branch=closed", workflow_id)
                    count += await branch_signals.send(client.get_workflow_handle(workflow_id), "branch_deleted")
            except RateLimited:
                raise
            except (GitHubError, LookupError, TypeError, ValueError) as error:
                self._branches.skip(workflow_id)
                _log.warning("workflow=%s skipped=%s why=%r", workflow_id, type(error).__name__, str(error))
        return EndBranchesResult(count)

    async def _to_look_up(self, began_before: float) -> list[str]:
        found = []
        async for workflow_id in branch_signals.all_running(activity.client(), began_before):
            if not self._branches.is_known_open(workflow_id):
                found.append(workflow_id)
            if len(found) >= _LOOKED_UP:
                break
        return found
