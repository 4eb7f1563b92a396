"""All rows as one table on the terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from benchmarks.rows import Row

_NUMBERS = ("measured", "baseline", "ratio")
_MET = {True: "yes", False: "NO", None: ""}


def show(rows: Iterable[Row]) -> None:
    """Name, measured, baseline, ratio, goal, and whether it is met."""
    table = Table(box=None, pad_edge=False)
    for title in ("what", "measured", "baseline", "ratio", "goal", "met", "the baseline is"):
        table.add_column(title, justify="right" if title in _NUMBERS else "left", overflow="fold")
    for row in rows:
        table.add_row(*_cells(row))
    Console(emoji=False, highlight=False, width=150).print(table)


def _cells(row: Row) -> tuple[str, ...]:
    goal = row.goal.words(row.unit) if row.goal else ""
    numbers = (_number(row.measured, row.unit), _number(row.baseline, row.unit))
    return (row.name, *numbers, f"{row.ratio:.2f}", goal, _MET[row.met], row.against)


def _number(value: float, unit: str) -> str:
    digits = 0 if value == int(value) or value >= 100 else 2 if value >= 0.1 else 4
    return f"{value:.{digits}f} {unit}".strip()
