"""Who calls whom by the deployment's file: only the services that are looked at."""

import pytest

from activities.incidents.data import CallEdge
from activities.incidents.deployment import IncidentDeployment, IncidentsFile
from activities.incidents.types import IncidentScope
from activities.sources.services import SERVICES

FILE = IncidentsFile.model_validate(
    {"services": {"cart": {"calls": ("pay", "mail")}, "pay": {"calls": ("bank",)}, "mail": {}, "bank": {}}}
)


def scope(*services: str, folder: str = "") -> IncidentScope:
    return IncidentScope("incident:x", services[0], services, 1000.0, 0.0, 1900.0, folder=folder)


async def test_edges_between_services_that_are_looked_at() -> None:
    assert SERVICES.calls
    found = await SERVICES.calls(IncidentDeployment(FILE), scope("pay", "cart"))
    assert found.found
    assert found.found.edges == (CallEdge("cart", "pay"),)


async def test_no_calls_are_said() -> None:
    assert SERVICES.calls
    found = await SERVICES.calls(IncidentDeployment(FILE), scope("mail"))
    assert (found.found, found.problem) == (None, "No calls of mail are in the deployment's file.")


@pytest.mark.parametrize(("file", "folder"), [(IncidentsFile(), ""), (FILE, "data")])
def test_without_calls_or_with_a_folder_it_has_nothing(file: IncidentsFile, folder: str) -> None:
    assert not SERVICES.serves(IncidentDeployment(file), scope("pay", folder=folder))
