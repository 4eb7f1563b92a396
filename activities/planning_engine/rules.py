"""What the deployment and the judging configuration say of planned changes."""

from typing import Final

from activities.agent_engine.choice import chosen
from activities.agent_engine.engine import AgentEngine
from activities.agent_runs.types import Role
from activities.planned_changes.stages import PlannedRules
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.quality_gate.types import Workspace
from activities.workspace.leases import leases

_ROLES: Final[tuple[Role, ...]] = ("architect", "planner", "coder", "reviewer")


class RulesReader:
    """`agents` has the deployment's models, `gate` reads the configuration."""

    def __init__(self, host: Host, gate: GateEngine, agents: AgentEngine) -> None:
        self._host = host
        self._gate = gate
        self._agents = agents

    async def read(self, workspace: Workspace) -> PlannedRules:
        """By the configuration that judges the workspace's head."""
        with leases():
            await self._host.workspaces.fetch(workspace.repo, workspace.config_sha or workspace.head_sha)
            agent = (await self._gate.configuration(workspace)).agent
        return PlannedRules(
            {role: chosen(self._agents.deployment, role, agent) for role in _ROLES},
            agent.plan_approval == "required",
            agent.auto_approve.files,
            agent.auto_approve.dollars,
            agent.candidates,
            agent.keep_branch,
            agent.pull_labels,
            agent.ci_minutes,
            agent.repositories,
        )
