"""Which service is worse than those that it calls: its own anomaly without what it only hands on to its callers."""

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from activities.incident_signals.call_links import callees_of, callers_of, links, reaching
from activities.incident_signals.edge_effects import EdgeEffect, disturbed, gaps, slower_or_failing
from activities.incident_signals.shifts import SeriesShift, ShiftReport
from activities.incident_signals.symptoms import explained_by, symptom_sizes
from activities.incidents.data import CallGraph
from activities.incidents.types import FaultClass

_NO_CALLEE: Final = 1.2
_CANDIDATES: Final = 20
_APART: Final = 0.4


@dataclass(frozen=True)
class NodeResidual:
    """`own` is how anomalous the service is, as a logarithm, `worst` the callee that explains most of it ("" for none),
    `affected` those that call it, directly or not, and are anomalous too. `shift` and `edge` are its worst symptom in
    metrics and in traces, `gaps` links that wait for its network."""

    entity: str
    strength: float
    own: float
    fault: FaultClass
    callees: int = 0
    worst: str = ""
    affected: tuple[str, ...] = ()
    gaps: tuple[EdgeEffect, ...] = ()
    shift: SeriesShift | None = None
    edge: EdgeEffect | None = None


def residuals(
    graph: CallGraph, report: ShiftReport, service: str = "", asked: FaultClass = "unknown"
) -> list[NodeResidual]:
    """Of every anomalous service, the strongest first; empty where there is none. The alert is about `service`, and
    about the class `asked`."""
    edges = list(links(graph))
    on_edges, networks = slower_or_failing(edges), disturbed(gaps(edges))
    symptoms = symptom_sizes(report, asked, {name: math.log1p(one.effect) for name, one in on_edges.items()})
    waiting = _waiting(networks)
    callees, callers = callees_of(graph), callers_of(graph)
    found = []
    for entity in symptoms.sizes.keys() | networks.keys():
        own = symptoms.sizes.get(entity, 0.0)
        worst, size = explained_by(symptoms, entity, callees.get(entity, ()))
        explained = max(size, waiting.get(entity, 0.0))
        strength = max(own - explained, 0.0) * (1.0 if explained else _NO_CALLEE)
        network = max((math.log1p(one.effect) for one in networks.get(entity, ())), default=0.0)
        shift, edge = symptoms.worst.get(entity), on_edges.get(entity)
        fault = "network" if network > strength else shift.kind.fault if shift else edge.fault if edge else "errors"
        found.append(
            NodeResidual(
                entity,
                max(strength, network),
                own,
                fault,
                len(callees.get(entity, ())),
                worst,
                gaps=tuple(networks.get(entity, ())),
                shift=shift,
                edge=edge,
            )
        )
    found.sort(key=lambda one: (-one.strength, one.entity))
    known = service in callees or service in callers
    return _with_reach(found, callers, symptoms.sizes.keys(), service if known else "")


def _waiting(networks: Mapping[str, Sequence[EdgeEffect]]) -> dict[str, float]:
    """Service → how much of its time is spent on the way to others, where that is not its own network."""
    found: dict[str, float] = {}
    for name, effects in networks.items():
        for one in effects:
            if one.edge.caller != name:
                found[one.edge.caller] = max(found.get(one.edge.caller, 0.0), math.log1p(one.effect))
    return found


def _with_reach(
    found: Sequence[NodeResidual], callers: Mapping[str, Set[str]], anomalous: Set[str], service: str
) -> list[NodeResidual]:
    """A cause has to reach what is anomalous, and the service of the alert ("" where it is not in the graph): the
    strength is weighed by the share that it explains."""
    ranked = []
    for one in found[:_CANDIDATES]:
        reached = reaching(one.entity, callers)
        affected = reached & anomalous
        share = (len(affected) + 1) / max(len(anomalous | {one.entity}), 1)
        apart = _APART if service and service not in reached | {one.entity} else 1.0
        strength = one.strength * (0.5 + 0.5 * share) * apart
        ranked.append(replace(one, strength=strength, affected=tuple(sorted(affected))))
    return sorted(ranked, key=lambda one: (-one.strength, one.entity))
