"""The numbers that the simulation of strategies takes, each with what it means and its option on the command line."""

from dataclasses import dataclass, field, fields


def _number(default: float, meaning: str, *, most: float = float("inf"), unit: str = "") -> float:
    """A field of `Assumptions`. `most` is 1 for what is a rate. `unit` is `$`, `min` or `h`, "" for a plain number."""
    shown: float = field(default=default, metadata={"meaning": meaning, "most": most, "unit": unit})
    return shown


@dataclass(frozen=True)
class Assumptions:
    """Defaults are round numbers near published ones for small issues. Raises ValueError for impossible ones."""

    dollars: float = _number(1.2, "What an attempt costs.", unit="$")
    minutes: float = _number(8.0, "How long an attempt takes, on average.", unit="min")
    spread: float = _number(0.5, "How much attempts differ in time: the standard deviation of the logarithm.")
    alike: float = _number(0.6, "How alike attempts at one issue are: the correlation of two results.", most=1)
    accepts_wrong: float = _number(0.15, "How often tests pass for a wrong change.", most=1)
    rejects_right: float = _number(0.03, "How often tests fail for a right change: they are flaky.", most=1)
    wrong_size: float = _number(1.0, "The size of wrong changes, as a multiple of right ones.")
    fixed_dollars: float = _number(1.0, "What design, plan and review cost once for an issue.", unit="$")
    cap: float = _number(4.0, "What an issue may cost on average.", unit="$")
    person: float = _number(25.0, "What an issue costs that is left to a person, or done wrong.", unit="$")
    workers: float = _number(3, "How many tasks of a plan are done at the same time.")
    conflict: float = _number(0.05, "How often two changes made side by side do not join.", most=1)
    planning_minutes: float = _number(0.5, "What a task adds to the time of planning.", unit="min")
    planning_dollars: float = _number(0.05, "What a task adds to the price of planning.", unit="$")
    hour: float = _number(10.0, "What an hour less of waiting is worth.", unit="$")

    def __post_init__(self) -> None:
        for each in fields(self):
            value, most = getattr(self, each.name), each.metadata["most"]
            if not 0 <= value <= most or value == float("inf"):
                raise ValueError(f"{each.name} is {value}, and has to be between 0 and {most}.")
        if not self.minutes or not self.wrong_size or self.workers < 1 or self.workers % 1:
            raise ValueError("minutes and wrong_size have to be above 0, and workers 1, 2 or more.")

    def rows(self) -> list[tuple[str, str, str]]:
        """Option, value, meaning."""
        return [(option(each.name), _shown(self, each.name), each.metadata["meaning"]) for each in fields(self)]


def option(name: str) -> str:
    """The option on the command line that sets a field."""
    return f"--{name.replace('_', '-')}"


def _shown(given: Assumptions, name: str) -> str:
    value, unit = getattr(given, name), given.__dataclass_fields__[name].metadata["unit"]
    return f"${value:.2f}" if unit == "$" else f"{value:g} {unit}".strip()
