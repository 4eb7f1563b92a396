"""What traces say of each link: which service got slower or fails more, and where only the way between two did."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from activities.incidents.data import CallEdge
from activities.incidents.types import FaultClass

_USUAL: Final = 0.25
_LEAST_MS: Final = 1.0
_LEAST_SLOWER: Final = 2.0
_USUAL_ERRORS: Final = 0.01
_LEAST_ERRORS: Final = 0.05
_LARGEST: Final = 100.0


@dataclass(frozen=True)
class EdgeEffect:
    """Something that changed on one link, `effect` in what is usual there, from `before` to `after`: milliseconds, or
    shares of calls."""

    edge: CallEdge
    fault: FaultClass
    effect: float
    before: float
    after: float


def slower_or_failing(edges: Iterable[CallEdge]) -> dict[str, EdgeEffect]:
    """Callee → the largest effect that its own side shows: its time, or the share of calls that fail."""
    found: dict[str, EdgeEffect] = {}
    for edge in edges:
        for one in (_slower(edge), _failing(edge)):
            if one and (edge.callee not in found or one.effect > found[edge.callee].effect):
                found[edge.callee] = one
    return found


def gaps(edges: Iterable[CallEdge]) -> list[EdgeEffect]:
    """Links on which the caller waits longer than the callee works: the largest first."""
    found = []
    for edge in edges:
        client, server = _times(edge.client_ms), _times(edge.server_ms)
        if client and server:
            before, after = (max(first - second, 0.0) for first, second in zip(client, server, strict=True))
            effect = (after - before) / max(_USUAL * before, 0.1 * client[0], _LEAST_MS)
            if effect >= _LEAST_SLOWER and after - before >= 0.3 * (client[1] - client[0]) > 0:
                found.append(EdgeEffect(edge, "network", min(effect, _LARGEST), before, after))
    return sorted(found, key=lambda one: (-one.effect, one.edge.callee, one.edge.caller))


def disturbed(found: Iterable[EdgeEffect]) -> Mapping[str, list[EdgeEffect]]:
    """Which service's network explains most of the gaps, and so on; a single link is the callee's."""
    left, explained = list(found), {}
    while left:
        weight: dict[str, float] = defaultdict(float)
        for one in left:
            weight[one.edge.callee] += math.log1p(one.effect) * 1.01
            weight[one.edge.caller] += math.log1p(one.effect)
        name = max(weight, key=lambda each: (weight[each], each))
        explained[name] = [one for one in left if name in (one.edge.caller, one.edge.callee)]
        left = [one for one in left if name not in (one.edge.caller, one.edge.callee)]
    return explained


def _slower(edge: CallEdge) -> EdgeEffect | None:
    server = _times(edge.server_ms)
    if not server:
        return None
    effect = (server[1] - server[0]) / max(_USUAL * server[0], _LEAST_MS)
    return EdgeEffect(edge, "latency", min(effect, _LARGEST), *server) if effect >= _LEAST_SLOWER else None


def _failing(edge: CallEdge) -> EdgeEffect | None:
    share = _times(edge.errors)
    if not share or max(share) > 1 or share[1] - share[0] < _LEAST_ERRORS:
        return None
    effect = (share[1] - share[0]) / max(_USUAL * share[0], _USUAL_ERRORS)
    return EdgeEffect(edge, "errors", min(effect, _LARGEST), *share)


def _times(pair: tuple[float, float] | None) -> tuple[float, float] | None:
    """None where one of them is no number, or no such number can be."""
    return pair if pair and all(math.isfinite(one) and 0 <= one < 1e12 for one in pair) else None
