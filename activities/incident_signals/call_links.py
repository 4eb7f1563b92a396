"""Who calls whom, for looking things up: without calls of a service to itself, each link once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set

from activities.incidents.data import CallEdge, CallGraph


def links(graph: CallGraph | None) -> Iterator[CallEdge]:
    """Those that lead from one named service to another."""
    if graph is not None:
        yield from (edge for edge in graph.edges if edge.caller and edge.callee and edge.caller != edge.callee)


def callees_of(graph: CallGraph | None) -> dict[str, set[str]]:
    """Service → those that it calls."""
    found: dict[str, set[str]] = defaultdict(set)
    for edge in links(graph):
        found[edge.caller].add(edge.callee)
    return dict(found)


def callers_of(graph: CallGraph | None) -> dict[str, set[str]]:
    """Service → those that call it."""
    found: dict[str, set[str]] = defaultdict(set)
    for edge in links(graph):
        found[edge.callee].add(edge.caller)
    return dict(found)


def reaching(service: str, callers: Mapping[str, Set[str]]) -> set[str]:
    """All that call it, directly or not, or with its callees instead all that it calls; never the service itself."""
    found: set[str] = set()
    waiting = [service]
    while waiting:
        fresh = callers.get(waiting.pop(), set()) - found - {service}
        found |= fresh
        waiting.extend(fresh)
    return found
