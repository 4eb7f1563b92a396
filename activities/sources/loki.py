"""Log lines from a Loki server."""

from collections.abc import Mapping

from activities.incident_metrics.prometheus_api import quoted, request_headers
from activities.incidents.data import LogTable
from activities.incidents.deployment import IncidentDeployment
from activities.incidents.types import IncidentScope
from activities.sources import DataSource, Fetched


def _serves(deployment: IncidentDeployment, scope: IncidentScope) -> bool:
    return deployment.file.loki is not None and not scope.folder


def _selectors(deployment: IncidentDeployment, scope: IncidentScope) -> Mapping[str, str]:
    """Each service's LogQL; those that have files and no LogQL are read from their files."""
    configured = deployment.file.services
    found = {}
    for name in dict.fromkeys([scope.service, *scope.services]):
        service = configured.get(name)
        if name and not (service and service.log_files and not service.logs):
            found[name] = (service.logs if service else "") or f"{{service={quoted(name)}}}"
    return found


async def _logs(deployment: IncidentDeployment, scope: IncidentScope) -> Fetched[LogTable]:
    from aiohttp import ClientSession, ClientTimeout

    from activities.incident_logs.loki_api import LokiApi
    from activities.incident_logs.loki_fetch import fetch_lines

    server = deployment.file.loki
    assert server
    async with ClientSession(timeout=ClientTimeout(total=None, sock_connect=10)) as session:
        api = LokiApi(session, server.url, request_headers(server, deployment))
        read = await fetch_lines(api, _selectors(deployment, scope), scope.begin, scope.end)
    return Fetched(read.found, " ".join(read.problems))


SOURCE = DataSource("loki", _serves, logs=_logs)
