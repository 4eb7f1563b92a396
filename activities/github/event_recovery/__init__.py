"""What keeps events from being lost: GitHub's log of deliveries, and heads of pull requests without a verdict.

Each activity may run again: a delivery that arrives twice finds the same workflow, and a branch that is told what it
knows does nothing.
"""

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from temporalio import activity

from activities import branch_signals
from activities.github.activity_errors import github_activity
from activities.github.comments import has_comment
from activities.github.errors import GitHubError, RateLimited, Suspended, Unauthorized
from activities.github.event_recovery import deliveries
from activities.github.event_recovery.closed_branches import ClosedBranches
from activities.github.event_recovery.open_pulls import Looked, OpenHeads
from activities.github.types.event_recovery import (
    EndBranchesInput,
    EndBranchesResult,
    EndGoneBranchesInput,
    FailedDeliveries,
    FailedDeliveriesInput,
    Installations,
    InstallationsInput,
    LostVerdictInput,
    LostVerdictResult,
    PullHead,
    RedeliverInput,
    RedeliverResult,
    RemindBranchesInput,
    RemindBranchesResult,
    Repositories,
    RepositoriesInput,
    UnfinishedHeads,
    UnfinishedHeadsInput,
)
from activities.model import RepoRef
from activities.reporting import GATE_MARK

if TYPE_CHECKING:
    from activities.github.client import GitHub

_log = logging.getLogger("autobuild.events")

# Bounds of one call, so that its answer fits a history: 400 ids are 5 kB, 200 heads 70 kB.
_REDELIVERED = 400
_HEADS = 200
# Branches that are looked for in one call, so that GitHub's limits have room for the rest.
_LOOKED_FOR = 100
# Repositories looked at side by side; GitHub allows a hundred requests at once for an installation.
_AT_ONCE = 5
# Installations or repositories in one answer of GitHub, its most.
_PAGE = 100


