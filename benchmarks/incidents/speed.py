"""How long a large incident takes: 50 services with 20 series each, two hours at 15 s, and a million log lines."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from activities.incidents.data import IncidentData, LogTable, MetricSeries, MetricTable
from benchmarks.incidents.generator import generated
from benchmarks.incidents.scorecard import outcome

if TYPE_CHECKING:
    import polars as pl

SERVICES, SERIES, LINES = 50, 20, 1_000_000


def large_incident(seed: int = 1, lines: int = LINES) -> IncidentData:
    """One of a bad deployment; its metrics are filled up to twenty series a service."""
    found = generated("bad_deployment", seed, (SERVICES, SERVICES), lines).data
    assert found.metrics
    assert found.logs
    return replace(found, metrics=_filled(found.metrics), logs=LogTable(_many(found.logs.lines, lines)))


def seconds_for(data: IncidentData) -> float:
    """From the data to the consensus, as one process does it."""
    from benchmarks.incidents.cases import IncidentCase

    begun = time.perf_counter()
    outcome(IncidentCase("bad_deployment", 0, data))
    return time.perf_counter() - begun


def _filled(table: MetricTable) -> MetricTable:
    import numpy as np

    rng = np.random.default_rng(1)
    series, rows = list(table.series), list(table.values)
    for name in dict.fromkeys(one.service for one in table.series):
        for number in range(SERIES - sum(one.service == name for one in table.series)):
            series.append(MetricSeries(name, f"other_{number}"))
            rows.append(rng.lognormal(1, 0.3, len(table.times)))
    return MetricTable(table.times, np.array(rows), tuple(series))


def _many(lines: "pl.DataFrame", wanted: int) -> "pl.DataFrame":
    """The generated lines over again, with their numbers, until there are enough."""
    import polars as pl

    times = -(-wanted // max(len(lines), 1))
    copies = [lines.with_columns(pl.col("text") + f" seq={number}") for number in range(times)]
    return pl.concat(copies).sort("time").head(wanted)
