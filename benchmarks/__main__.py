"""`python -m benchmarks [--rounds N] [name …]`: runs all benchmarks, or those that are named, and prints one table.

Exit code 0: every goal is met; 1: one is not; 2: something could not be measured.
"""

import asyncio
import importlib
import os
import pkgutil
import sys
from pathlib import Path
from typing import Any

import click

import benchmarks
from benchmarks import Benchmark, Effort
from benchmarks.rows import Row
from benchmarks.table import show

_NOT_BENCHMARKS = ("__main__", "rows", "table")


def names() -> list[str]:
    """The benchmarks there are."""
    modules = pkgutil.iter_modules(benchmarks.__path__)
    return [info.name for info in modules if not info.ispkg and info.name not in _NOT_BENCHMARKS]


def load(name: str) -> Benchmark[Any]:
    """The one `Benchmark` of a module."""
    [found] = [
        value for value in vars(importlib.import_module(f"benchmarks.{name}")).values() if isinstance(value, Benchmark)
    ]
    return found


@click.command()
@click.argument("chosen", nargs=-1, type=click.Choice(names()), metavar="[NAME]…")
@click.option("--rounds", default=0, help="How often each number is taken (else each benchmark's own choice).")
@click.option("--small", is_flag=True, help="Only try whether everything can be measured; the numbers mean nothing.")
@click.option("--data", type=click.Path(path_type=Path), default=Path(".autobuild/bench"), help="Kept between runs.")
def main(chosen: tuple[str, ...], rounds: int, small: bool, data: Path) -> None:
    """Measure the product's speed against baselines of the same run."""
    rows: list[Row] = []
    failed = False
    for name in chosen or names():
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            rows += asyncio.run(load(name).run(data.resolve() / name, Effort(rounds, small)))
        except Exception as error:  # one that cannot be measured must not hide the others
            print(f"{name} could not be measured: {type(error).__name__}: {error}", file=sys.stderr)
            failed = True
    show(rows)
    sys.stdout.flush()
    # As `autobuild` itself: native threads may crash an interpreter that ends in the usual way.
    os._exit(2 if failed else 1 if any(row.met is False for row in rows) else 0)


if __name__ == "__main__":
    main()
