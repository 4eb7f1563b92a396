"""Log lines from the files that `log_files` of a service names, their rotated and compressed ones included."""

import asyncio
from collections.abc import Mapping

from activities.incidents.data import LogTable
from activities.incidents.deployment import IncidentDeployment
from activities.incidents.types import IncidentScope
from activities.sources import DataSource, Fetched


def _globs(deployment: IncidentDeployment, scope: IncidentScope) -> Mapping[str, tuple[str, ...]]:
    services = deployment.file.services
    names = dict.fromkeys([scope.service, *scope.services])
    return {name: services[name].log_files for name in names if name in services and services[name].log_files}


def _serves(deployment: IncidentDeployment, scope: IncidentScope) -> bool:
    return not scope.folder and bool(_globs(deployment, scope))


async def _logs(deployment: IncidentDeployment, scope: IncidentScope) -> Fetched[LogTable]:
    from activities.incident_logs.files import read_log_files

    read = await asyncio.to_thread(read_log_files, _globs(deployment, scope), scope.begin, scope.end)
    return Fetched(read.found, " ".join(read.problems))


SOURCE = DataSource("log_files", _serves, logs=_logs)
