"""Trends that will cross a limit: an issue is opened before they do, once, and closed when the trend is over."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.issues import CloseIssueInput, CreateIssueInput
    from activities.github_activities import IssueActivities
    from activities.incidents import texts
    from activities.incidents.watching import OpenPrediction, PredictedCrossing
    from workflows.activity_calls import ask
    from workflows.failures import trace_of, was_cancelled

_MOST_OPEN = 100
_PASSED_AFTER_S = 3600.0


class Predictions:
    """`open` are those with an issue."""

    def __init__(self, open: Sequence[OpenPrediction] = ()) -> None:
        self._open = {one.rule: one for one in open}

    @property
    def open(self) -> tuple[OpenPrediction, ...]:
        return tuple(self._open.values())

    async def update(
        self, predicted: Sequence[PredictedCrossing], checked: Sequence[str], firing: Collection[str]
    ) -> None:
        """Opens issues of new ones; closes those whose trend has been over for an hour, so that one that comes and goes
        is one issue. What is beyond its limit is not over."""
        now = workflow.now().timestamp()
        for one in predicted:
            known = self._open.get(one.rule)
            if known is None and one.repo and len(self._open) < _MOST_OPEN:
                known = OpenPrediction(one.rule, one.repo, 0, now, now)
            if known:
                issue = known.issue or await self._open_issue(one, known)
                self._open[one.rule] = replace(known, issue=issue, since=now)
        current = {one.rule for one in predicted}
        for rule in firing:
            if rule in self._open:
                self._open[rule] = replace(self._open[rule], since=now)
        for rule in [rule for rule in self._open if rule in checked and rule not in current]:
            if now - self._open[rule].since >= _PASSED_AFTER_S:
                await self._end(self._open.pop(rule))

    async def _open_issue(self, one: PredictedCrossing, known: OpenPrediction) -> int:
        """Its number, 0 where GitHub does not take it now: the next poll tries again, with the same key."""
        wanted = CreateIssueInput(
            known.repo, texts.predicted_title(one.rule, one.service), texts.predicted_body(one),
            f"predicted|{one.rule}|{known.began:.0f}",
        )  # fmt: skip
        try:
            return (await ask(IssueActivities.create_issue, wanted)).number
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.error(f"predicted={one.rule} issue=no", exc_info=trace_of(error))
            return 0

    async def _end(self, one: OpenPrediction) -> None:
        if not one.issue:
            return
        closing = CloseIssueInput(one.repo, one.issue, texts.PREDICTION_OVER, f"predicted|{one.rule}")
        try:
            await ask(IssueActivities.close_issue, closing)
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning(f"predicted={one.rule} closed=no", exc_info=trace_of(error))
