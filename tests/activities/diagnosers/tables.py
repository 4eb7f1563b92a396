"""Metrics of services as a Prometheus gives them, from seeds: noise of several sorts, and faults upon it."""

from collections.abc import Mapping, Sequence

import numpy as np

from activities.incidents.data import CallGraph, IncidentData, MetricSeries, MetricTable
from activities.incidents.types import Alert, IncidentScope

BEGIN = 1_700_000_000.0
STEP = 15.0
SAMPLES = 480
ONSET = BEGIN + 420 * STEP
METRICS = ("cpu_usage", "memory_bytes", "disk_io_time", "requests_rate", "latency_p99", "error_ratio")

Levels = Mapping[str, float]


def noise(seed: int, services: int, metrics: Sequence[str] = METRICS, sort: str = "plain") -> MetricTable:
    """`services` services called `s0`, `s1` …, each with one series of each metric around 100."""
    random = np.random.default_rng(seed)
    rows = services * len(metrics)
    values: np.ndarray = random.normal(size=(rows, SAMPLES))
    minutes = np.arange(SAMPLES) * STEP / 60
    phase = random.uniform(size=(rows, 1))
    if sort == "correlated":
        for column in range(1, SAMPLES):
            values[:, column] += 0.9 * values[:, column - 1]
    elif sort == "spikes":
        values = random.standard_t(2.5, size=values.shape)
    elif sort == "skewed":
        values = np.exp(values)
    elif sort == "hourly":
        values += 4 * np.sin(2 * np.pi * (minutes / 60 + phase))
    elif sort == "daily":
        values += 20 * np.sin(2 * np.pi * (minutes / 1440 + phase))
    elif sort == "drift":
        values += 0.02 * np.arange(SAMPLES)
    elif sort == "jobs":  # every half hour, for two minutes
        values += 15 * ((minutes + 30 * phase) % 30 < 2)
    elif sort == "rare":
        values = random.poisson(0.1, size=values.shape) - 20.0
    elif sort == "gaps":
        values[random.uniform(size=values.shape) < 0.3] = np.nan
    elif sort == "every minute":
        values[:, np.arange(SAMPLES) % 4 > 0] = np.nan
    series = tuple(MetricSeries(f"s{row // len(metrics)}", metrics[row % len(metrics)]) for row in range(rows))
    return MetricTable(BEGIN + STEP * np.arange(SAMPLES), 100 + 5 * values, series)


def shape(sort: str = "step", start: int = 400) -> np.ndarray:
    """From 0 to 1 over time: how a fault comes, and whether it goes."""
    columns = np.arange(SAMPLES)
    if sort == "ramp":
        return np.clip((columns - start) / 30, 0.0, 1.0)
    return ((columns >= start) & (columns < (start + 40 if sort == "over" else SAMPLES))).astype(float)


def with_faults(table: MetricTable, faults: Mapping[tuple[str, str], float], over: np.ndarray) -> MetricTable:
    """(service, metric) → how much more of it there is, in its interquartile range."""
    values = table.values.copy()
    for row, one in enumerate(table.series):
        if (size := faults.get((one.service, one.metric))) is not None:
            low, high = np.nanpercentile(values[row, :400], [25, 75])
            values[row] += size * (high - low) * over
    return MetricTable(table.times, values, table.series)


def rows(values: Mapping[tuple[str, str], np.ndarray], times: np.ndarray | None = None) -> MetricTable:
    """(service, metric) → its samples."""
    length = len(next(iter(values.values()), ()))
    matrix = np.array(list(values.values()), dtype=float).reshape(len(values), length)
    series = tuple(MetricSeries(service, metric) for service, metric in values)
    return MetricTable(BEGIN + STEP * np.arange(length) if times is None else times, matrix, series)


def incident(
    table: MetricTable | None, service: str = "s0", onset: float = ONSET, calls: CallGraph | None = None
) -> IncidentData:
    """What a diagnoser is given."""
    services = tuple(dict.fromkeys([service, *(one.service for one in (table.series if table else ()))]))
    scope = IncidentScope("incident:test:1", service, services, onset, BEGIN, BEGIN + SAMPLES * STEP)
    return IncidentData(scope, Alert("test", "1", "Slow", service, starts_at=onset), table, calls=calls)
