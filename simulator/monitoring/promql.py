"""The values of a query at one time."""

import math
import operator
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from simulator.monitoring.promql_syntax import (
    BadQuery,
    PromAggregation,
    PromCall,
    PromNode,
    PromNumber,
    PromOperation,
    PromSelector,
)
from simulator.monitoring.series import SeriesStore, StoredSeries

Sample = tuple[Mapping[str, str], float]
LOOKBACK_S = 300.0
_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: left / right if right else math.nan if not left or math.isnan(left) else left * math.inf,
    "%": lambda left, right: math.fmod(left, right) if right else math.nan,
}
_COMPARISON: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le,
}  # fmt: skip
_OVER_TIME: Mapping[str, Callable[[Sequence[float]], float]] = {
    "avg_over_time": lambda values: sum(values) / len(values),
    "max_over_time": max,
    "min_over_time": min,
    "sum_over_time": sum,
    "count_over_time": len,
    "last_over_time": lambda values: values[-1],
}
_AGGREGATED: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": sum, "avg": lambda values: sum(values) / len(values), "max": max, "min": min, "count": len,
}  # fmt: skip


def evaluate(node: PromNode, store: SeriesStore, at: float) -> float | list[Sample]:
    """A number, or the samples of a vector. Raises BadQuery."""
    if isinstance(node, PromNumber):
        return node.value
    if isinstance(node, PromSelector):
        if node.seconds:
            raise BadQuery("a range is only for functions such as rate()")
        found = ((each.labels, each.between(at - LOOKBACK_S, at)) for each in store.select(node.matchers))
        return [(labels, samples[-1][1]) for labels, samples in found if samples]
    if isinstance(node, PromAggregation):
        return _aggregated(node, _vector(evaluate(node.of, store, at)))
    if isinstance(node, PromOperation):
        return _operation(node, evaluate(node.left, store, at), evaluate(node.right, store, at))
    return _called(node, store, at)


def matrix(node: PromSelector, store: SeriesStore, at: float) -> list[StoredSeries]:
    """The samples of a range, as they are."""
    found = (
        StoredSeries(each.labels, list(each.between(at - node.seconds, at))) for each in store.select(node.matchers)
    )
    return [each for each in found if each.samples]


def _vector(value: float | list[Sample]) -> list[Sample]:
    if isinstance(value, list):
        return value
    raise BadQuery("expected type instant vector, got scalar")


def _without_name(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name != "__name__"}


def _key(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(_without_name(labels).items()))


def _aggregated(node: PromAggregation, samples: Sequence[Sample]) -> list[Sample]:
    groups: dict[tuple[tuple[str, str], ...], list[float]] = defaultdict(list)
    for labels, value in samples:
        kept = {name: each for name, each in labels.items() if name in node.labels}
        if node.without:
            kept = {name: each for name, each in _without_name(labels).items() if name not in node.labels}
        groups[tuple(sorted(kept.items()))].append(value)
    return [(dict(key), float(_AGGREGATED[node.name](values))) for key, values in groups.items()]


def _operation(node: PromOperation, left: float | list[Sample], right: float | list[Sample]) -> float | list[Sample]:
    if node.sign in ("and", "or", "unless"):
        return _of_sets(node.sign, _vector(left), _vector(right))
    if isinstance(left, float) and isinstance(right, float):
        value = _applied(node, left, right)
        return math.nan if value is None else value
    if isinstance(left, list) and isinstance(right, list):
        known = {_key(labels): value for labels, value in right}
        if len(known) < len(right):
            raise BadQuery("found duplicate series for the match group on the right hand-side of the operation")
        pairs = [(labels, value, known[_key(labels)]) for labels, value in left if _key(labels) in known]
    elif isinstance(left, list):
        assert isinstance(right, float)
        pairs = [(labels, value, right) for labels, value in left]
    else:
        pairs = [(labels, left, value) for labels, value in _vector(right)]
    keeps_name = node.sign in _COMPARISON and not node.is_bool
    made = []
    for labels, first, second in pairs:
        result = _applied(node, first, second)
        if result is not None:
            kept = second if isinstance(left, float) and keeps_name else result
            made.append((labels if keeps_name else _without_name(labels), kept))
    return made


def _applied(node: PromOperation, left: float, right: float) -> float | None:
    """None for a comparison that does not hold."""
    if node.sign in _ARITHMETIC:
        return _ARITHMETIC[node.sign](left, right)
    holds = _COMPARISON[node.sign](left, right)
    return float(holds) if node.is_bool else left if holds else None


