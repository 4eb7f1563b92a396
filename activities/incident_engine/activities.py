"""The activities of incidents that work on this host's files, by the catalogue's names.

Each may run again: what it fetched is replaced, what it made is found again.
"""

import asyncio
from typing import TYPE_CHECKING

from activities.heartbeat import heartbeating
from activities.host_activity import host_activity
from activities.incidents.acting import IncidentRules, ReadScopeInput, ReadScopeResult, RecoveryInput, RecoveryResult
from activities.incidents.types import DiagnoseInput, Diagnosis
from activities.quality_gate.types import Workspace

if TYPE_CHECKING:
    from activities.incident_engine.acting_rules import IncidentRulesReader
    from activities.incident_engine.recovery import RecoveryWatch
    from activities.incident_engine.scoping import IncidentScoper
    from activities.incidents.store import IncidentStore


class IncidentActivities:
    """What is looked at, and what it says."""

    def __init__(
        self, scoper: "IncidentScoper", store: "IncidentStore", rules: "IncidentRulesReader", watch: "RecoveryWatch"
    ) -> None:
        self._scoper = scoper
        self._store = store
        self._rules = rules
        self._watch = watch

    @host_activity
    async def read_incident_scope(self, input: ReadScopeInput) -> ReadScopeResult:
        """Finds out what has to be looked at for an alert, on this host from now on."""
        return await self._scoper.read(input)

    @host_activity
    async def read_incident_rules(self, workspace: Workspace) -> IncidentRules:
        """Returns what the repository's configuration says of incidents."""
        async with heartbeating():
            return await self._rules.read(workspace)

    @host_activity
    async def diagnose_issue(self, input: DiagnoseInput) -> Diagnosis:
        """Lets one diagnoser look at the data of an incident."""
        from activities.incident_engine.diagnosing import diagnosed

        async with heartbeating():
            return await asyncio.to_thread(diagnosed, self._store, input)

    @host_activity
    async def measure_recovery(self, input: RecoveryInput) -> RecoveryResult:
        """Compares the metrics since the fix with those before the onset."""
        async with heartbeating():
            return await self._watch.measure(input)
