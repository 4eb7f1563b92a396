"""How fast the product is: each number beside a baseline of the same run, since machines differ and ratios less so.

One benchmark a file, which defines exactly one `Benchmark`; `python -m benchmarks [name …]` runs them.
What they need to run (a repository, a load, a stack) is in `props/`.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.rows import Row


@dataclass(frozen=True)
class Benchmark:
    """`run` takes a folder, which keeps environments and downloads between runs, and the number of rounds (0: the
    benchmark's own choice)."""

    run: Callable[[Path, int], Coroutine[Any, Any, list[Row]]]
