"""What a migration shows on GitHub, and what it makes there. Nothing on a laptop."""

from activities.migration.types import MigrationAnalysis, MigrationEnd, MigrationInput, MigrationPlan, MigrationResult
from workflows.migrating.step_chain import StepChain
from workflows.saga import Saga


class Publisher:
    """Of one migration. What it makes is undone by `saga`."""

    def __init__(self, input: MigrationInput, saga: Saga) -> None:
        self._input = input
        self._saga = saga

    async def planned(self, analysis: MigrationAnalysis, plan: MigrationPlan) -> None:
        """Shows the plan."""

    async def progressed(self, chain: StepChain, *, paused: bool = False) -> None:
        """Shows how far it is."""

    async def published(self, result: MigrationResult, end: MigrationEnd, plan: MigrationPlan) -> MigrationResult:
        """Opens the pull request."""
        return result

    async def ended(self, result: MigrationResult, plan: MigrationPlan) -> None:
        """Shows how it ended."""
