"""What the judging configuration of a repository says of incidents."""

from activities.incidents.acting import IncidentRules, StagingRules
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.quality_gate.types import Workspace
from activities.workspace.leases import leases


class IncidentRulesReader:
    """`gate` reads the configuration."""

    def __init__(self, host: Host, gate: GateEngine) -> None:
        self._host = host
        self._gate = gate

    async def read(self, workspace: Workspace) -> IncidentRules:
        """By the configuration that judges the workspace's head."""
        with leases():
            await self._host.workspaces.fetch(workspace.repo, workspace.config_sha or workspace.head_sha)
            found = (await self._gate.configuration(workspace)).incidents
        staging = found.staging
        return IncidentRules(
            found.fix, found.merge, found.culprit_hours, found.fixes_per_day, found.opt_out, found.wait_hours,
            found.recovery_minutes, found.postmortem, found.postmortems,
            StagingRules(staging.environment, staging.deploy, staging.minutes, staging.smoke, staging.e2e),
        )  # fmt: skip
