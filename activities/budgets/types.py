"""What agents may spend, and what they have spent: messages of a repository's `BudgetWorkflow`, in US dollars."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from activities.model import RepoRef

LEAST = 0.01
"""Less than a cent is nothing: no call of a model is started with it."""


@dataclass(frozen=True)
class BudgetCaps:
    """What may be spent for one issue or pull request, unless a person raised that, and in a month for the
    repository."""

    issue: float = 10.0
    month: float = 100.0


@dataclass(frozen=True)
class ReserveBudgetInput:
    """Asks for `dollars` before the run of an agent, for an issue or pull request. The same `run` is the same
    reservation. After `seconds` without a settlement it counts as spent."""

    repo: RepoRef
    run: str
    number: int
    dollars: float
    caps: BudgetCaps = BudgetCaps()
    seconds: int = 3600


@dataclass(frozen=True)
class BudgetGrant:
    """What the run may spend: perhaps less than it asked for. `refusal` is the sentence why it may spend nothing."""

    dollars: float = 0.0
    refusal: str = ""


@dataclass(frozen=True)
class SettleBudgetInput:
    """What a run cost. The first settlement of a run counts."""

    repo: RepoRef
    run: str
    dollars: float


@dataclass(frozen=True)
class RaiseBudgetInput:
    """From now on `dollars` may be spent for this issue or pull request, in all."""

    repo: RepoRef
    number: int
    dollars: float


@dataclass(frozen=True)
class ReadBudgetInput:
    """How much is spent and left for an issue or pull request?"""

    repo: RepoRef
    number: int


@dataclass(frozen=True)
class MoneyReserved:
    """Of one run. `ends` is in seconds since 1970."""

    number: int
    dollars: float
    ends: float


@dataclass(frozen=True)
class SettledRun:
    """`granted` is what was reserved, `dollars` what counts. `assumed`: the run never said what it cost, so all that it
    might have spent counts. `month` is where it counts."""

    number: int
    granted: float
    dollars: float
    month: str
    assumed: bool = False


@dataclass(frozen=True)
class HeldBudget:
    """All that is kept of a repository. `spent` is what counted in `month` (`2026-11`), `by_number` what was ever spent
    for an issue or pull request, `raised` the caps that people set. `settled` are the newest runs. `caps` are those of
    the last run, None before the first."""

    month: str = ""
    spent: float = 0.0
    by_number: Mapping[int, float] = field(default_factory=dict)
    raised: Mapping[int, float] = field(default_factory=dict)
    reservations: Mapping[str, MoneyReserved] = field(default_factory=dict)
    settled: Mapping[str, SettledRun] = field(default_factory=dict)
    caps: BudgetCaps | None = None
