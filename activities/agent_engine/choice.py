"""Which models may work for a repository: those that the deployment has for a role, and that the repository allows."""

from activities.agent_runs.deployment import NO_BACKEND, AgentDeployment
from activities.agent_runs.types import AgentChoice, Role
from activities.repo_config.models import Agent


def chosen(deployment: AgentDeployment, role: Role, agent: Agent) -> AgentChoice:
    """The lower limit counts, the repository's or the deployment's. A repository chooses only among what is there."""
    settings = deployment.role(role)
    if settings is None:
        return AgentChoice(refusal=NO_BACKEND)
    models = tuple(name for name in agent.models if name in settings.models) if agent.models else settings.models
    if not models:
        named = ", ".join(f"`{name}`" for name in agent.models)
        return AgentChoice(
            refusal=f"`agent.models` allows {named}, and this deployment has none of them for this work."
        )
    limits, budget = deployment.limits(role), deployment.budget
    dollars = limits.dollars if agent.run is None else min(limits.dollars, agent.run)
    return AgentChoice(
        models,
        type(limits)(dollars, limits.steps, limits.seconds),
        budget.issue if agent.issue is None else min(budget.issue, agent.issue),
        budget.month if agent.month is None else min(budget.month, agent.month),
    )
