"""The steps of a migration and the commits that they led to, one upon another. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from activities.migration.types import MigrationStep, StepResult
from activities.reporting import migration as texts

_GOOD = ("done", "nothing")


@dataclass
class StepChain:
    """`base` is the commit before the migration; `results` has each step that ended."""

    steps: Sequence[MigrationStep]
    base: str
    results: dict[str, StepResult] = field(default_factory=dict)

    @property
    def tip(self) -> str:
        """The last good commit."""
        return next((one.commit_sha for one in reversed(self.done)), self.base)

    @property
    def done(self) -> list[StepResult]:
        """The steps whose commits lead from the base to the tip, in their order."""
        results = (self.results.get(step.name) for step in self.steps)
        return [one for one in results if one and one.status == "done"]

    @property
    def ended(self) -> tuple[StepResult, ...]:
        """Every step that ended, in the plan's order."""
        return tuple(self.results[step.name] for step in self.steps if step.name in self.results)

    def next(self) -> MigrationStep | None:
        """The next step whose needs are met. Those that need one that was not done are skipped."""
        for step in self.steps:
            if step.name in self.results:
                continue
            lacking = next((need for need in step.needs if not self._is_good(need)), "")
            if not lacking:
                return step
            self.results[step.name] = StepResult(step.name, "skipped", reason=texts.needs_step(lacking))
        return None

    def ready(self) -> list[MigrationStep]:
        """All steps whose needs are met: they are independent of one another."""
        return [
            step
            for step in self.steps
            if step.name not in self.results and all(self._is_good(need) for need in step.needs)
        ]

    def before(self, name: str) -> str:
        """The good commit below a step's own."""
        names = [one.name for one in self.done]
        at = names.index(name)
        return self.done[at - 1].commit_sha if at else self.base

    def record(self, result: StepResult) -> None:
        self.results[result.name] = result

    def take_back(self, name: str, reason: str) -> bool:
        """Takes back a step, or all of them (""), and those that need it. Independent ones that came later are done
        again, upon what is left. False where there is nothing of that name to take back."""
        taken = {step.name for step in self.steps} if not name else self._with_dependents(name)
        if not any(each in self.results and self.results[each].status == "done" for each in taken):
            return False
        first = min(at for at, step in enumerate(self.steps) if step.name in taken)
        for step in self.steps[first:]:
            result = self.results.pop(step.name, None)
            if step.name in taken:
                commit = result.commit_sha if result else ""
                taken_result = StepResult(step.name, "rolled_back", commit, reason=reason)
                self.results[step.name] = taken_result
        return True

    def restart(self) -> Iterator[MigrationStep]:
        """The steps to do again, in their order, where their commits are lost; each is to be recorded anew."""
        names = [one.name for one in self.done]
        before = {name: self.results.pop(name) for name in names}
        for step in self.steps:
            if step.name in before:
                yield step
                made = self.results.get(step.name)
                if made and made.status == "done":
                    self.results[step.name] = replace(made, broke=before[step.name].broke)

    def states(self) -> Mapping[str, str]:
        """Step → its status, `waiting` for one that has not ended."""
        return {
            step.name: self.results[step.name].status if step.name in self.results else "waiting" for step in self.steps
        }

    def _is_good(self, name: str) -> bool:
        return name in self.results and self.results[name].status in _GOOD

    def _with_dependents(self, name: str) -> set[str]:
        taken = {name}
        for step in self.steps:  # each comes after what it needs
            if not taken.isdisjoint(step.needs):
                taken.add(step.name)
        return taken
