"""What users do and what fails, in one order: made from the seed alone, so that a seed replays it. Pure."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

UserAction = Literal["open", "push", "force_push", "close", "reopen", "draft", "ready", "delete_branch", "comment"]
Arrival = Literal["prompt", "late", "twice", "dropped", "unrecorded"]
"""How GitHub's deliveries about something arrive. `dropped`: the log shows that they failed; `unrecorded`: nothing does."""

FaultKind = Literal["kill", "terminate", "start", "errors", "hang", "answer", "hold", "shuffle", "fill", "free"]

COMMANDS = (
    "/override linting I have read it", "/override linting I have read it", "/stop", "/stop", "/retest",
    "/retest failed", "/retry", "/fix", "/status", "/help", "/ok-to-test {head}", "/ok-to-test {head}",
)  # fmt: skip
"""`{head}` is the head that the person sees."""

_ARRIVALS: tuple[Arrival, ...] = ("prompt",) * 8 + ("late",) * 6 + ("twice",) * 3 + ("dropped",) * 3 + ("unrecorded",)
_RECORDED_ONLY = ("close", "delete_branch", "comment")
"""What nobody can recover if GitHub keeps no record of it (docs/architecture.md, "What cannot be recovered")."""

_ENDS: dict[FaultKind, FaultKind] = {
    "kill": "start", "terminate": "start", "hang": "answer", "hold": "shuffle", "fill": "free",
}  # fmt: skip
"""What ends a fault that lasts."""

_ERRORS = (
    "POST /api/graphql status", "POST /api/graphql half_after", "POST /api/graphql hang_up", "POST /api/graphql hang_up_after",
    "POST /repos/.*/comments half_after", "POST /repos/.*/comments status",
    "POST /repos/.*/reactions hang_up_after", "GET /repos/.* status", "GET /repos/.* half", "POST /app/.* status",
    "* .* hang_up", "* .* status",
)  # fmt: skip
"""Method, path and fault of the simulated GitHub; `_after`: the request is carried out, and only its answer is lost."""


@dataclass(frozen=True)
class PlanSize:
    """How much happens."""

    repositories: int
    pulls: int
    actions: int
    faults: int


SHORT = PlanSize(repositories=2, pulls=6, actions=24, faults=8)
LONG = PlanSize(repositories=3, pulls=14, actions=110, faults=26)


@dataclass(frozen=True)
class PlannedPull:
    """`kind`: its branch is in the repository, or in a fork, or begins at the head that the pull `of` has then."""

    repository: int
    branch: str
    kind: Literal["own", "fork", "copy"] = "own"
    of: int = -1
    draft: bool = False


@dataclass(frozen=True)
class UserStep:
    """`pull` is an index of the plan's pulls, `finding`: what is pushed fails the gate. `login` comments `text`."""

    do: UserAction
    pull: int
    finding: bool = False
    login: str = ""
    text: str = ""
    arrival: Arrival = "prompt"


@dataclass(frozen=True)
class FaultStep:
    """`target` is a process, or what fails at GitHub, `times` how often. `checking`: only once a check is being run."""

    do: FaultKind
    target: str = ""
    times: int = 1
    checking: bool = False
    seed: int = 0


@dataclass(frozen=True)
class PlanStep:
    """`after` requests of the bot have been answered since the last step, or it asks nothing any more. `next_second`:
    GitHub's clock, which knows whole seconds, shows another one than at the last step."""

    what: UserStep | FaultStep
    after: int
    next_second: bool


@dataclass(frozen=True)
class Plan:
    """All of it."""

    seed: int
    repositories: int
    pulls: tuple[PlannedPull, ...]
    steps: tuple[PlanStep, ...]
    second_worker: bool

    def lines(self) -> Iterator[str]:
        """For a person who looks into a failure."""
        for number, pull in enumerate(self.pulls):
            yield f"pull {number}: {pull}"
        for number, step in enumerate(self.steps):
            yield f"step {number}: {step}"


def make_plan(seed: int, size: PlanSize) -> Plan:
    """The same for the same seed and size."""
    chance = random.Random(seed)
    pulls = tuple(_pulls(chance, size))
    users = _Users(chance, pulls)
    steps: list[UserStep | FaultStep] = list(users.steps(size.actions))
    for fault in _faults(chance, size.faults):
        _insert(chance, steps, fault)
    timed = (PlanStep(step, chance.choice((0, 0, 0, 2, 8, 25)), chance.random() < 0.6) for step in steps)
    return Plan(seed, size.repositories, pulls, tuple(timed), second_worker=chance.random() < 0.5)


