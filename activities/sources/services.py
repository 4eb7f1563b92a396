"""Who calls whom, as the deployment's file says it (`calls`)."""

from activities.incidents.data import CallEdge, CallGraph
from activities.incidents.deployment import IncidentDeployment
from activities.incidents.types import IncidentScope
from activities.sources import DataSource, Fetched

_SOURCE = "the deployment's file"


def _serves(deployment: IncidentDeployment, scope: IncidentScope) -> bool:
    return not scope.folder and any(service.calls for service in deployment.file.services.values())


async def _calls(deployment: IncidentDeployment, scope: IncidentScope) -> Fetched[CallGraph]:
    """Only between services that are looked at."""
    seen = set(scope.services)
    edges = tuple(
        CallEdge(name, callee)
        for name, service in deployment.file.services.items()
        for callee in service.calls
        if name in seen and callee in seen
    )
    if not edges:
        return Fetched(problem=f"No calls of {scope.service} are in {_SOURCE}.")
    return Fetched(CallGraph(edges, _SOURCE))


SERVICES = DataSource("services", _serves, calls=_calls)
