"""Metrics, log lines and calls from a folder of files, such as public fault data."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from activities.errors import UserError
from activities.incidents.data import CallGraph, LogTable, MetricTable
from activities.incidents.deployment import IncidentDeployment
from activities.incidents.types import IncidentScope
from activities.sources import DataSource, Fetched

T = TypeVar("T", MetricTable, LogTable, CallGraph)


def _serves(_deployment: IncidentDeployment, scope: IncidentScope) -> bool:
    return bool(scope.folder)


async def _read(read: Callable[[], tuple[T | None, str]]) -> Fetched[T]:
    try:
        return Fetched(*await asyncio.to_thread(read))
    except UserError as error:
        return Fetched(problem=str(error))


async def _metrics(deployment: IncidentDeployment, scope: IncidentScope) -> Fetched[MetricTable]:
    from activities.incident_folders.reading import read_metrics

    services = tuple(dict.fromkeys((*scope.services, *deployment.file.services)))
    return await _read(lambda: read_metrics(scope, services))


async def _logs(_deployment: IncidentDeployment, scope: IncidentScope) -> Fetched[LogTable]:
    from activities.incident_folders.reading import read_logs

    return await _read(lambda: read_logs(scope))


async def _calls(_deployment: IncidentDeployment, scope: IncidentScope) -> Fetched[CallGraph]:
    from activities.incident_folders.reading import read_calls

    return await _read(lambda: read_calls(scope))


DATA_FOLDER = DataSource("data_folder", _serves, _metrics, _logs, _calls)