def _pulls(chance: random.Random, size: PlanSize) -> Iterator[PlannedPull]:
    """In each repository the second comes from a fork, and the third has the head of the first."""
    for number in range(size.pulls):
        round, repository = divmod(number, size.repositories)
        pull = PlannedPull(repository, f"change-{number}", draft=round > 2 and chance.random() < 0.3)
        if round % 4 == 1:
            pull = replace(pull, kind="fork")
        elif round % 4 == 2:
            pull = replace(pull, kind="copy", of=number - 2 * size.repositories)
        yield pull


@dataclass
class _Users:
    """What users could do next; `state` is that of each pull: "", `open`, `closed`, `gone`."""

    chance: random.Random
    pulls: tuple[PlannedPull, ...]
    state: dict[int, str] = field(default_factory=dict)

    def steps(self, count: int) -> Iterator[UserStep]:
        """Every pull is opened before the last third; a pull is opened by its first push."""
        waiting = list(range(len(self.pulls)))
        for number in range(count):
            due = len(waiting) * 3 > (count - number) * 2
            if waiting and (not self._with("open") or due or self.chance.random() < 0.35):
                step = self._open(waiting.pop(0))
            else:
                step = self._change()
            yield replace(step, arrival=self._arrival(step))

    def _open(self, pull: int) -> UserStep:
        self.state[pull] = "open"
        return UserStep("open", pull, finding=self.chance.random() < 0.5)

    def _change(self) -> UserStep:
        """Mostly of a pull that is open."""
        closed = self._with("closed")
        if closed and self.chance.random() < 0.25:
            pull = self.chance.choice(closed)
            if self.chance.random() < 0.25:
                return UserStep("push", pull, finding=self.chance.random() < 0.5)
            self.state[pull] = "open"
            return UserStep("reopen", pull)
        pull = self.chance.choice(self._with("open") or sorted(self.state))
        actions: tuple[UserAction, ...] = (
            ("comment",) * 9 + ("push",) * 4 + ("force_push", "draft", "ready", "close", "close")
        )
        action = self.chance.choice((*actions, "delete_branch") if len(self._with("open")) > 2 else actions)
        self.state[pull] = {"close": "closed", "delete_branch": "gone"}.get(action, self.state[pull])
        if action == "comment":
            return self._comment(pull)
        return UserStep(action, pull, finding=self.chance.random() < 0.5)

    def _comment(self, pull: int) -> UserStep:
        text, login = self.chance.choice(COMMANDS), self.chance.choice(("octocat",) * 5 + ("stranger",))
        return UserStep("comment", pull, login=login, text=text)

    def _with(self, state: str) -> list[int]:
        return [pull for pull, its in self.state.items() if its == state]

    def _arrival(self, step: UserStep) -> Arrival:
        arrival = self.chance.choice(_ARRIVALS)
        return "dropped" if arrival == "unrecorded" and step.do in _RECORDED_ONLY else arrival


def _faults(chance: random.Random, count: int) -> Iterator[FaultStep]:
    """A deck of every kind is dealt, and then another."""
    deck: list[FaultStep] = []
    for _ in range(count):
        if not deck:
            deck = [FaultStep(do, process) for do in ("kill", "terminate") for process in ("worker", "web", "temporal")]
            deck += [FaultStep("hold"), FaultStep("fill"), FaultStep("hang", "* .*")]
            deck += [FaultStep("errors", chance.choice(_ERRORS)) for _ in range(3)]
            chance.shuffle(deck)
        fault = deck.pop()
        checking = fault.do in ("kill", "fill") and chance.random() < 0.6
        yield replace(fault, times=chance.choice((1, 1, 2, 3)), checking=checking, seed=chance.randrange(1 << 30))


def _insert(chance: random.Random, steps: list[UserStep | FaultStep], fault: FaultStep) -> None:
    """At any place, and what ends it one to five steps later."""
    at = chance.randrange(2, len(steps))
    steps.insert(at, fault)
    if end := _ENDS.get(fault.do):
        steps.insert(min(at + chance.randint(2, 6), len(steps)), replace(fault, do=end, checking=False))
