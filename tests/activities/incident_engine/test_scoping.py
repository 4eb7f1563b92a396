"""What an incident is about: the service, its neighbours, its repository, and from when to when."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from activities.errors import UserError
from activities.incident_engine.activities import IncidentActivities, IncidentEngines
from activities.incident_engine.scoping import IncidentScoper
from activities.incidents.acting import ReadScopeInput
from activities.incidents.deployment import IncidentDeployment, IncidentsFile, ServiceSettings, connected
from activities.incidents.store import IncidentStore
from activities.incidents.types import Alert, IncidentInput, StackFrame
from activities.model import RepoRef

NOW = 1_800_000_000.0
FILE = IncidentsFile.model_validate(
    {
        "services": {
            "checkout": {"repository": "octocat/shop", "calls": ("payments",), "paths": ("checkout/**",)},
            "payments": {"repository": "octocat/payments", "environment": "live"},
            "Mail_Sender": {},
        }
    }
)


async def find(full_name: str) -> RepoRef:
    if full_name == "octocat/payments":
        raise UserError("Autobuild is not installed in octocat/payments.")
    owner, _, name = full_name.partition("/")
    return RepoRef(owner, name, 7)


async def scope_of(alert: Alert, **more: Any) -> Any:
    scoper = IncidentScoper(IncidentDeployment(FILE), "queue@host", find)
    return await scoper.read(ReadScopeInput("incident:x", IncidentInput(alert, **more), NOW))


async def test_data_of_an_earlier_incident_of_the_same_alert_is_forgotten(tmp_path: Path) -> None:
    store, alert = IncidentStore(tmp_path), Alert("alertmanager", "g", "HighErrors", "checkout", starts_at=NOW - 60)
    store.put("incident:x", "frames", (StackFrame("pay.py", 7),))
    store.put("incident:other", "frames", (StackFrame("pay.py", 7),))
    engines = SimpleNamespace(scoper=IncidentScoper(IncidentDeployment(FILE), "queue@host", find), store=store)
    activities = IncidentActivities(cast(IncidentEngines, engines))
    found = await activities.read_incident_scope(ReadScopeInput("incident:x", IncidentInput(alert), NOW))
    assert store.data(found.scope, alert).frames == ()
    assert store.data(replace(found.scope, incident="incident:other"), alert).frames


async def test_service_with_its_neighbours_repository_and_time() -> None:
    found = await scope_of(Alert("alertmanager", "g", "HighErrors", "checkout", starts_at=NOW - 60))
    scope = found.scope
    assert (found.known, scope.service, scope.services) == (True, "checkout", ("checkout", "payments"))
    assert scope.repo == RepoRef("octocat", "shop", 7)
    assert (scope.begin, scope.onset, scope.end) == (NOW - 60 - 7200, NOW - 60, NOW)
    assert (found.paths, scope.queue) == (("checkout/**",), "queue@host")


async def test_callers_are_neighbours_and_a_missing_installation_is_said() -> None:
    found = await scope_of(Alert("alertmanager", "g", "Slow", "payments"))
    assert found.scope.services == ("payments", "checkout")
    assert (found.known, found.scope.repo, found.environment) == (True, None, "live")
    assert "not installed in octocat/payments" in found.problem


@pytest.mark.parametrize(
    ("labels", "service"),
    [({"app": "mail-sender"}, "Mail_Sender"), ({"job": "x", "service": "CHECKOUT"}, "checkout")],
)
async def test_labels_name_a_service(labels: dict[str, str], service: str) -> None:
    assert (await scope_of(Alert("grafana", "g", "n", labels=labels))).scope.service == service


async def test_unknown_service_without_a_repository() -> None:
    found = await scope_of(Alert("datadog", "g", "n", "nobody`s"))
    assert not found.known
    assert "nobody" in found.problem
    assert "AUTOBUILD_INCIDENTS" in found.problem


async def test_repository_alone_is_enough() -> None:
    """A failed deployment or an issue names no service: the one service of the repository is meant."""
    shop = await scope_of(Alert("github", "g", "Deployment failed", repo=RepoRef("Octocat", "Shop", 3)))
    assert (shop.known, shop.scope.service, shop.scope.repo) == (True, "checkout", RepoRef("Octocat", "Shop", 3))
    other = await scope_of(Alert("github", "g", "n"), repo=RepoRef("octocat", "other", 3))
    assert (other.known, other.scope.service, other.scope.services) == (True, "other", ("other",))


@pytest.mark.parametrize(("starts_at", "onset"), [(0.0, NOW), (NOW + 3600, NOW), (NOW - 365 * 86400, NOW - 30 * 86400)])
async def test_times_that_cannot_be_are_moved(starts_at: float, onset: float) -> None:
    scope = (await scope_of(Alert("generic", "g", "n", "checkout", starts_at=starts_at))).scope
    assert scope.onset == onset
    assert scope.begin < scope.onset <= scope.end


async def test_data_of_a_folder_may_be_old() -> None:
    alert = Alert("laptop", "g", "n", "cart", starts_at=1_600_000_000.0)
    found = await scope_of(alert, folder="data", report_only=True)
    assert (found.known, found.scope.onset, found.scope.service) == (True, 1_600_000_000.0, "cart")
    assert found.scope.end == 1_600_000_000.0 + 900


def test_services_that_are_called_over_others_are_looked_at_before_callers() -> None:
    services = {
        "shop": ServiceSettings(calls=("cart",)), "cart": ServiceSettings(calls=("store",)),
        "store": ServiceSettings(calls=("shop",)), "web": ServiceSettings(calls=("shop",)), "other": ServiceSettings(),
    }  # fmt: skip
    assert connected("shop", services, 9) == ("cart", "store", "web")
    assert connected("shop", services, 2) == ("cart", "store")
    assert connected("other", services, 9) == ()
