"""What the agents of one piece of work cost, and what they may still cost: reserved before a run, settled after it."""

from collections.abc import Iterable
from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.agent_runs.types import AgentChoice, ModelCost, RunLimits
    from activities.budgets.activities import BudgetActivities
    from activities.budgets.types import BudgetCaps, ReadBudgetInput, ReserveBudgetInput, SettleBudgetInput
    from activities.model import RepoRef
    from workflows.activity_calls import ask_for_person
    from workflows.config import ActivityTimeouts


class AgentSpending:
    """`cap` is what may be spent for the issue or pull request `number` in all, `before` what was before this work."""

    def __init__(self, repo: RepoRef, number: int) -> None:
        self.cap = 0.0
        self.before = 0.0
        self.refusal = ""
        self._repo = repo
        self._number = number
        self._caps = BudgetCaps()
        self._costs: dict[tuple[str, str], ModelCost] = {}

    @property
    def costs(self) -> tuple[ModelCost, ...]:
        return tuple(self._costs.values())

    @property
    def spent(self) -> float:
        """For the issue or pull request in all."""
        return self.before + sum(cost.dollars for cost in self._costs.values())

    @property
    def left(self) -> float:
        return max(0.0, self.cap - self.spent)

    async def begin(self, choice: AgentChoice) -> None:
        """With the caps of the deployment and of the repository; that of a maintainer's `/budget` wins."""
        self._caps = BudgetCaps(choice.issue_dollars, choice.month_dollars)
        seen = await ask_for_person(BudgetActivities.read_budget, ReadBudgetInput(self._repo, self._number))
        self.cap = seen.cap if seen.raised else choice.issue_dollars
        self.before = max(0.0, seen.spent - sum(cost.dollars for cost in self._costs.values()))

    def count(self, costs: Iterable[ModelCost]) -> None:
        """Adds what runs have cost, also those that somebody else settles."""
        for cost in costs:
            was = self._costs.get((cost.role, cost.model))
            self._costs[cost.role, cost.model] = _sum(was, cost) if was else cost

    async def reserve(self, run: str, limits: RunLimits) -> RunLimits | None:
        """The limits of a run, None where no money is left for one: then `refusal` says so."""
        seconds = limits.seconds + int(ActivityTimeouts.CHECK_EXTRA.total_seconds())
        wanted = ReserveBudgetInput(self._repo, run, self._number, limits.dollars, self._caps, seconds)
        grant = await ask_for_person(BudgetActivities.reserve_budget, wanted)
        self.refusal = grant.refusal
        return None if grant.refusal else replace(limits, dollars=grant.dollars)

    async def settle(self, run: str, costs: Iterable[ModelCost]) -> None:
        """After a run, however it ended."""
        costs = tuple(costs)
        self.count(costs)
        dollars = sum(cost.dollars for cost in costs)
        await ask_for_person(BudgetActivities.settle_budget, SettleBudgetInput(self._repo, run, dollars))


def _sum(one: ModelCost, other: ModelCost) -> ModelCost:
    return ModelCost(
        one.role, one.model, one.calls + other.calls, one.input_tokens + other.input_tokens,
        one.output_tokens + other.output_tokens, one.dollars + other.dollars, one.priced and other.priced,
    )  # fmt: skip
