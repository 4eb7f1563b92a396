"""What a metric measures, by the words of its name, and in which direction it gets worse."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from activities.incidents.data import MetricSeries
from activities.incidents.types import FaultClass

RESOURCES: Final[frozenset[FaultClass]] = frozenset({"cpu", "memory", "disk", "network"})
SYMPTOMS: Final[frozenset[FaultClass]] = frozenset({"latency", "errors"})
"""What a service hands on to those that call it."""

# The first row that has a word of the name decides: `network_receive_errors` is about the network.
_WORDS: Final[tuple[tuple[FaultClass, str], ...]] = (
    ("cpu", r"cpus?|cores?|load1|load5|load15|throttl\w*|processor|runqueue|millicores"),
    ("memory", r"mem|memory|rss|heap|swap|gc|oom\w*|workingset|pagefaults?"),
    ("disk", r"disks?|fs|filesystem|io|iops|iowait|inodes?|volumes?|storage|fsync|diskio"),
    ("network", r"network|net|tcp|udp|retrans\w*|packets?|rx|tx|receiv\w*|transmit\w*|dns|bandwidth|rtt|loss|icmp"),
    ("errors", r"errors?|err|errs|fail\w*|5xx|500|502|503|exceptions?|timeouts?|reject\w*|panics?|restarts?|unavailable"
     r"|success\w*|availability|up|ready|healthy|alive|abort\w*|dead\w*"),
    ("latency", r"latency|latencies|durations?|rt|responsetime|p50|p75|p90|p95|p99|p999|delay|elapsed|waits?|waiting"
     r"|lag|quantile|percentile|slow\w*|apdex|mrt"),
    ("traffic", r"requests?|req|reqs|rps|qps|tps|throughput|workload|load|hits|calls?|traffic|messages|msgs|visits|rate"
     r"|counts?|ops|invocations"),
)  # fmt: skip
_ROWS: Final = tuple((kind, re.compile(words)) for kind, words in _WORDS)
_BETTER_WHEN_MORE: Final = re.compile(
    r"free|available|idle|success\w*|availability|up|ready|healthy|alive|remaining|apdex|uptime"
)
_VOLUME: Final = re.compile(r"bytes|packets|receive[ds]?|transmit\w*|rx|tx|bandwidth")
_BROKEN: Final = re.compile(r"err|errors?|drop\w*|loss|lost|retrans\w*|fail\w*")
_STATUS_LABELS: Final = ("code", "status", "status_code", "http_status_code", "http_response_status_code")
_SPLIT: Final = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])")
_LONGEST: Final = 300


@dataclass(frozen=True)
class MetricKind:
    """`worse` is 1 where more of it is worse, -1 where less is, 0 where neither is. `weight` (0 to 1) is how much a
    shift of it says about a fault: that a service is busier says little."""

    fault: FaultClass
    worse: int
    weight: float


def kind_of(series: MetricSeries) -> MetricKind:
    """By the metric's name; calls that are counted by their status are errors where that is 5xx."""
    return _kind(series.metric[:_LONGEST], _is_server_error(series.labels))


def _is_server_error(labels: Mapping[str, str]) -> bool:
    return any(re.fullmatch(r"5\d\d|5xx", labels.get(name, "")) for name in _STATUS_LABELS)


@lru_cache(maxsize=4096)
def _kind(metric: str, server_error: bool) -> MetricKind:
    words = [word.lower() for word in _SPLIT.split(metric) if word]
    pairs = [first + second for first, second in pairwise(words)]
    fault: FaultClass = next((kind for kind, row in _ROWS if any(map(row.fullmatch, (*words, *pairs)))), "unknown")
    if fault == "latency" and metric.endswith(("_bucket", "_count", "_sum")):
        fault = "traffic"  # of a histogram: how many calls there were
    if server_error and fault in ("traffic", "unknown", "latency"):
        fault = "errors"
    if any(map(_BETTER_WHEN_MORE.fullmatch, words)):
        return MetricKind(fault, -1, 0.8)
    if fault == "network" and any(map(_VOLUME.fullmatch, words)) and not any(map(_BROKEN.fullmatch, words)):
        return MetricKind(fault, 0, 0.6)
    if fault == "traffic":
        return MetricKind(fault, 0, 0.4)
    if fault == "unknown":
        return MetricKind(fault, 0, 0.6)
    return MetricKind(fault, 1, 0.8 if fault in SYMPTOMS else 1.0)
