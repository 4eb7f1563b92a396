"""Activities that ask a repository's `BudgetWorkflow`, which is started where it does not run."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from activities import workflow_ids
from activities.budgets.account import view
from activities.budgets.types import (
    BudgetCaps,
    BudgetGrant,
    HeldBudget,
    RaiseBudgetInput,
    ReadBudgetInput,
    ReserveBudgetInput,
    SettleBudgetInput,
)
from activities.model import RepoRef
from activities.reporting.budgets import BudgetView

_RPC = timedelta(seconds=10)


class BudgetActivities:
    """Each may run again. `queue` is that of the workflows, `caps` hold where no agent has run yet."""

    def __init__(self, queue: str, caps: BudgetCaps) -> None:
        self._queue = queue
        self._caps = caps

    @activity.defn
    async def reserve_budget(self, input: ReserveBudgetInput) -> BudgetGrant:
        """Reserves money for a run of an agent, or says why there is none left."""
        granted: BudgetGrant = await self._update(input.repo, "reserve", input, BudgetGrant)
        return granted

    @activity.defn
    async def settle_budget(self, input: SettleBudgetInput) -> None:
        """Notes what a run has cost, once for each run."""
        await self._update(input.repo, "settle", input, type(None))

    @activity.defn
    async def raise_budget(self, input: RaiseBudgetInput) -> BudgetView:
        """Sets what may be spent for an issue or pull request."""
        await self._update(input.repo, "set_cap", input, type(None))
        return await self.read_budget(ReadBudgetInput(input.repo, input.number))

    @activity.defn
    async def read_budget(self, input: ReadBudgetInput) -> BudgetView:
        """Returns what is spent and left for an issue or pull request, and in the month."""
        handle = activity.client().get_workflow_handle(workflow_ids.budget(input.repo.full_name))
        held = HeldBudget()
        try:
            held = await handle.query("get_budget", result_type=HeldBudget, rpc_timeout=_RPC)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        return view(held, input.number, held.caps or self._caps, datetime.now(UTC))

    async def _update(self, repo: RepoRef, name: str, argument: object, result_type: type) -> Any:
        """Each may come twice. It has no id of its own: what was refused is asked for again once a cap is raised."""
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            "BudgetWorkflow",
            {"repo": asdict(repo)},
            id=workflow_ids.budget(repo.full_name),
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        return await activity.client().execute_update_with_start_workflow(
            name, argument, start_workflow_operation=start, result_type=result_type
        )
