"""What several candidates for a change bring, and where parallel tasks stop paying: a seeded simulation.

`python -m benchmarks.build.simulation` prints its tables, with `--markdown` as `docs/strategies.md` has them. Each
assumption is an option. The models are in `candidates_model.py` and `plans_model.py`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from benchmarks.build.assumptions import Assumptions, option
from benchmarks.build.candidates_model import Strategies, StrategyOutcome, simulate_attempts
from benchmarks.build.plans_model import PlanOutcome, simulate_plans

RATES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
MOST = 5
ALIKE = (0.0, 0.2, 0.4, 0.6, 0.8)
SIZES = (2, 3, 4, 6, 8, 12)
OVERLAPS = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8)
CONFLICTS = (0.0, 0.05, 0.1, 0.2, 0.4)
PAYS = 0.9
"""Parallel tasks pay where they take at most this much of the time in sequence."""

ISSUES, PLANS, SEED = 10_000, 1000, 1

Row = tuple[str, ...]


@dataclass(frozen=True)
class Simulation:
    """The tables for some assumptions. A table is rows of text, the first its heads."""

    given: Assumptions = field(default_factory=Assumptions)
    rates: tuple[float, ...] = RATES
    seed: int = SEED

    def tables(self) -> Mapping[str, Callable[[], Sequence[Row]]]:
        """By their names in the documentation."""
        candidates = (self.right, self.price, self.time, self.best, self.what_if)
        found = (self.answers, self.numbers, *candidates, self.plans, self.limits)
        return {f"strategy_{one.__name__}": one for one in found}

    def answers(self) -> list[Row]:
        """What follows, in sentences."""
        return [("Question", "Answer"), *_candidate_answers(self), *_plan_answers(self)]

    def numbers(self) -> list[Row]:
        """What is assumed."""
        return [
            ("Option", "Value", "Meaning"),
            *((f"`{name}`", value, meaning) for name, value, meaning in self.given.rows()),
            ("`--seed`", str(self.seed), f"Simulated are {ISSUES:,} issues and {PLANS:,} plans for each number."),
        ]

    def right(self) -> list[Row]:
        """Right changes of 100 issues, and those that pass and are wrong."""
        return self._by_rate("Solve rate", lambda found, at: _right_and_wrong(found.at_once[at]))

    def price(self) -> list[Row]:
        """Dollars for a right change: all at once / in turn."""
        return self._by_rate(
            "Solve rate", lambda found, at: f"{_dollars(found.at_once[at])} / {_dollars(found.in_turn[at])}"
        )

    def time(self) -> list[Row]:
        """Minutes for an issue: all at once / in turn."""
        return self._by_rate(
            "Solve rate", lambda found, at: f"{found.at_once[at].minutes:.0f} / {found.in_turn[at].minutes:.0f}"
        )

    def best(self) -> list[Row]:
        """The best number of attempts: all at once / in turn."""
        given = self.given
        heads = (
            "Solve rate", "Cheapest right change", f"Most right changes for ${given.cap:.2f}",
            f"Cheapest where a person costs ${given.person:.2f}",
        )  # fmt: skip
        rows: list[Row] = [heads]
        for rate in self.rates:
            found = self.strategies(rate)
            sides = (found.at_once, found.in_turn)
            cheapest = (_best(one, lambda each: -each.dollars_each) for one in sides)
            rightest = (_most_right(one, given.cap) for one in sides)
            with_person = (_best(one, lambda each: -each.dollars_with_person(given.person)) for one in sides)
            rows.append((_percent(rate), *(" / ".join(map(str, one)) for one in (cheapest, rightest, with_person))))
        return rows

    def what_if(self) -> list[Row]:
        """Right changes of 100 issues, and wrong ones that pass, at a solve rate of a half, under other assumptions."""
        given = self.given
        variants = [("as above", given)]
        variants += [(f"`--alike {alike:g}`", replace(given, alike=alike)) for alike in ALIKE]
        for name, values in (("accepts_wrong", (0.02, 0.3)), ("rejects_right", (0.2,)), ("wrong_size", (3.0,))):
            changes: list[dict[str, Any]] = [{name: value} for value in values]
            variants += [(f"`{option(name)} {one[name]:g}`", replace(given, **one)) for one in changes]
        rows = [("Assumption", *_counts())]
        for name, other in variants:
            found = replace(self, given=other).strategies(0.5)
            rows.append((name, *(_right_and_wrong(one) for one in found.at_once)))
        return rows

    def plans(self) -> list[Row]:
        """Time of parallel tasks as a part of the time in sequence, and what they cost more."""
        rows = [("Tasks", *(f"{_percent(one)} share a file" for one in OVERLAPS))]
        for tasks in SIZES:
            found = (self.plan(tasks, overlap) for overlap in OVERLAPS)
            rows.append((str(tasks), *(f"{_percent(one.minutes_ratio)} ({_more(one)})" for one in found)))
        return rows

    def limits(self) -> list[Row]:
        """How many pairs of tasks may share a file, until parallel tasks pay no longer."""
        rows = [("Tasks", *(f"{_percent(conflict)} do not join" for conflict in CONFLICTS))]
        rows += [(str(tasks), *(_limit(self.limit(tasks, one)) for one in CONFLICTS)) for tasks in SIZES]
        return rows

    def limit(self, tasks: int, conflict: float) -> float:
        """The largest overlap, to a hundredth, with which parallel tasks pay; -1 where they never do."""
        other = replace(self, given=replace(self.given, conflict=conflict))
        low, high = -1, 100
        while low < high:
            middle = (low + high + 1) // 2
            if other.plan(tasks, middle / 100).minutes_ratio <= PAYS:
                low = middle
            else:
                high = middle - 1
        return low / 100

    def strategies(self, rate: float) -> Strategies:
        """Simulated once for the same numbers."""
        return _attempts(self.given, rate, self.seed)

    def plan(self, tasks: int, overlap: float) -> PlanOutcome:
        """Simulated once for the same numbers."""
        return _plans(self.given, tasks, overlap, self.seed)

    def _by_rate(self, head: str, cell: Callable[[Strategies, int], str]) -> list[Row]:
        rows: list[Row] = [(head, *_counts())]
        for rate in self.rates:
            found = self.strategies(rate)
            rows.append((_percent(rate), *(cell(found, at) for at in range(MOST))))
        return rows


@cache
def _attempts(given: Assumptions, rate: float, seed: int) -> Strategies:
    return simulate_attempts(given, rate, MOST, ISSUES, seed)


@cache
def _plans(given: Assumptions, tasks: int, overlap: float, seed: int) -> PlanOutcome:
    return simulate_plans(given, tasks, overlap, PLANS, seed)


def _candidate_answers(simulation: Simulation) -> Iterator[Row]:
    person, ends = simulation.given.person, (min(simulation.rates), max(simulation.rates))
    found = {rate: simulation.strategies(rate) for rate in simulation.rates}
    right, wrong, turns = [], [], []
    for rate in ends:
        first, at_once, in_turn = found[rate].at_once[0], found[rate].at_once[2], found[rate].in_turn[2]
        right.append(f"{100 * (at_once.right - first.right):+.0f} at {_percent(rate)}")
        wrong.append(f"{100 * (at_once.wrong - first.wrong):+.0f} at {_percent(rate)}")
        turns.append(
            f"at {_percent(rate)}, {100 * in_turn.right:.0f} right changes rather than {100 * at_once.right:.0f}, "
            f"for {_percent(in_turn.dollars / at_once.dollars)} of the money and "
            f"in {_percent(in_turn.minutes / at_once.minutes)} of the time"
        )
    yield "What do three candidates bring?", f"Right changes of 100 issues: {', '.join(right)}."
    yield "What do they let through?", f"Wrong changes that pass the tests, of 100 issues: {', '.join(wrong)}."
    yield "And three attempts in turn?", f"Of 100 issues: {'; '.join(turns)}."
    counts = [_best(one.at_once, lambda each: -each.dollars_with_person(person)) for one in found.values()]
    yield f"How many candidates, where a person's work costs ${person:.2f}?", f"{_range(counts)} at these solve rates."


def _plan_answers(simulation: Simulation) -> Iterator[Row]:
    given, small, large = simulation.given, SIZES[0], SIZES[-1]
    limits = [_limit(simulation.limit(tasks, given.conflict)) for tasks in (small, large)]
    yield (
        f"Up to where do {given.workers:g} tasks at a time end {_percent(1 - PAYS)} earlier?",
        f"Pairs that share a file: {limits[0]} in plans of {small} tasks, {limits[1]} in plans of {large}.",
    )
    paying = [one for one in OVERLAPS if all(simulation.plan(tasks, one).saved(given.hour) > 0 for tasks in SIZES)]
    yield (
        f"And where an hour of waiting is worth ${given.hour:.2f}?",
        f"Plans of all these sizes pay, where up to {_percent(max(paying))} of pairs share a file."
        if paying
        else "Not all plans of these sizes pay.",
    )


def _counts() -> Row:
    return tuple(f"{count} attempt{'s' if count > 1 else ''}" for count in range(1, MOST + 1))


def _best(outcomes: Sequence[StrategyOutcome], worth: Callable[[StrategyOutcome], float]) -> int:
    """The number of attempts; of equal ones the smallest."""
    return max(range(len(outcomes)), key=lambda at: (worth(outcomes[at]), -at)) + 1


def _most_right(outcomes: Sequence[StrategyOutcome], cap: float) -> str:
    allowed = [one for one in outcomes if one.dollars <= cap]
    return str(_best(allowed, lambda one: one.right)) if allowed else "none"


def _right_and_wrong(one: StrategyOutcome) -> str:
    return f"{100 * one.right:.0f} ({100 * one.wrong:.0f} wrong)"


def _range(counts: Sequence[int]) -> str:
    return f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"


def _more(one: PlanOutcome) -> str:
    return f"{100 * (one.dollars_ratio - 1):+.0f} % dollars"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _dollars(one: StrategyOutcome) -> str:
    return f"${one.dollars_each:.2f}" if one.right else "none"


def _limit(overlap: float) -> str:
    return "never" if overlap < 0 else _percent(overlap)


def with_assumptions(command: Callable[..., None]) -> Callable[..., None]:
    """An option for each of them."""
    for each in reversed(fields(Assumptions)):
        command = click.option(
            option(each.name), type=float, default=each.default, show_default=True, help=each.metadata["meaning"]
        )(command)
    return command


@click.command()
@click.option("--markdown", is_flag=True, help="As the documentation has them.")
@click.option("--solve-rate", "rates", type=click.FloatRange(0, 1), multiple=True, default=RATES, show_default=True)
@click.option("--seed", default=SEED, show_default=True)
@with_assumptions
def main(*, markdown: bool, rates: tuple[float, ...], seed: int, **given: float) -> None:
    """Print what strategies bring, by a simulation."""
    try:
        simulation = Simulation(Assumptions(**given), rates, seed)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    console = Console()
    for name, table in simulation.tables().items():
        head, *rows = table()
        if markdown:
            lines = (head, tuple("---" for _ in head), *rows)
            text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
            click.echo(f"<!-- table: {name} -->\n{text}<!-- /table -->\n")
        else:
            shown = Table(*head, title=(table.__doc__ or "").strip(), title_justify="left")
            for row in rows:
                shown.add_row(*(cell.replace("`", "") for cell in row))
            console.print(shown)


if __name__ == "__main__":
    main()
