"""The engines of incidents on one host, put together."""

from dataclasses import dataclass

from activities.incident_engine.acting_rules import IncidentRulesReader
from activities.incident_engine.activities import IncidentEngines
from activities.incident_engine.fetching import IncidentFetcher
from activities.incident_engine.guards import FixGuards
from activities.incident_engine.notifying import TeamNotifier
from activities.incident_engine.recovery import RecoveryWatch
from activities.incident_engine.reverting import FixMaker
from activities.incident_engine.scoping import FindRepo, IncidentScoper
from activities.incident_engine.staging_tests import StagingTests
from activities.incident_engine.verifying import CulpritVerifier
from activities.incidents.deployment import IncidentDeployment
from activities.incidents.store import IncidentStore
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host


@dataclass(frozen=True)
class IncidentParts:
    """What they are made of. `queue` is the host's own; `find_repo` is None where there is no GitHub."""

    host: Host
    gate: GateEngine
    store: IncidentStore
    services: IncidentDeployment
    queue: str
    find_repo: FindRepo | None = None


def incident_engines(parts: IncidentParts) -> IncidentEngines:
    """All of them."""
    host, gate, store = parts.host, parts.gate, parts.store
    fetcher = IncidentFetcher(parts.services, store)
    return IncidentEngines(
        IncidentScoper(parts.services, parts.queue, parts.find_repo), store, fetcher,
        IncidentRulesReader(host, gate), CulpritVerifier(host, gate, store), FixGuards(host, gate, store),
        FixMaker(host, gate, store), RecoveryWatch(store, fetcher.fetch_metrics), TeamNotifier(parts.services, store),
        host.results, StagingTests(host, gate),
    )  # fmt: skip
