"""Which of a service's series are worth looking at, and the PromQL that makes numbers of them. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from activities.incident_metrics.prometheus_api import quoted

MOST_OF_A_SERVICE: Final = 20
_MOST_ALIKE = 4
_MOST_NAMES = 80
_ORDER: Final = tuple(
    re.compile(each, re.IGNORECASE)
    for each in (
        r"duration|latency|response_time|seconds_(bucket|sum|count)$",
        r"error|fail|exception|5xx",
        r"request|call|http|grpc|rpc|message",
        r"cpu|load",
        r"mem|heap|rss|gc",
        r"disk|filesystem|fs_|io_|inode",
        r"network|net_|tcp|socket|packet",
        r"queue|pool|thread|connection",
    )
)
_DULL = re.compile(r"^(scrape_|up$|ALERTS|go_info|.*_info$|.*_created$|process_start_time|python_info|.*build)")
_PLACES = ("instance", "pod", "container", "host", "node", "endpoint", "le", "quantile", "replica")


@dataclass
class MetricFamily:
    """One metric of some services: `label` is the one that names the service. `shapes` counts each service's series."""

    name: str
    label: str
    services: dict[str, int] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class MetricQuery:
    """`metric` is what its values are called."""

    metric: str
    label: str
    query: str


def families(listed: Iterable[Mapping[str, str]], labels: Sequence[str], services: Sequence[str]) -> list[MetricFamily]:
    """Those of the services, the most useful first."""
    wanted = {name.casefold(): name for name in services}
    found: dict[tuple[str, str], MetricFamily] = {}
    for series in listed:
        name = series.get("__name__", "")
        label = next((each for each in labels if series.get(each, "").casefold() in wanted), "")
        if not name or not label or _DULL.match(name):
            continue
        family = found.setdefault((name, label), MetricFamily(name, label))
        service = series[label]
        family.services[service] = family.services.get(service, 0) + 1
        family.labels |= series.keys()
    return sorted(found.values(), key=lambda one: (_rank(one.name), one.name, one.label))


def queries(found: Sequence[MetricFamily], window: float) -> tuple[list[MetricQuery], int]:
    """(the queries, how many metrics are left out). A counter is a rate over `window` seconds, a histogram its 99th
    percentile, a pair of sum and count their mean; what many instances have is summed, or the highest of them."""
    names = {(one.name, one.label) for one in found}
    made: dict[str, MetricQuery] = {}
    for family in found:
        if query := _query(family, names, window):
            made.setdefault(query.metric + family.label, query)
    kept = list(made.values())[:_MOST_NAMES]
    return kept, len(made) - len(kept)


def _query(family: MetricFamily, names: set[tuple[str, str]], window: float) -> MetricQuery | None:
    name, label, span = family.name, family.label, f"[{max(window, 1):.0f}s]"
    which = "|".join(re.escape(each) for each in sorted(family.services))
    selector = f"{{{label}=~{quoted(which)}}}"
    base, _, suffix = name.rpartition("_")
    if suffix == "bucket":
        summed = f"sum by ({label}, le) (rate({name}{selector}{span}))"
        return MetricQuery(f"{base}_p99", label, f"histogram_quantile(0.99, {summed})")
    if suffix == "sum" and (f"{base}_count", label) in names:
        return MetricQuery(
            f"{base}_mean", label,
            f"sum by ({label}) (rate({name}{selector}{span})) / sum by ({label}) (rate({base}_count{selector}{span}))",
        )  # fmt: skip
    if suffix == "count" and (f"{base}_bucket", label) not in names and (f"{base}_sum", label) not in names:
        suffix = "total"
    alike = max(family.services.values()) > _MOST_ALIKE
    without = ", ".join(each for each in _PLACES if each in family.labels and each != label)
    if suffix in ("total", "count", "sum"):
        rate = f"rate({name}{selector}{span})"
        return MetricQuery(f"{base}_rate", label, f"sum without ({without}) ({rate})" if alike and without else rate)
    plain = f"{name}{selector}"
    return MetricQuery(name, label, f"max without ({without}) ({plain})" if alike and without else plain)


def _rank(name: str) -> int:
    return next((place for place, each in enumerate(_ORDER) if each.search(name)), len(_ORDER))
