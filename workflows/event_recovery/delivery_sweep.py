"""The sweep: deliveries that GitHub could not make are requested again.

A Temporal schedule runs it every few minutes (`bot/processes/schedules.py`); how far it got is its last run's result.
"""

from dataclasses import dataclass

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.event_recovery.types import FailedDeliveriesInput, RedeliverInput
    from activities.github_activities import EventRecoveryActivities
    from workflows.activity_calls import sweep
    from workflows.failures import trace_of, was_cancelled

_AT_ONCE = 50


@dataclass(frozen=True)
class DeliverySweepInput:
    """`since`: from where to look, in seconds since 1970; 0 goes on where the last run ended."""

    since: float = 0.0


@dataclass(frozen=True)
class DeliverySweepResult:
    """`redelivered`: deliveries that GitHub attempts again; `expired`: those it has forgotten; `waiting`: those to be
    requested later."""

    since: float = 0.0
    redelivered: int = 0
    expired: int = 0
    waiting: int = 0
    given_up: int = 0


@workflow.defn
class DeliverySweepWorkflow:
    """One look at GitHub's log. Without a failure it is one request. Query: `get_status`."""

    @workflow.init
    def __init__(self, input: DeliverySweepInput) -> None:
        self._swept = DeliverySweepResult(input.since)

    @workflow.run
    async def run(self, input: DeliverySweepInput) -> DeliverySweepResult:
        last = workflow.get_last_completion_result(DeliverySweepResult) or DeliverySweepResult()
        failed = await sweep(
            EventRecoveryActivities.list_failed_deliveries, FailedDeliveriesInput(input.since or last.since)
        )
        self._swept = DeliverySweepResult(failed.since, waiting=failed.waiting, given_up=failed.given_up)
        for first in range(0, len(failed.ids), _AT_ONCE):
            if not await self._redeliver(failed.ids[first : first + _AT_ONCE]):
                break
        return self._swept

    @workflow.query
    def get_status(self) -> DeliverySweepResult:
        """How far it is."""
        return self._swept

    async def _redeliver(self, ids: tuple[int, ...]) -> bool:
        """False where GitHub does not take them now: they are still in its log when the next sweep looks."""
        try:
            done = await sweep(EventRecoveryActivities.redeliver, RedeliverInput(ids))
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning(f"deliveries={len(ids)} redelivery=postponed", exc_info=trace_of(error))
            return False
        swept = self._swept
        self._swept = DeliverySweepResult(
            swept.since, swept.redelivered + done.accepted, swept.expired + done.expired, swept.waiting, swept.given_up
        )
        return True
