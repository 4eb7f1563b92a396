"""What all sources of a deployment have for an incident, merged and kept on this host."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from activities import sources
from activities.incidents.data import CallEdge, CallGraph, LogTable, MetricSeries, MetricTable
from activities.incidents.deployment import IncidentDeployment
from activities.incidents.store import IncidentStore
from activities.incidents.types import DataView, FetchResult, IncidentScope
from activities.reporting.wording import shortened
from activities.sources import DataSource, Fetched

T = TypeVar("T", MetricTable, LogTable, CallGraph)

_LONGEST_PROBLEM = 500
_log = logging.getLogger("autobuild.incidents")


class IncidentFetcher:
    """A source that fails, fails alone: the result says so. Fetched again, what was there is replaced."""

    def __init__(self, deployment: IncidentDeployment, store: IncidentStore) -> None:
        self._deployment = deployment
        self._store = store

    async def fetch_metrics(self, scope: IncidentScope) -> FetchResult:
        """From every source that has metrics of the scope."""
        found, names, problem = await self._all(scope, "metrics", lambda source: source.metrics)
        table = await asyncio.to_thread(merged_metrics, found) if found else None
        if table:
            await asyncio.to_thread(self._store.put_metrics, scope.incident, table)
        return FetchResult(len(table.series) if table else 0, problem, names)

    async def fetch_logs(self, scope: IncidentScope) -> FetchResult:
        """From every source that has logs of the scope."""
        found, names, problem = await self._all(scope, "logs", lambda source: source.logs)
        logs = await asyncio.to_thread(merged_logs, found) if found else None
        if logs:
            await asyncio.to_thread(self._store.put_logs, scope.incident, logs)
        return FetchResult(logs.lines.height if logs else 0, problem, names)

    async def fetch_calls(self, scope: IncidentScope) -> FetchResult:
        """From every source that knows who calls whom: the one that knows most of an edge counts for it."""
        found, names, problem = await self._all(scope, "topology", lambda source: source.calls)
        graph = merged_calls(found)
        if graph.edges:
            await asyncio.to_thread(self._store.put, scope.incident, "calls", graph)
        return FetchResult(len(graph.edges), problem, names)

    async def _all(
        self,
        scope: IncidentScope,
        view: DataView,
        part: Callable[[DataSource], Callable[[IncidentDeployment, IncidentScope], Awaitable[Fetched[T]]] | None],
    ) -> tuple[list[T], tuple[str, ...], str]:
        """(what was found, the names of the sources, the sentence what is missing)."""
        asked = {
            name: fetch
            for name, source in sources.registry().items()
            if (fetch := part(source)) and source.serves(self._deployment, scope)
        }
        answers = await asyncio.gather(*(self._one(name, fetch, scope) for name, fetch in asked.items()))
        found = [each.found for each in answers if each.found is not None]
        problem = shortened(" ".join(each.problem for each in answers if each.problem), _LONGEST_PROBLEM)
        if not asked:
            problem = f"No source of {_WHAT[view]} is configured."
        await asyncio.to_thread(self._note, scope.incident, view, problem)
        return found, tuple(asked), problem

    async def _one(
        self,
        name: str,
        fetch: Callable[[IncidentDeployment, IncidentScope], Awaitable[Fetched[T]]],
        scope: IncidentScope,
    ) -> Fetched[T]:
        try:
            return await fetch(self._deployment, scope)
        except Exception as error:
            _log.warning("source=%s incident=%s failed=%s", name, scope.incident, type(error).__name__, exc_info=True)
            return Fetched(problem=f"The source {name} failed. Whoever runs this deployment finds why in the log.")

    def _note(self, incident: str, view: DataView, problem: str) -> None:
        """A file for each view: they are fetched at the same time."""
        self._store.put(incident, f"problem-{view}", problem)


_WHAT: dict[DataView, str] = {"metrics": "metrics", "logs": "logs", "topology": "calls between services"}


def merged_metrics(tables: Sequence[MetricTable]) -> MetricTable:
    """On the time grid of the table with most samples; a series that two have is the first's. Others get the nearest
    sample within half a step of theirs."""
    import numpy as np

    ordered = sorted(tables, key=lambda one: -one.values.size)
    base, series, rows = ordered[0], list(ordered[0].series), [ordered[0].values]
    known = {_name(one) for one in series}
    for table in ordered[1:]:
        new = [at for at, one in enumerate(table.series) if _name(one) not in known]
        if not new or not table.times.size or not base.times.size:
            continue
        nearest = np.clip(np.searchsorted(table.times, base.times), 1, max(table.times.size - 1, 1))
        before = nearest - 1
        after = np.minimum(nearest, table.times.size - 1)
        at = np.where(base.times - table.times[before] <= table.times[after] - base.times, before, after)
        step = float(np.median(np.diff(table.times))) if table.times.size > 1 else 60.0
        own = float(np.median(np.diff(base.times))) if base.times.size > 1 else step
        far = np.abs(table.times[at] - base.times) > max(step, own) / 2 + 1e-6
        values = table.values[new][:, at].astype(float)
        values[:, far] = np.nan
        rows.append(values)
        series += [table.series[one] for one in new]
        known |= {_name(table.series[one]) for one in new}
    return MetricTable(base.times, np.vstack(rows), tuple(series))


def _name(one: MetricSeries) -> str:
    labels = (f"{key}={one.labels[key]}" for key in sorted(one.labels))
    return "\0".join((one.service, one.metric, one.instance, *labels))


def merged_logs(tables: Sequence[LogTable]) -> LogTable:
    """In the order of their times; lines without one keep their places at the end."""
    import polars as pl

    lines = pl.concat([one.lines for one in tables], how="vertical").sort("time", nulls_last=True, maintain_order=True)
    return LogTable(lines, sum(one.left_out for one in tables))


def merged_calls(graphs: Sequence[CallGraph]) -> CallGraph:
    """Each edge once: the one with measured times, else the first."""
    edges: dict[tuple[str, str], CallEdge] = {}
    for graph in graphs:
        for edge in graph.edges:
            key = (edge.caller, edge.callee)
            if key not in edges or (edges[key].client_ms is None and edge.client_ms is not None):
                edges[key] = edge
    return CallGraph(tuple(edges.values()), ", ".join(dict.fromkeys(one.source for one in graphs if one.source)))
