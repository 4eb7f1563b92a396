"""One source of metrics, logs or calls between services a file: a server's API, or files.

The module defines one `DataSource`. A source that is slow, partial or down gives what it has, and says so.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

from activities.incidents.data import CallGraph, LogTable, MetricTable
from activities.incidents.deployment import IncidentDeployment
from activities.incidents.types import IncidentScope
from activities.plugins import load

T = TypeVar("T", MetricTable, LogTable, CallGraph)


@dataclass(frozen=True)
class Fetched(Generic[T]):
    """`found` is None where there is nothing; `problem` is a sentence where there is less than was asked for."""

    found: T | None = None
    problem: str = ""


@dataclass(frozen=True)
class DataSource:
    """What it can give; each is None where it cannot. `serves`: whether this deployment has it, for this scope."""

    name: str
    serves: Callable[[IncidentDeployment, IncidentScope], bool]
    metrics: Callable[[IncidentDeployment, IncidentScope], Awaitable[Fetched[MetricTable]]] | None = None
    logs: Callable[[IncidentDeployment, IncidentScope], Awaitable[Fetched[LogTable]]] | None = None
    calls: Callable[[IncidentDeployment, IncidentScope], Awaitable[Fetched[CallGraph]]] | None = None


@cache
def registry() -> dict[str, DataSource]:
    """Every source by its name."""
    import activities.sources as package

    return load(package, DataSource)
