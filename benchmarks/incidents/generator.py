"""A whole incident of a kind from a seed: services, a fault that spreads to callers, and all data that shows it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from activities.incidents.data import CallEdge, CallGraph, IncidentData
from activities.incidents.types import Alert, IncidentScope, RecentChange
from benchmarks.incidents.cases import BY_CHANGE, KINDS, NO_CHANGE, CaseAnswer, FaultKind, IncidentCase
from benchmarks.incidents.changed import code_place, guilty_change, innocent_changes
from benchmarks.incidents.faults import FaultForm, FaultOrigin, InjectedFault, injected
from benchmarks.incidents.logged import FaultPlace, logged
from benchmarks.incidents.measured import measured
from benchmarks.incidents.services import ServiceGraph, random_graph
from benchmarks.incidents.simulated import STEP_S, ServiceNumbers, simulate

if TYPE_CHECKING:
    import numpy as np

_BASELINE_S: Final = 7200.0
_FOREVER: Final = 1e9
_FORMS: Final[dict[FaultKind, tuple[FaultForm, ...]]] = {
    "cpu": ("cpu",), "memory": ("memory",), "latency": ("slow", "slow", "network"), "error": ("errors",),
    "log_only": ("logs",), "bad_deployment": ("errors", "errors", "slow", "cpu", "memory", "logs"),
    "bad_configuration": ("errors", "errors", "slow"), "dependency": ("errors", "errors", "slow", "logs"),
    "two_at_once": ("cpu", "slow", "errors", "memory"), "recovered": ("slow", "errors", "cpu"),
    "storm": ("errors", "slow"), "innocent_commit": ("cpu", "slow", "errors", "network"),
}  # fmt: skip
_ORIGINS: Final[dict[str, FaultOrigin]] = {
    "bad_deployment": "code",
    "bad_configuration": "configuration",
    "dependency": "dependency",
}


def generated(kind: FaultKind, seed: int, services: tuple[int, int] = (5, 50), lines: int = 8000) -> IncidentCase:
    """The same for the same arguments."""
    import numpy as np

    rng = np.random.default_rng((KINDS.index(kind), seed))
    graph = random_graph(rng, *services)
    begin = 1.78e9 + float(rng.integers(0, 86400))
    start = begin + _BASELINE_S + float(rng.uniform(0, 600))
    faults = _faults(rng, graph, kind, start)
    onset = start + float(rng.uniform(30, 240)) + 0.5 * max((one.rise for one in faults), default=0.0)
    times = begin + STEP_S * np.arange(int((onset + rng.uniform(300, 900) - begin) / STEP_S))
    surge = 1 + (rng.uniform(0.8, 2) * np.clip((times - start) / 120, 0, 1) if kind == "busy" else 0 * times)
    places = {one.service: code_place(rng, graph.names[one.service]) for one in faults}
    faults, guilty = _blamed(rng, graph, faults, places)
    restarts = _restarts(rng, graph, faults, guilty, (begin, float(times[-1])))
    numbers = simulate(rng, graph, faults, times, surge, restarts)
    alerted = _alerted(rng, graph, numbers, faults, onset)
    changes = _changes(rng, graph, kind, onset, graph.names[alerted], guilty)
    scope = _scope(graph, alerted, onset, begin, float(times[-1]))
    alert = Alert("generic", f"{kind}-{seed}", "Service is unhealthy", graph.names[alerted], starts_at=onset)
    data = IncidentData(
        scope, alert,
        measured(rng, graph, numbers, frozenset(one.service for one in faults if one.one_instance)),
        logged(rng, graph, numbers, faults, places, restarts, lines),
        _calls(rng, graph, numbers, onset), changes,
    )  # fmt: skip
    known = {one.id for one in changes}
    answer = CaseAnswer(
        frozenset(graph.names[one.service] for one in faults), frozenset(one.id for one in guilty if one.id in known)
    )
    return IncidentCase(kind, seed, data, answer)


def _faults(rng: "np.random.Generator", graph: ServiceGraph, kind: FaultKind, start: float) -> list[InjectedFault]:
    if kind in ("noise_only", "busy"):
        return []
    count = 2 if kind == "two_at_once" else 1
    spread = [len(graph.ancestors(at)) for at in range(len(graph.names))]
    if kind == "storm":
        chosen = [max(range(len(spread)), key=spread.__getitem__)]
    else:
        chosen = [int(at) for at in rng.choice(len(graph.names), size=count, replace=False)]
    origin: FaultOrigin = _ORIGINS.get(kind, "environment")
    if kind in ("storm", "log_only", "latency", "error") and rng.random() < 0.4:
        origin = "code"
    lasts = float(rng.uniform(180, 420)) if kind == "recovered" else _FOREVER
    forms = _FORMS[kind]
    return [injected(rng, at, forms[rng.integers(len(forms))], origin, start, lasts) for at in chosen]


def _blamed(
    rng: "np.random.Generator", graph: ServiceGraph, faults: Sequence[InjectedFault], places: dict[int, FaultPlace]
) -> tuple[list[InjectedFault], list[RecentChange]]:
    """The faults with the changes that brought them, and those changes."""
    found, guilty = [], []
    for fault in faults:
        if fault.origin == "environment":
            found.append(fault)
            continue
        guilty.append(guilty_change(rng, graph.names[fault.service], fault, places[fault.service]))
        found.append(replace(fault, change=guilty[-1].id))
    return found, guilty


def _restarts(
    rng: "np.random.Generator", graph: ServiceGraph, faults: Sequence[InjectedFault], guilty: Sequence[RecentChange],
    window: tuple[float, float],
) -> list[tuple[int, float]]:  # fmt: skip
    """A deployment restarts its service, whether it is guilty or not."""
    found = [(graph.names.index(one.service), one.at) for one in guilty if window[0] < one.at < window[1]]
    others = rng.poisson(1.0)
    return [*found, *((int(rng.integers(len(graph.names))), float(rng.uniform(*window))) for _ in range(others))]


def _alerted(
    rng: "np.random.Generator",
    graph: ServiceGraph,
    numbers: ServiceNumbers,
    faults: Sequence[InjectedFault],
    onset: float,
) -> int:
    """Somebody whose symptoms are seen: the service at fault, one that calls it, or where visitors come in."""
    import numpy as np

    if not faults:
        return int(rng.integers(len(graph.names)))
    root = faults[0].service
    late = numbers.times >= onset
    before = numbers.times < faults[0].start
    slower = np.median(numbers.total_ms[:, late], axis=1) / np.median(numbers.total_ms[:, before], axis=1)
    failing = np.median(numbers.errors[:, late], axis=1) - np.median(numbers.errors[:, before], axis=1)
    seen = [at for at in graph.ancestors(root) if slower[at] > 1.3 or failing[at] > 0.02]
    return int(rng.choice(seen)) if seen and rng.random() < 0.6 else root


def _changes(
    rng: "np.random.Generator", graph: ServiceGraph, kind: FaultKind, onset: float, alerted: str,
    guilty: Sequence[RecentChange],
) -> tuple[RecentChange, ...]:  # fmt: skip
    """Of all services where they share a repository; else of the one that the alert is about."""
    names = graph.names if rng.random() < 0.6 else (alerted,)
    per_day = float(rng.choice((0.1, 0.3, 1.0))) if len(names) > 1 else float(rng.choice((0.5, 2.0, 6.0)))
    close = kind in NO_CHANGE or (kind not in BY_CHANGE and rng.random() < 0.3)
    innocent = innocent_changes(rng, names, onset, per_day, close)
    found = [*innocent, *(one for one in guilty if one.service in names)]
    return tuple(sorted(found, key=lambda one: one.at))[-200:]


def _scope(graph: ServiceGraph, alerted: int, onset: float, begin: float, end: float) -> IncidentScope:
    name = graph.names[alerted]
    others = tuple(one for one in graph.names if one != name)
    return IncidentScope("incident:generic:example", name, (name, *others), onset, begin, end)


def _calls(rng: "np.random.Generator", graph: ServiceGraph, numbers: ServiceNumbers, onset: float) -> CallGraph | None:
    """From traces with their numbers, or from the configuration without; sometimes nobody knows."""
    import numpy as np

    how = rng.random()
    if how < 0.1:
        return None
    late = numbers.times >= onset

    def noisy(pair: tuple[float, float]) -> tuple[float, float]:
        return pair[0] * float(np.exp(rng.standard_normal() * 0.05)), pair[1] * float(
            np.exp(rng.standard_normal() * 0.05)
        )

    edges = []
    for caller, callees in enumerate(graph.calls):
        for callee in callees:
            edge = CallEdge(graph.names[caller], graph.names[callee])
            if how < 0.65:
                server, waited, failed = (
                    (float(values[callee, ~late].mean()), float(values[callee, late].mean()))
                    for values in (numbers.total_ms, numbers.waited_ms, numbers.errors)
                )
                client = (server[0] + waited[0], server[1] + waited[1])
                edge = CallEdge(edge.caller, edge.callee, noisy(client), noisy(server), failed)
            edges.append(edge)
    return CallGraph(tuple(edges), "traces" if how < 0.65 else "configuration")