def _of_sets(sign: str, left: list[Sample], right: list[Sample]) -> list[Sample]:
    ours, theirs = {_key(labels) for labels, _ in left}, {_key(labels) for labels, _ in right}
    if sign == "or":
        return left + [sample for sample in right if _key(sample[0]) not in ours]
    return [sample for sample in left if (_key(sample[0]) in theirs) == (sign == "and")]


def _called(node: PromCall, store: SeriesStore, at: float) -> float | list[Sample]:
    first = node.arguments[0] if node.arguments else None
    if node.name == "time":
        return at
    if first is None:
        raise BadQuery(f'expected at least 1 argument in call to "{node.name}"')
    if node.name in _OVER_TIME or node.name in ("rate", "increase", "irate", "delta"):
        if not isinstance(first, PromSelector) or not first.seconds:
            raise BadQuery(f'expected type range vector in call to function "{node.name}"')
        found = ((each.labels, _over_range(node.name, each, first.seconds, at)) for each in matrix(first, store, at))
        return [(_without_name(labels), value) for labels, value in found if value is not None]
    values = [evaluate(each, store, at) for each in node.arguments]
    if node.name == "vector" and isinstance(values[0], float):
        return [({}, values[0])]
    if node.name == "histogram_quantile":
        if len(values) != 2 or not isinstance(values[0], float):
            raise BadQuery('expected 2 arguments in call to "histogram_quantile"')
        return _quantiles(values[0], _vector(values[1]))
    if node.name == "absent":
        return [] if _vector(values[0]) else [({}, 1.0)]
    least = values[1] if len(values) > 1 and isinstance(values[1], float) else 0.0
    change = abs if node.name == "abs" else lambda value: max(value, least)
    return [(_without_name(labels), change(value)) for labels, value in _vector(values[0])]


def _over_range(name: str, series: StoredSeries, seconds: float, at: float) -> float | None:
    values = [value for _, value in series.samples]
    if name in _OVER_TIME:
        return float(_OVER_TIME[name](values))
    if len(values) < 2:
        return None
    if name == "irate":
        (before, first), (last, second) = series.samples[-2:]
        return (second - first if second >= first else second) / (last - before)
    return _extrapolated(name, series.samples, seconds, at)


def _extrapolated(name: str, samples: Sequence[tuple[float, float]], seconds: float, at: float) -> float:
    """As Prometheus does: what was added between the first and the last sample, up to the ends of the range where they
    are near, and never below zero for a counter."""
    begin, end = samples[0][0], samples[-1][0]
    added = samples[-1][1] - samples[0][1]
    if name != "delta":
        pairs = pairwise(samples)
        added += sum(before for (_, before), (_, after) in pairs if after < before)
    sampled = end - begin
    apart = sampled / (len(samples) - 1)
    to_begin, to_end = begin - (at - seconds), at - end
    if name != "delta" and added > 0 and samples[0][1] >= 0:
        to_begin = min(to_begin, sampled * samples[0][1] / added)
    reach = sampled
    for gap in (to_begin, to_end):
        reach += gap if gap < apart * 1.1 else apart / 2
    grown = added * reach / sampled
    return grown / seconds if name == "rate" else grown


def _quantiles(share: float, samples: Sequence[Sample]) -> list[Sample]:
    groups: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = defaultdict(list)
    for labels, count in samples:
        try:
            upper = float(labels["le"])
        except (KeyError, ValueError):
            continue
        groups[_key({name: value for name, value in labels.items() if name != "le"})].append((upper, count))
    return [(dict(key), _quantile(share, sorted(buckets))) for key, buckets in groups.items()]


def _quantile(share: float, buckets: Sequence[tuple[float, float]]) -> float:
    """Linear within the bucket that it falls into."""
    if len(buckets) < 2 or not math.isinf(buckets[-1][0]) or not buckets[-1][1]:
        return math.nan
    rank = share * buckets[-1][1]
    place = next(at for at, (_, count) in enumerate(buckets) if count >= rank)
    if place == len(buckets) - 1:
        return buckets[-2][0]
    upper, count = buckets[place]
    lower, below = (0.0, 0.0) if not place else buckets[place - 1]
    if not place and upper <= 0:
        return upper
    return lower + (upper - lower) * (rank - below) / (count - below) if count > below else upper
