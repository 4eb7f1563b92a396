"""A repository's budget on a real Temporal server, asked by workflows side by side as the runs of agents are."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.budgets.activities import BudgetActivities
from activities.budgets.types import (
    BudgetCaps,
    BudgetGrant,
    RaiseBudgetInput,
    ReadBudgetInput,
    ReserveBudgetInput,
    SettleBudgetInput,
)
from activities.model import RepoRef
from activities.registration import activity_methods
from activities.reporting.budgets import BudgetView
from workflows import ids
from workflows.budget import BudgetWorkflow

CAPS = BudgetCaps(issue=4.0, month=7.0)
A_WHILE = timedelta(seconds=30)


@workflow.defn
class SpendingWorkflow:
    """The run of an agent: reserves, perhaps twice, and settles, perhaps twice."""

    @workflow.run
    async def run(self, input: ReserveBudgetInput, cost: float) -> BudgetGrant:
        call = workflow.execute_activity_method
        granted: BudgetGrant = BudgetGrant()
        for _ in range(2):
            granted = await call(BudgetActivities.reserve_budget, input, start_to_close_timeout=A_WHILE)
        if granted.dollars and cost >= 0:
            settlement = SettleBudgetInput(input.repo, input.run, cost)
            for _ in range(2):
                await call(BudgetActivities.settle_budget, settlement, start_to_close_timeout=A_WHILE)
        return granted


@workflow.defn
class CapWorkflow:
    """What `/budget` does."""

    @workflow.run
    async def run(self, input: ReadBudgetInput, dollars: float) -> BudgetView:
        call = workflow.execute_activity_method
        if dollars:
            wanted = RaiseBudgetInput(input.repo, input.number, dollars)
            return await call(BudgetActivities.raise_budget, wanted, start_to_close_timeout=A_WHILE)
        return await call(BudgetActivities.read_budget, input, start_to_close_timeout=A_WHILE)


@dataclass
class Spending:
    temporal: Client
    queue: str
    repo: RepoRef

    async def run(self, name: str, dollars: float, cost: float = -1, number: int = 1) -> BudgetGrant:
        wanted = ReserveBudgetInput(self.repo, name, number, dollars, CAPS)
        return await self.temporal.execute_workflow(
            SpendingWorkflow.run, args=[wanted, cost], id=f"{name}-{uuid4()}", task_queue=self.queue
        )

    async def budget(self, number: int = 1, dollars: float = 0) -> BudgetView:
        asked = ReadBudgetInput(self.repo, number)
        return await self.temporal.execute_workflow(
            CapWorkflow.run, args=[asked, dollars], id=f"cap-{uuid4()}", task_queue=self.queue
        )


@pytest_asyncio.fixture(loop_scope="session")
async def spending(temporal: Client) -> AsyncIterator[Spending]:
    queue = f"budget-{uuid4()}"
    async with Worker(
        temporal,
        task_queue=queue,
        workflows=[BudgetWorkflow, SpendingWorkflow, CapWorkflow],
        activities=activity_methods(BudgetActivities(queue, BudgetCaps(issue=3.0, month=5.0))),
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        yield Spending(temporal, queue, RepoRef("octocat", queue, 5))


@pytest.mark.asyncio(loop_scope="session")
async def test_agents_side_by_side_cannot_overspend(spending: Spending) -> None:
    before = await spending.budget()
    assert (before.cap, before.month_cap, before.spent) == (3.0, 5.0, 0.0)  # nothing ran yet, and nothing was started
    grants = await asyncio.gather(*(spending.run(f"run-{n}", 3.0, number=1 + n % 2) for n in range(4)))
    assert sum(grant.dollars for grant in grants) == 7.0
    refused = [grant.refusal for grant in grants if not grant.dollars]
    assert len(refused) == 1
    assert "for this repository in a month" in refused[0] or "for #" in refused[0]
    seen = await spending.budget()
    assert (seen.month_reserved, seen.month_spent, seen.month_cap) == (7.0, 0.0, 7.0)


@pytest.mark.asyncio(loop_scope="session")
async def test_each_run_counts_once(spending: Spending) -> None:
    assert (await spending.run("first", 3.0, cost=1.0)).dollars == 3.0
    assert (await spending.run("first", 3.0, cost=2.0)).dollars == 3.0  # its workflow began again
    assert (await spending.run("second", 9.0, cost=3.0)).dollars == 3.0
    refused = await spending.run("third", 1.0)
    assert refused.refusal == (
        "No agent was started: of $4.00 for #1, $4.00 are spent. A maintainer can raise that: `/budget 14`."
    )
    raised = await spending.budget(dollars=6.0)
    assert (raised.cap, raised.raised, raised.spent) == (6.0, True, 4.0)
    assert (await spending.run("third", 3.0)).dollars == 2.0


@pytest.mark.asyncio(loop_scope="session")
async def test_it_goes_on_as_new_with_all_that_it_holds(spending: Spending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.history_length._EVENTS_A_RUN", 10)
    for number in range(4):
        assert (await spending.run(f"run-{number}", 1.0, cost=0.5)).dollars == 1.0
    handle = spending.temporal.get_workflow_handle_for(BudgetWorkflow.run, ids.budget(spending.repo.full_name))
    held = await handle.query(BudgetWorkflow.get_budget)
    assert (held.spent, held.by_number, len(held.settled), held.caps) == (2.0, {1: 2.0}, 4, CAPS)
    described = await handle.describe()
    assert described.run_id != described.raw_description.workflow_execution_info.first_run_id
