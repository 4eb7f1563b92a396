"""`python -m benchmarks.incidents [--seeds N] [--data FOLDER]`: the scorecard over generated faults and the time of a
large incident, or the ranking of the causes in public fault data.

Exit code 0: the goals are met; 1: one is not.
"""

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks.incidents.cases import KINDS, FaultKind
from benchmarks.incidents.public_data import cases_in
from benchmarks.incidents.report import missed, ranking_rows, rows
from benchmarks.incidents.runs import outcomes_of
from benchmarks.incidents.scorecard import learned_from, outcome, said_again, scorecard
from benchmarks.incidents.speed import large_incident, seconds_for

FIRST_SEED = 5000
"""The constants of the consensus were chosen by seeds below 5000."""

MOST_SECONDS = 10.0


@click.command()
@click.option("--seeds", default=40, help="So many cases of each kind of fault.")
@click.option("--first", default=FIRST_SEED, help="The first seed.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only these kinds.")
@click.option("--labelled", default=0, help="First take so many other cases of each kind as labelled outcomes.")
@click.option(
    "--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Public fault data, instead."
)
@click.option("--as-recorded", is_flag=True, help="With --data: usual samples of another month keep their level.")
@click.option("--markdown", is_flag=True, help="Print the table as Markdown.")
@click.option("--speed/--no-speed", default=True, help="Also measure a large incident.")
def main(
    seeds: int, first: int, kinds: tuple[FaultKind, ...], labelled: int, data: Path | None, *, as_recorded: bool,
    markdown: bool, speed: bool,
) -> None:  # fmt: skip
    """Diagnose incidents whose cause is known, and count what is right."""
    if data:
        found = [outcome(case) for case in cases_in(data, levelled=not as_recorded)]
        show(list(ranking_rows(found)), markdown=markdown)
        sys.exit(0 if found else 1)
    outcomes = outcomes_of(kinds or KINDS, range(first, first + seeds))
    if labelled:
        learned = learned_from(outcomes_of(kinds or KINDS, range(labelled)))
        outcomes = [said_again(one, learned) for one in outcomes]
    show(list(rows(outcomes)), markdown=markdown)
    problems = missed(scorecard(outcomes))
    if speed:
        took = seconds_for(large_incident())
        print(f"A large incident took {took:.1f} s.")
        problems += [f"That should be at most {MOST_SECONDS:g} s."] if took > MOST_SECONDS else []
    for each in problems:
        print(each)
    sys.exit(1 if problems else 0)


def show(found: list[tuple[str, ...]], *, markdown: bool) -> None:
    """On the terminal, the first row as heads."""
    heads, *body = found
    if markdown:
        print("\n".join("| " + " | ".join(row) + " |" for row in (heads, tuple("---" for _ in heads), *body)))
        return
    table = Table(box=None, pad_edge=False)
    for at, head in enumerate(heads):
        table.add_column(head, justify="right" if at else "left")
    for row in body:
        table.add_row(*row)
    Console(width=150, highlight=False).print(table)


if __name__ == "__main__":
    main()
