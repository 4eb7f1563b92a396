"""Which service is worse than those that it calls: its own anomaly without what it only hands on to its callers."""

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from activities.incident_signals.call_links import callees_of, callers_of, links, reaching
from activities.incident_signals.edge_effects import EdgeEffect, disturbed, gaps, slower_or_failing
from activities.incident_signals.entities import symptom_strengths
from activities.incident_signals.shifts import ShiftReport
from activities.incidents.data import CallGraph
from activities.incidents.types import FaultClass

_NO_CALLEE: Final = 1.2
_CANDIDATES: Final = 20


@dataclass(frozen=True)
class NodeResidual:
    """`own` is how anomalous the service is, as a logarithm, `worst` the callee that explains most of it ("" for none),
    `affected` those that call it, directly or not, and are anomalous too. `gaps` are links that wait for its network.
    """

    entity: str
    strength: float
    own: float
    fault: FaultClass
    callees: int = 0
    worst: str = ""
    affected: tuple[str, ...] = ()
    gaps: tuple[EdgeEffect, ...] = ()
    edge: EdgeEffect | None = None


def residuals(graph: CallGraph, report: ShiftReport, faults: Mapping[str, FaultClass]) -> list[NodeResidual]:
    """Of every anomalous service, the strongest first; empty where there is none. `faults` is what the metrics of a
    service say is worse, latency or errors."""
    edges = list(links(graph))
    on_edges, networks = slower_or_failing(edges), disturbed(gaps(edges))
    own = symptom_strengths(report)
    for name, effect in on_edges.items():
        own[name] = max(own.get(name, 0.0), math.log1p(effect.effect))
    waiting = _waiting(networks)
    callees, callers = callees_of(graph), callers_of(graph)
    found = []
    for entity in own.keys() | networks.keys():
        others = {name: own.get(name, 0.0) for name in callees.get(entity, ())}
        worst = max(others, key=lambda name: (others[name], name), default="")
        explained = max(others.get(worst, 0.0), waiting.get(entity, 0.0))
        strength = max(own.get(entity, 0.0) - explained, 0.0) * (1.0 if explained else _NO_CALLEE)
        network = max((math.log1p(one.effect) for one in networks.get(entity, ())), default=0.0)
        fault = on_edges[entity].fault if entity in on_edges else faults.get(entity, "unknown")
        found.append(
            NodeResidual(
                entity, max(strength, network), own.get(entity, 0.0), "network" if network > strength else fault,
                len(others), worst if others.get(worst) else "", (), tuple(networks.get(entity, ())),
                on_edges.get(entity),
            )
        )  # fmt: skip
    found.sort(key=lambda one: (-one.strength, one.entity))
    return _with_reach(found, callers, own.keys())


def _waiting(networks: Mapping[str, Sequence[EdgeEffect]]) -> dict[str, float]:
    """Service → how much of its time is spent on the way to others, where that is not its own network."""
    found: dict[str, float] = {}
    for name, effects in networks.items():
        for one in effects:
            if one.edge.caller != name:
                found[one.edge.caller] = max(found.get(one.edge.caller, 0.0), math.log1p(one.effect))
    return found


def _with_reach(
    found: Sequence[NodeResidual], callers: Mapping[str, Set[str]], anomalous: Set[str]
) -> list[NodeResidual]:
    """A cause has to reach what is anomalous: the strength is weighed by the share that the service explains."""
    ranked = []
    for one in found[:_CANDIDATES]:
        affected = reaching(one.entity, callers) & anomalous
        share = (len(affected) + 1) / max(len(anomalous | {one.entity}), 1)
        ranked.append(
            NodeResidual(
                one.entity, one.strength * (0.5 + 0.5 * share), one.own, one.fault, one.callees, one.worst,
                tuple(sorted(affected)), one.gaps, one.edge,
            )
        )  # fmt: skip
    return sorted(ranked, key=lambda one: (-one.strength, one.entity))
