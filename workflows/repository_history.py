"""What a repository's gates know of each other: kept here, so that every host and every gate finds the same."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError

with workflow.unsafe.imports_passed_through():
    from activities.github.red_branch import RedBranchInput
    from activities.github.repo_config import JudgedPullsInput
    from activities.github_activities import RedBranchActivities, RepoConfigActivities
    from activities.incidents.types import Alert
    from activities.model import RepoRef
    from activities.quality_gate.types import RepositoryHistory
    from workflows import flaky_tests, history_length, ids
    from workflows.activity_calls import ask_for_person
    from workflows.failures import trace_of, was_cancelled
    from workflows.messages import BaseJudged, DefaultBranchJudged, RunOfTests, TestsRan
    from workflows.monitoring.alerting import green_branch_alert, red_branch_alert, send_alert

_AT_ONCE, _PAUSE = 10, timedelta(seconds=30)
"""Branches that edit their comments at once, and the time between: hundreds would meet GitHub's limits."""
_MOST_NEWS = 20
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class RepositoryHistoryInput:
    """The argument of `RepositoryHistoryWorkflow`. All but `repo` is only given by the workflow to itself: what it
    holds, the verdicts of which merged pull requests have not heard, the state of which open ones have not, and what
    the monitoring has not heard."""

    repo: RepoRef
    history: RepositoryHistory = field(default_factory=RepositoryHistory)
    news: tuple[DefaultBranchJudged, ...] = ()
    unheard: tuple[BaseJudged, ...] = ()
    runs: tuple[RunOfTests, ...] = ()
    alerts: tuple[Alert, ...] = ()


@workflow.defn
class RepositoryHistoryWorkflow:
    """Signals `default_branch_judged`, `tests_ran`; query `get_history`. One runs for each repository of which there is
    anything to keep, and ends with the last of it."""

    @workflow.init
    def __init__(self, input: RepositoryHistoryInput) -> None:
        self._repo = input.repo
        self._history = input.history
        self._news = list(input.news)
        self._unheard = list(input.unheard)
        self._runs = input.runs
        self._alerts = list(input.alerts)

    @workflow.run
    async def run(self, input: RepositoryHistoryInput) -> None:
        while True:
            try:
                await workflow.wait_condition(
                    self._has_work, timeout=_A_DAY if self._history.flaky or self._runs else None
                )
            except TimeoutError:
                self._runs = ()
                self._forget_old()
            if self._alerts:
                await self._send_alert(self._alerts.pop(0))
            elif self._news:
                await self._comment_on_merged_pulls(self._news.pop(0))
            elif self._unheard:
                await self._signal_open_pulls(self._unheard.pop())
            elif history_length.is_long():
                held = RepositoryHistoryInput(
                    self._repo, self._history, tuple(self._news), tuple(self._unheard), self._runs, tuple(self._alerts)
                )
                workflow.continue_as_new(held)
            elif self._history == RepositoryHistory() and not self._runs:
                return

    @workflow.signal
    def default_branch_judged(self, event: DefaultBranchJudged) -> None:
        """By the workflow of the default branch, after a verdict that changed something."""
        self._repo, before, now = event.repo, self._history.red, workflow.now().timestamp()
        if event.news:
            self._alerts.append(red_branch_alert(event.repo, event.branch, before, event.news, now))
        elif before and not event.red:
            self._alerts.append(green_branch_alert(event.repo, event.branch, before, now))
        if event.red != self._history.red:
            self._history = replace(self._history, red=event.red)
            self._unheard = [BaseJudged(event.branch, event.red)]
        if event.news:
            self._news = [*self._news, event][-_MOST_NEWS:]

    @workflow.signal
    def tests_ran(self, event: TestsRan) -> None:
        """By the workflow of a branch, after a verdict in which tests failed, or that has some that are flaky."""
        self._repo, day = event.repo, workflow.now().date().isoformat()
        for run in event.runs:
            flaky, self._runs = flaky_tests.remembered(self._history.flaky, self._runs, run, day)
            self._history = replace(self._history, flaky=flaky)
        self._forget_old()

    def _forget_old(self) -> None:
        first = (workflow.now() - timedelta(days=flaky_tests.REMEMBERED_DAYS)).date().isoformat()
        self._history = replace(self._history, flaky=flaky_tests.since(self._history.flaky, first))

    @workflow.query
    def get_history(self) -> RepositoryHistory:
        return self._history

    def _has_work(self) -> bool:
        ends = self._history == RepositoryHistory() and not self._runs
        return bool(self._alerts or self._news or self._unheard) or ends or history_length.is_long()

    async def _send_alert(self, alert: Alert) -> None:
        try:
            await send_alert(alert, "red_branch")
        except ActivityError as error:
            _log_unless_cancelled(error, "monitoring=not_told")

    async def _comment_on_merged_pulls(self, event: DefaultBranchJudged) -> None:
        assert event.news
        input = RedBranchInput(event.repo, event.news, event.base_sha)
        try:
            found = await ask_for_person(RedBranchActivities.comment_on_merged_pulls, input)
        except ActivityError as error:
            _log_unless_cancelled(error, "merged_pulls=not_commented")
        else:
            workflow.logger.info(f"red={event.branch!r} head={event.news.sha} pulls={found.pulls}")

    async def _signal_open_pulls(self, heard: BaseJudged) -> None:
        """Those into the default branch show its state. Where it changes meanwhile, what follows is the newer one."""
        try:
            listed = await ask_for_person(
                RepoConfigActivities.list_judged_pulls, JudgedPullsInput(self._repo, heard.branch)
            )
        except ActivityError as error:
            _log_unless_cancelled(error, "open_pulls=unknown")
            return
        branches = sorted({ids.branch_workflow(head) for head in listed.heads if head.base_ref == heard.branch})
        for first in range(0, len(branches), _AT_ONCE):
            if first:
                await workflow.sleep(_PAUSE)
            if self._unheard:
                return
            await asyncio.gather(*(_signal(each, heard) for each in branches[first : first + _AT_ONCE]))


async def _signal(branch: str, heard: BaseJudged) -> None:
    """A branch whose workflow does not run reads it in its next gate."""
    try:
        await workflow.get_external_workflow_handle(branch).signal(heard.SIGNAL, heard)
    except FailureError as error:
        _log_unless_cancelled(error, f"branch={branch!r} signal={heard.SIGNAL} reached=no")


def _log_unless_cancelled(error: FailureError, line: str) -> None:
    if was_cancelled(error):
        raise error
    workflow.logger.warning(f"{line}", exc_info=trace_of(error))
