"""What a run has used up, counted before every call of a model, so that a limit is never passed."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from activities.agent_runs.types import AgentEnding, ModelCost, Role, RunLimits

MOST_FORMAT_ERRORS = 3
MOST_REPEATS = 4


class LimitReached(Exception):
    """The run has to end, and this is how."""

    def __init__(self, ending: AgentEnding, explanation: str) -> None:
        super().__init__(explanation)
        self.ending = ending
        self.explanation = explanation


@dataclass(frozen=True)
class MeterState:
    """What a run has used up so far, to be kept. `actions`: digest of an action with its result → how often."""

    steps: int = 0
    seconds: float = 0.0
    costs: tuple[ModelCost, ...] = ()
    format_errors: int = 0
    actions: Mapping[str, int] = field(default_factory=dict)


class RunMeter:
    """Of one run. `clock` gives seconds; `spent` is what earlier attempts of the same run have used up."""

    def __init__(
        self,
        role: Role,
        limits: RunLimits,
        clock: Callable[[], float] = time.monotonic,
        spent: MeterState | None = None,
    ) -> None:
        spent = spent or MeterState()
        self.role = role
        self.limits = limits
        self.steps = spent.steps
        self._clock = clock
        self._start = clock() - spent.seconds
        self._costs = {cost.model: cost for cost in spent.costs}
        self._format_errors = spent.format_errors
        self._actions: Counter[str] = Counter(spent.actions)

    @property
    def state(self) -> MeterState:
        """For a later attempt to go on from."""
        return MeterState(self.steps, round(self.seconds, 3), self.costs, self._format_errors, dict(self._actions))

    @property
    def seconds(self) -> float:
        return self._clock() - self._start

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.limits.seconds - self.seconds)

    @property
    def dollars(self) -> float:
        return sum(cost.dollars for cost in self._costs.values())

    @property
    def dollars_left(self) -> float:
        return max(0.0, self.limits.dollars - self.dollars)

    @property
    def costs(self) -> tuple[ModelCost, ...]:
        return tuple(self._costs.values())

    def before_call(self, at_most: float = 0.0) -> None:
        """Counts a call of a model that may cost `at_most` dollars. Raises LimitReached where it must not be made."""
        if self.steps >= self.limits.steps:
            raise LimitReached("out_of_steps", f"The limit of {self.limits.steps} steps is reached.")
        if self.seconds >= self.limits.seconds:
            raise LimitReached("out_of_time", self.limits.time_is_up)
        if self.dollars + at_most > self.limits.dollars or (self.dollars and self.dollars >= self.limits.dollars):
            spent = f"${self.dollars:.2f} of ${self.limits.dollars:.2f}"
            raise LimitReached("out_of_money", f"The next call may cost more than what is left: {spent} are spent.")
        self.steps += 1

    def after_call(
        self, model: str, input_tokens: int, output_tokens: int, dollars: float, *, priced: bool = True
    ) -> None:
        """Adds what a call cost, also one that failed and was billed."""
        was = self._costs.get(model, ModelCost(self.role, model))
        self._costs[model] = ModelCost(
            self.role, model, was.calls + 1, was.input_tokens + input_tokens, was.output_tokens + output_tokens,
            was.dollars + dollars, was.priced and priced,
        )  # fmt: skip

    def format_error(self) -> None:
        """An answer could not be read. Raises LimitReached at the third in a row."""
        self._format_errors += 1
        if self._format_errors >= MOST_FORMAT_ERRORS:
            raise LimitReached("format_errors", f"{MOST_FORMAT_ERRORS} answers in a row could not be read.")

    def acted(self, action: str, result: str) -> None:
        """An answer could be read, and gave this. Raises LimitReached where the same happened too often."""
        self._format_errors = 0
        pair = hashlib.sha256(f"{action}\0{result}".encode("utf-8", "surrogatepass")).hexdigest()
        self._actions[pair] += 1
        if self._actions[pair] >= MOST_REPEATS:
            raise LimitReached("stuck", f"The same action gave the same result {MOST_REPEATS} times.")
