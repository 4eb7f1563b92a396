"""What agents spend for a repository: one account, so that runs side by side cannot spend more than there is."""

from dataclasses import dataclass, field, replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.budgets import account
    from activities.budgets.activities import BudgetActivities
    from activities.budgets.types import (
        BudgetGrant,
        HeldBudget,
        RaiseBudgetInput,
        ReadBudgetInput,
        ReserveBudgetInput,
        SettleBudgetInput,
    )
    from activities.model import RepoRef
    from activities.reporting import budgets as texts
    from workflows import history_length
    from workflows.activity_calls import ask_for_person
    from workflows.messages import CommandAction, CommandInput


@dataclass(frozen=True)
class BudgetWorkflowInput:
    """The argument of `BudgetWorkflow`. `held` is only given by the workflow to itself."""

    repo: RepoRef
    held: HeldBudget = field(default_factory=HeldBudget)


@workflow.defn
class BudgetWorkflow:
    """Updates `reserve`, `settle`, `set_cap`; query `get_budget`. One runs for each repository for which an agent ran,
    from then on. Each update may come again: runs are known by their names."""

    @workflow.init
    def __init__(self, input: BudgetWorkflowInput) -> None:
        self._held = input.held

    @workflow.run
    async def run(self, input: BudgetWorkflowInput) -> None:
        await workflow.wait_condition(lambda: history_length.is_long() and workflow.all_handlers_finished())
        workflow.continue_as_new(replace(input, held=self._held))

    @workflow.update
    def reserve(self, input: ReserveBudgetInput) -> BudgetGrant:
        """Before a run."""
        self._held, grant = account.reserved(self._held, input, workflow.now())
        return grant

    @workflow.update
    def settle(self, input: SettleBudgetInput) -> None:
        """After a run."""
        self._held = account.settled(self._held, input.run, input.dollars, workflow.now())

    @workflow.update
    def set_cap(self, input: RaiseBudgetInput) -> None:
        """By a maintainer."""
        self._held = replace(self._held, raised={**self._held.raised, input.number: input.dollars})

    @workflow.query
    def get_budget(self) -> HeldBudget:
        """As it was at the last update: months and reservations may have ended since."""
        return self._held


async def asked_about_budget(input: CommandInput, action: CommandAction) -> list[str]:
    """`/budget`: the lines to answer."""
    if action.dollars:
        wanted = RaiseBudgetInput(input.repo, input.pull, action.dollars)
        view = await ask_for_person(BudgetActivities.raise_budget, wanted)
    else:
        view = await ask_for_person(BudgetActivities.read_budget, ReadBudgetInput(input.repo, input.pull))
    return texts.overview(view, input.pull)
