"""What a monitoring system shows of the true numbers: names of several habits, gaps, lost samples, and series that have
nothing to do with anything."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from activities.incidents.data import MetricSeries, MetricTable
from benchmarks.incidents.services import ServiceGraph
from benchmarks.incidents.simulated import ServiceNumbers, wandering

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class MetricHabit:
    """How one organisation names its metrics, and in which unit of a millisecond, a share and a byte it counts."""

    names: dict[str, str]
    ms: float = 1.0
    share: float = 1.0
    size: float = 1.0


_KEYS: Final = (
    "rate", "latency", "p99", "errors", "cpu", "memory", "disk", "network", "queued", "threads", "gc"
)  # fmt: skip
_HABITS: Final = (
    MetricHabit(
        dict(zip(_KEYS, (
            "http_requests_per_second", "http_request_duration_seconds_mean", "http_request_duration_seconds_p99",
            "http_requests_failed_ratio", "container_cpu_usage_seconds", "container_memory_working_set_bytes",
            "container_fs_usage_bytes", "node_network_tcp_retransmits", "http_requests_in_flight", "process_threads",
            "gc_pause_seconds",
        ), strict=True)),
        ms=0.001,
    ),
    MetricHabit(
        dict(zip(_KEYS, (
            "workload", "latency_p50", "latency_p90", "error", "cpu", "mem", "diskio", "socket_loss", "queue_length",
            "thread_count", "gc_time",
        ), strict=True)),
        size=1e-6,
    ),
    MetricHabit(
        dict(zip(_KEYS, (
            "rps", "response_time_ms", "response_time_p95_ms", "status_5xx_percent", "cpu_utilization_percent",
            "heap_used_mb", "disk_used_gb", "packets_dropped", "active_connections", "goroutines", "gc_ms",
        ), strict=True)),
        share=100, size=1e-6,
    ),
)  # fmt: skip
_OTHERS: Final = (
    "config_reload_success", "cache_hit_ratio", "open_file_descriptors", "build_info", "db_pool_idle",
    "log_bytes_written",
    "scrape_samples", "context_switches", "page_cache_bytes", "jobs_done", "clock_offset", "tls_handshakes",
)  # fmt: skip


def measured(
    rng: "np.random.Generator", graph: ServiceGraph, numbers: ServiceNumbers, one_instance: frozenset[int]
) -> MetricTable:
    """At most twenty series a service. `one_instance`: services of which one instance alone has the fault."""
    import numpy as np

    habit = _HABITS[rng.integers(len(_HABITS))]
    per_instance = rng.random() < 0.6
    series: list[MetricSeries] = []
    rows: list[np.ndarray] = []
    for at, name in enumerate(graph.names):
        shown = _shown(rng, numbers, at, habit)
        for key, values in shown.items():
            if key in ("cpu", "memory") and per_instance and graph.instances[at] > 1:
                split = _per_instance(rng, values, graph.instances[at], key, at in one_instance)
                for number, part in enumerate(split):
                    series.append(MetricSeries(name, habit.names[key], f"{name}-{number}"))
                    rows.append(part)
            else:
                series.append(MetricSeries(name, habit.names[key]))
                rows.append(values)
        for other in rng.choice(_OTHERS, size=rng.integers(0, 8), replace=False):
            series.append(MetricSeries(name, str(other)))
            rows.append(_unrelated(rng, len(numbers.times)))
    values = np.array(rows)
    _lose(rng, values, [one.service for one in series])
    return MetricTable(numbers.times, values, tuple(series))


def _shown(rng: "np.random.Generator", numbers: ServiceNumbers, at: int, habit: MetricHabit) -> "dict[str, np.ndarray]":
    import numpy as np

    steps = len(numbers.times)

    def noise(sigma: float) -> np.ndarray:
        return np.asarray(np.exp(rng.standard_normal(steps) * sigma))

    few = 1 / np.sqrt(np.maximum(numbers.rate[at], 0.05) * 15)
    counted = np.clip(numbers.errors[at] + rng.standard_normal(steps) * np.sqrt(numbers.errors[at]) * few, 0, 1)
    found = {
        "rate": numbers.rate[at] * noise(0.02),
        "latency": numbers.total_ms[at] * noise(0.03) * habit.ms,
        "p99": numbers.total_ms[at] * rng.uniform(2, 4) * noise(0.15) * habit.ms,
        "errors": counted * habit.share,
        "cpu": numbers.cpu[at] * noise(0.03) * habit.share,
        "memory": numbers.memory[at] * noise(0.003) * habit.size,
        "disk": numbers.disk[at] * habit.size,
        "network": numbers.lost[at] * noise(0.2),
        "queued": np.round(numbers.queued[at] * noise(0.1)),
        "threads": np.round(20 + 8 * np.log1p(numbers.queued[at]) + rng.standard_normal(steps)),
        "gc": rng.uniform(1, 5) * (numbers.memory[at] / numbers.memory[at][0]) ** 3 * noise(0.3),
    }
    usual = {"rate": 0.97, "latency": 0.85, "p99": 0.8, "errors": 0.95, "cpu": 0.95, "memory": 0.95}
    return {key: values for key, values in found.items() if rng.random() < usual.get(key, 0.5)}


def _per_instance(
    rng: "np.random.Generator", values: "np.ndarray", count: int, key: str, one: bool
) -> "list[np.ndarray]":
    """Each near the whole; where one instance alone has the fault, the others stay as they were at first."""
    import numpy as np

    parts = [
        values * np.exp(rng.standard_normal(len(values)) * (0.04 if key == "cpu" else 0.004)) for _ in range(count)
    ]
    if one:
        calm = np.median(values[: len(values) // 2])
        excess = values - calm
        late = np.arange(len(values)) > len(values) // 2
        parts[0] = parts[0] + np.where(late, excess, 0)
        parts[1:] = [np.where(late, part - excess, part) for part in parts[1:]]
    return parts


def _unrelated(rng: "np.random.Generator", steps: int) -> "np.ndarray":
    """Constant, counting up, noisy, wandering, or jumping for no reason that matters."""
    import numpy as np

    kind = rng.integers(5)
    if kind == 0:
        return np.full(steps, float(rng.integers(0, 3)))
    if kind == 1:
        return np.asarray(np.cumsum(rng.random(steps)))
    if kind == 2:
        return np.asarray(rng.lognormal(1, 0.6, steps))
    if kind == 3:
        return np.asarray(50 + np.cumsum(rng.standard_normal(steps)))
    return np.asarray(10 * np.exp(wandering(rng, 1, steps, 0.2, 0.9)[0]))


def _lose(rng: "np.random.Generator", values: "np.ndarray", services: list[str]) -> None:
    """In place: single samples, and whole minutes of a service that was not scraped."""
    import numpy as np

    values[rng.random(values.shape) < rng.choice((0, 0.01, 0.03))] = np.nan
    owners = np.array(services)
    for service in set(services):
        if rng.random() < 0.1:
            begin = rng.integers(0, values.shape[1])
            values[owners == service, begin : begin + rng.integers(4, 30)] = np.nan
