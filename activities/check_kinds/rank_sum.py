"""The Wilcoxon-Mann-Whitney rank-sum test, one-sided: no assumption of how times are spread.

Mann and Whitney, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other" (1947).
"""

import math
from collections.abc import Sequence
from functools import cache

_EXACT = 20
"""Samples up to this size are counted out; larger ones, or equal values, go by the normal distribution."""


def chance_of_greater(sample: Sequence[float], other: Sequence[float]) -> float:
    """How likely it is that `sample` ranks this high above `other` by chance: near 0 means it is greater."""
    ranks, ties = _ranks([*sample, *other])
    total = sum(ranks[: len(sample)])
    if ties or max(len(sample), len(other)) > _EXACT:
        return _by_normal(total, len(sample), len(other), ties)
    sums = _sums(len(sample), len(sample) + len(other))
    return sum(sums[round(total) :]) / math.comb(len(sample) + len(other), len(sample))


def _ranks(values: Sequence[float]) -> tuple[list[float], float]:
    """Ranks from 1, equals sharing their mean rank, and the tie correction: the sum of t^3 - t."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks, ties, start = [0.0] * len(values), 0.0, 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for index in order[start:end]:
            ranks[index] = (start + 1 + end) / 2
        ties += (end - start) ** 3 - (end - start)
        start = end
    return ranks, ties


@cache
def _sums(chosen: int, of: int) -> list[int]:
    """In how many ways `chosen` of the ranks 1 to `of` add up to each sum (the list's index)."""
    ways = [[0] * (of * (of + 1) // 2 + 1) for _ in range(chosen + 1)]
    ways[0][0] = 1
    for rank in range(1, of + 1):
        for count in range(min(chosen, rank), 0, -1):
            for total in range(len(ways[0]) - 1, rank - 1, -1):
                ways[count][total] += ways[count - 1][total - rank]
    return ways[chosen]


def _by_normal(total: float, ours: int, theirs: int, ties: float) -> float:
    size = ours + theirs
    spread = math.sqrt(ours * theirs / 12 * (size + 1 - ties / (size * (size - 1)))) if size > 1 else 0.0
    if spread == 0:
        return 1.0
    above = total - ours * (size + 1) / 2 - 0.5  # half a rank for continuity
    return 0.5 * math.erfc(above / spread / math.sqrt(2))
