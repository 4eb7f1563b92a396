"""The steps of a migration and the commits that they led to, one upon another. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from activities.migration.types import MigrationStep, StepResult
from activities.reporting import migration as texts

_GOOD = ("done", "nothing")


@dataclass
class StepChain:
    """`base` is the commit before the migration; `results` has each step that ended, in the order of their commits,
    which is not always the plan's."""

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
        return [one for one in self.results.values() if one.status == "done"]

    @property
    def ended(self) -> tuple[StepResult, ...]:
        """Every step that ended, in the plan's order."""
        return tuple(self.results[step.name] for step in self.steps if step.name in self.results)

    def step(self, name: str) -> MigrationStep:
        return next(step for step in self.steps if step.name == name)

    def is_done(self, name: str) -> bool:
        return name in self.results and self.results[name].status == "done"

    def next(self) -> MigrationStep | None:
        """The next step whose needs are met. Those that need one that was not done are skipped."""
        for step in self.steps:
            if step.name in self.results:
                continue
            lacking = next((need for need in step.needs if not self._is_good(need)), "")
            if not lacking:
                return step
            self.record(StepResult(step.name, "skipped", reason=texts.needs_step(lacking)))
        return None

    def ready(self) -> list[MigrationStep]:
        """All steps whose needs are met: they are independent of one another."""
        return [
            step
            for step in self.steps
            if step.name not in self.results and all(self._is_good(need) for need in step.needs)
        ]

    def record(self, result: StepResult) -> None:
        self.results[result.name] = result

    def skip_rest(self, reason: str) -> None:
        """No step that has not ended is done any more."""
        for step in self.steps:
            if step.name not in self.results:
                self.record(StepResult(step.name, "skipped", reason=reason))

    def can_take_back(self, name: str) -> bool:
        """Whether that would change anything. "" is all of them, also where there is no plan yet."""
        if not name:
            return not self.steps or any(
                step.name not in self.results or self.is_done(step.name) for step in self.steps
            )
        waits = name not in self.results and any(step.name == name for step in self.steps)
        return waits or self.is_done(name)

    def take_back(self, name: str, reason: str) -> bool:
        """Takes back a step, or all of them (""), with those that need it; one that was not begun is left out.
        Independent ones that came later are done again, upon what is left. False where there is nothing to take
        back."""
        if not self.can_take_back(name):
            return False
        taken = self._with_dependents(name) if name else {step.name for step in self.steps}
        names = list(self.results)
        first = min((at for at, each in enumerate(names) if each in taken and self.is_done(each)), default=len(names))
        later = {each: self.results.pop(each) for each in names[first:]}
        for step in self.steps:
            made = later.get(step.name)
            if step.name in taken and made and made.status == "done":
                self.record(StepResult(step.name, "rolled_back", made.commit_sha, reason=reason))
            elif step.name == name or (not name and step.name not in self.results):
                self.record(StepResult(step.name, "skipped", reason=reason))
        return True

    def restart(self) -> Iterator[MigrationStep]:
        """The steps to do again, in their order, where their commits and rows are lost; each is to be recorded
        anew."""
        before = {name: self.results.pop(name) for name in list(self.results) if self._is_good(name)}
        for name, was in before.items():
            step = self.step(name)
            if not all(self._is_good(need) for need in step.needs):
                continue
            yield step
            made = self.results.get(name)
            if made and made.status == was.status:
                self.record(replace(made, broke=was.broke, reason=was.reason))

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