class EventRecoveryActivities:
    """What it keeps in mind only saves requests."""

    def __init__(self, github: "GitHub") -> None:
        from cachetools import TTLCache

        self._github = github
        self._heads = OpenHeads(github)
        self._gone = ClosedBranches(github)
        self._asked: TTLCache[int, bool] = TTLCache(10_000, deliveries.SETTLE_S)
        self._given_up: TTLCache[str, bool] = TTLCache(10_000, 24 * 3600)

    @github_activity
    async def list_failed_deliveries(self, input: FailedDeliveriesInput) -> FailedDeliveries:
        """Deliveries that never arrived and are worth another attempt now."""
        log = await deliveries.failed(self._github, input, activity.heartbeat)
        if len(log) >= deliveries.LINES:
            _log.warning(
                "deliveries=%d are all that one sweep reads; older ones are left to the reconciliation", len(log)
            )
        what = deliveries.sort(log, input.since, self._github.clock.now(), self._asked)
        for guid in what.given_up:
            if guid not in self._given_up:
                self._given_up[guid] = True
                _log.warning("delivery=%s attempts=%d given up, left to the reconciliation", guid, deliveries.ATTEMPTS)
        due = what.due[:_REDELIVERED]
        waiting = what.waiting + len(what.due) - len(due)
        return FailedDeliveries(tuple(attempt.id for attempt in due), what.since, waiting, len(what.given_up))

    @github_activity
    async def redeliver(self, input: RedeliverInput) -> RedeliverResult:
        """Asks GitHub for another attempt at each; a second run goes on where the first one ended."""
        accepted, gone = _progress()
        for delivery_id in input.ids[accepted + gone :]:
            if await deliveries.attempt_again(self._github, delivery_id):
                self._asked[delivery_id] = True
                accepted += 1
            else:
                gone += 1
            activity.heartbeat(accepted, gone)
        return RedeliverResult(accepted, gone)

    @github_activity
    async def list_installations(self, input: InstallationsInput) -> Installations:
        """Where the app is installed, without installations that are suspended: GitHub refuses a token for those."""
        found = [each async for each in self._github.as_app.getiter(f"/app/installations?per_page={_PAGE}")]
        ids = tuple(int(each["id"]) for each in found if not each.get("suspended_at"))
        return Installations(ids, len(found) - len(ids))

    @github_activity
    async def list_repositories(self, input: RepositoriesInput) -> Repositories:
        """A page of what an installation covers, without repositories that are archived or disabled.

        Raises `Suspended` for an installation that is suspended or gone.
        """
        api = await self._github.everywhere(input.installation_id, {"pull_requests": "read", "checks": "read"})
        url = "/installation/repositories{?per_page,page}"
        answer, _ = await api.news(url, {"per_page": str(_PAGE), "page": str(input.page)}, "")
        listed = answer["repositories"]
        repos = tuple(
            RepoRef(str(each["owner"]["login"]), str(each["name"]), input.installation_id, id=int(each["id"]))
            for each in listed
            if not (each.get("archived") or each.get("disabled"))
        )
        last = len(listed) < _PAGE or input.page * _PAGE >= int(answer["total_count"])
        return Repositories(repos, 0 if last else input.page + 1)

    @github_activity
    async def find_unfinished_heads(self, input: UnfinishedHeadsInput) -> UnfinishedHeads:
        """Heads of open pulls without an ended gate. One repository's trouble is not the others'."""
        turns = asyncio.Semaphore(_AT_ONCE)
        looks = await asyncio.gather(*(self._look(repo, turns) for repo in input.repos))
        looked = [each for look in looks for each in look or ()]
        kept = sorted(looked, key=lambda each: each.ended)[:_HEADS]
        return UnfinishedHeads(
            heads=tuple(each.head for each in kept if not each.ended),
            untold=tuple(each.head for each in kept if each.ended),
            left_out=len(looked) - len(kept),
            failed=sum(look is None for look in looks),
        )

    async def _look(self, repo: RepoRef, turns: asyncio.Semaphore) -> list[Looked] | None:
        """None where it failed. What concerns the whole installation is raised."""
        async with turns:
            activity.heartbeat()
            try:
                return await self._open_heads(repo)
            except (RateLimited, Suspended):
                raise
            except (GitHubError, LookupError, TypeError, ValueError) as error:  # or an answer that is none
                _log.warning("repository=%s not looked at: %s %s", repo.full_name, type(error).__name__, error)
                return None

    async def _open_heads(self, repo: RepoRef) -> list[Looked]:
        """A token that was revoked is no reason to wait for the next look: the second one is fresh."""
        try:
            return await self._heads.of(repo)
        except Unauthorized:
            return await self._heads.of(repo)

    @github_activity
    async def mend_lost_verdict(self, lost: LostVerdictInput) -> LostVerdictResult:
        """A branch that believes to be done with a head, while GitHub shows no verdict on it, gates it again.

        GitHub is asked once more after the branch has said so: what it writes, it writes before it is done.
        """
        head = lost.head
        self._heads.told(head)
        branch = activity.client().get_workflow_handle(lost.workflow_id)
        settled = await branch_signals.settled(branch)
        if settled is None or settled.get("sha") != head.head_sha or await self._heads.ended(head.repo, head.head_sha):
            return LostVerdictResult(False)
        if settled.get("held") or await self._heads.cancelled(head.repo, head.head_sha):
            self._heads.leave(head.repo, head.head_sha)  # Somebody wants it so.
            return LostVerdictResult(False)
        _log.warning("workflow=%s head=%s its verdict is gone; gated again", lost.workflow_id, head.head_sha)
        return LostVerdictResult(await branch_signals.tell(branch, "verdict_lost", settled))

    @github_activity
    async def remind_branches(self, input: RemindBranchesInput) -> RemindBranchesResult:
        """Tells each branch of its pull, once for each process: who knows it does nothing."""
        count, silent = 0, []
        for reminder in input.reminders:
            activity.heartbeat()
            branch = activity.client().get_workflow_handle(reminder.workflow_id)
            heard = await branch_signals.tell(branch, "pull_changed", reminder.news)
            count += heard
            if heard or await self._has_comment(reminder.head):
                self._heads.told(reminder.head)
            else:
                silent.append(reminder.head)
        return RemindBranchesResult(count, tuple(silent))

    async def _has_comment(self, head: PullHead) -> bool:
        """Also where GitHub does not say: then nothing is to be done now."""
        try:
            return await has_comment(self._github, head.repo, head.number, GATE_MARK)
        except RateLimited:
            raise
        except GitHubError as error:
            _log.warning("repository=%s pull=%d not looked at: %s", head.repo.full_name, head.number, error)
            return True

    @github_activity
    async def end_branches_of(self, gone: EndBranchesInput) -> EndBranchesResult:
        """Tells the branches of a name that is no more that they are deleted, so that nothing waits for ever."""
        count = 0
        async for branch in branch_signals.running_under(activity.client(), gone.full_name):
            activity.heartbeat()
            count += await branch_signals.tell(branch, "pushed", {"sha": ""})
        return EndBranchesResult(count)

    @github_activity
    async def end_gone_branches(self, input: EndGoneBranchesInput) -> EndBranchesResult:
        """Tells branches that they are over whose end nobody told: deleted, renamed, or out of the app's reach."""
        count, client = 0, activity.client()
        for workflow_id in await self._unknown(time.time() - input.quiet_s):
            activity.heartbeat()
            try:
                if await self._gone.is_gone(workflow_id):
                    _log.warning("workflow=%s what it stands for is gone", workflow_id)
                    count += await branch_signals.tell(client.get_workflow_handle(workflow_id), "pushed", {"sha": ""})
            except RateLimited:
                raise
            except (GitHubError, LookupError, TypeError, ValueError) as error:
                self._gone.leave(workflow_id)
                _log.warning("workflow=%s not looked for: %s %s", workflow_id, type(error).__name__, error)
        return EndBranchesResult(count)

    async def _unknown(self, began_before: float) -> list[str]:
        found = []
        async for workflow_id in branch_signals.all_running(activity.client(), began_before):
            activity.heartbeat()
            if not self._gone.is_known(workflow_id):
                found.append(workflow_id)
            if len(found) >= _LOOKED_FOR:
                break
        return found


def _progress() -> tuple[int, int]:
    """(accepted, gone) of an attempt before this one."""
    details = activity.info().heartbeat_details
    return (int(details[0]), int(details[1])) if len(details) == 2 else (0, 0)
