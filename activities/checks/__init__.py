"""One quality check a file: which tools answer it, and what of the base they are compared with.

A check's file name is its name everywhere: in `.github/autobuild.yml`, in the check run's name, on the
command line. It defines exactly one `Check`. How a tool runs, what is cached and how the verdict is
reached lie outside; a check only says what must be measured.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from activities.model import ToolReport
from activities.plugins import load
from activities.tooling import Project, Tool


@dataclass(frozen=True)
class Work:
    """One tool on one project."""

    project: Project
    tool: Tool


class Side(Protocol):
    """One of the two trees that are compared."""

    async def work(self, check: str) -> Sequence[Work]:
        """The tools that answer a check on this tree."""

    async def run(self, work: Work, options: Mapping[str, object] | None = None) -> ToolReport:
        """The tool's report: the stored one where this tree, tool and options have been seen, else by running
        it. `options` are added to the check's own. Two that ask for the same thing share one run."""

    async def stored(self, work: Work, options: Mapping[str, object] | None = None) -> ToolReport | None:
        """The stored report, or None: nothing is started."""


@dataclass(frozen=True)
class Measured:
    """What the tools said of the head, and of the base as far as it was needed."""

    head: tuple[ToolReport, ...]
    base: tuple[ToolReport, ...] = ()


Measure = Callable[[Side, Side | None, Mapping[str, object]], Awaitable[Measured]]
"""(head, base or None where there is nothing to compare with, the check's options)."""


@dataclass(frozen=True)
class Check:
    """`without` is the sentence for a repository in which nothing answers the check. `misses`: it applies as well
    where only the base has something that answers it, since taking the tests away is no way to pass."""

    name: str
    without: str
    measure: Measure
    misses: bool = False


@cache
def registry() -> dict[str, Check]:
    """Every check by its name."""
    import activities.checks as package

    return load(package, Check)
