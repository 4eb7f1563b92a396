"""How fast the product is: each number beside a baseline of the same run, since machines differ and ratios less so.

One benchmark a file, which defines exactly one `Benchmark`; `python -m benchmarks [name …]` runs them.
What they need to run (repositories, loads, a deployment) is in `support/`.
"""

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from benchmarks.rows import Row

T = TypeVar("T")


@dataclass(frozen=True)
class Effort:
    """How much is measured. `rounds` 0 is the benchmark's own choice; `small` is the least that measures everything:
    it shows that a benchmark works, and its numbers mean nothing."""

    rounds: int = 0
    small: bool = False

    def times(self, usual: int) -> int:
        """The number of rounds, where `usual` is the benchmark's own choice."""
        return self.rounds or (1 if self.small else usual)


@dataclass(frozen=True)
class Benchmark(Generic[T]):
    """`setup` makes what is measured, in a folder that keeps environments and downloads between runs."""

    setup: Callable[[Path], AbstractAsyncContextManager[T]]
    measure: Callable[[T, Effort], Coroutine[None, None, list[Row]]]

    async def run(self, folder: Path, effort: Effort) -> list[Row]:
        """The whole benchmark."""
        async with self.setup(folder) as subject:
            return await self.measure(subject, effort)
