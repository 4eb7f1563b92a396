"""Gates of the default branch without a push, and the issue about its score: only where the configuration has
`schedule`."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.issues import CloseIssueInput, CreateIssueInput, IssueLabelsInput
    from activities.github_activities import IssueActivities
    from activities.quality_gate.types import GateOutcome
    from activities.reporting.red_branch import ScoreFall, score_fell_body, score_fell_title, score_recovered
    from workflows.activity_calls import ask
    from workflows.failures import trace_of, was_cancelled
    from workflows.quality.branch_state import BranchState


class GateSchedule:
    """The part of a branch's workflow that looks at the clock. `every_s` replaces what the configuration says.
    `paused`: no gate is run for the branch just now."""

    def __init__(self, state: BranchState, every_s: float | None) -> None:
        self._state = state
        self._trend = state.judged.trend
        self._every_s = every_s

    def due(self, paused: bool) -> bool:
        """Whether it is time for a gate."""
        return bool(self._trend.due_at) and not paused and self.pause(paused) is None

    def pause(self, paused: bool) -> timedelta | None:
        """How long until the next gate; None where none is planned, or it is time."""
        if paused or not self._trend.due_at:
            return None
        return timedelta(seconds=max(self._trend.due_at - workflow.now().timestamp(), 0)) or None

    def begin_if_due(self, paused: bool) -> None:
        """The head once more: tools that read what is not in the commit may find something else today."""
        if self.due(paused):
            self._plan_next()
            self._state.run_again((), refresh=True)

    def _plan_next(self) -> None:
        trend = self._trend
        trend.due_at = workflow.now().timestamp() + trend.every_s if trend.every_s else 0.0

    async def judged(self, outcome: GateOutcome) -> None:
        """A verdict on a head of the default branch. A mistake in the configuration leaves the schedule as it was."""
        plan, trend = outcome.plan, self._trend
        if not self._state.is_default or plan is None or plan.problem:
            return
        every_s = 0.0 if plan.left_out else plan.schedule_s
        trend.every_s = self._every_s if every_s and self._every_s else every_s
        self._plan_next()
        if not trend.every_s or not plan.schedule_fall:
            return
        news = trend.judged(outcome.result, plan.schedule_fall)
        try:
            if news == "fallen":
                await self._report(outcome)
            elif news == "recovered" and trend.issue:
                await self._close(outcome)
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning(f"score={news} issue={trend.issue}", exc_info=trace_of(error))

    async def _report(self, outcome: GateOutcome) -> None:
        """One issue a fall, edited at each verdict. A person who closes it takes the score as it is."""
        repo, branch, trend = self._state.head.repo, self._state.default_branch, self._trend
        if trend.issue and not (await ask(IssueActivities.get_issue_labels, IssueLabelsInput(repo, trend.issue))).open:
            trend.take_as_usual()
            return
        result = outcome.result
        scores = tuple(score for _, score in trend.scores)
        fall = ScoreFall(branch, trend.since, result.head_sha, trend.usual, scores, result.checks)
        key = f"score|{branch}|{trend.since}|{trend.falls}"
        wanted = CreateIssueInput(repo, score_fell_title(branch), score_fell_body(fall), key)
        trend.issue = (await ask(IssueActivities.create_issue, wanted)).number

    async def _close(self, outcome: GateOutcome) -> None:
        repo, trend, result = self._state.head.repo, self._trend, outcome.result
        comment = score_recovered(self._state.default_branch, result.head_sha, result.overall_score, trend.usual)
        issue, trend.issue = trend.issue, 0
        await ask(IssueActivities.close_issue, CloseIssueInput(repo, issue, comment, "score-recovered"))
