"""The activities that deploy a commit to an environment of GitHub, and roll that back."""

import asyncio
from typing import TYPE_CHECKING, Any

from activities.github.activity_errors import github_activity
from activities.github.deploying import texts
from activities.github.deploying.environment import Json, RepositoryDeployments
from activities.github.deploying.types import DeployInput, DeployResult, RollbackInput
from activities.github.errors import Conflict, Validation
from activities.heartbeat import heartbeating

if TYPE_CHECKING:
    from activities.github.client import GitHub

_POLL_S = 5.0
_FAILED = ("failure", "error")


class DeploymentActivities:
    """Each may run again: a deployment is found by the key in its payload, and is waited for from its own time on.
    GitHub is asked for its newest status every `poll_s` seconds."""

    def __init__(self, github: "GitHub", poll_s: float = _POLL_S) -> None:
        self._github = github
        self._poll_s = poll_s

    @github_activity
    async def deploy_to_staging(self, input: DeployInput) -> DeployResult:
        """Deploys a commit to an environment and waits for how that went.

        GitHub deploys nothing itself: a workflow of the repository or another program does, and reports it.
        """
        deployments, key = RepositoryDeployments(self._github, input.repo), f"deploy:{input.key or input.sha}"
        async with heartbeating():
            made = await deployments.find(key)
            if not made:
                text = texts.description(input.sha, rollback=False)
                try:
                    made = await deployments.create(input.sha, input.environment, key, text)
                except (Validation, Conflict) as error:
                    return DeployResult(False, texts.refused(input.environment, error.reason or str(error)))
            return await self._ended(deployments, made, input.environment, input.minutes)

    @github_activity
    async def rollback_deployment(self, input: RollbackInput) -> DeployResult:
        """Deploys the commit once more that was in an environment before a deployment, and waits for how that went."""
        deployments = RepositoryDeployments(self._github, input.repo)
        key = f"rollback:{input.key or input.deployment_id}"
        async with heartbeating():
            made = await deployments.find(key)
            if not made:
                id = input.deployment_id
                if not id and input.deployed_as and (there := await deployments.find(f"deploy:{input.deployed_as}")):
                    id = int(there["id"])
                sha = await deployments.succeeded_before(id, input.environment) if id else ""
                if not sha:
                    return DeployResult(False, texts.nothing_before(input.environment))
                try:
                    text = texts.description(sha, rollback=True)
                    made = await deployments.create(sha, input.environment, key, text)
                except (Validation, Conflict) as error:
                    return DeployResult(False, texts.refused(input.environment, error.reason or str(error)))
            return await self._ended(deployments, made, input.environment, input.minutes)

    async def _ended(
        self, deployments: RepositoryDeployments, made: Json, environment: str, minutes: int
    ) -> DeployResult:
        """How it is when it has ended, or when its time is over."""
        from datetime import datetime

        id, sha = int(made["id"]), str(made["sha"])
        last = datetime.fromisoformat(str(made["created_at"])).timestamp() + minutes * 60
        while True:
            status: Json = await deployments.newest_status(id) or {}
            state, url = str(status.get("state") or ""), str(status.get("environment_url") or "")[:300]
            found: dict[str, Any] = {"deployment_id": id, "sha": sha, "state": state, "url": url}
            if state == "success":
                return DeployResult(True, texts.deployed(sha, environment), **found)
            if state in _FAILED:
                said = str(status.get("description") or "")
                return DeployResult(False, texts.failed(sha, environment, said), **found)
            if state == "inactive":
                return DeployResult(False, texts.replaced(sha, environment), **found)
            if self._github.clock.now() >= last:
                over = (
                    texts.not_ended(sha, environment, minutes, state)
                    if state
                    else texts.not_begun(sha, environment, minutes)
                )
                return DeployResult(False, over, **found)
            await asyncio.sleep(self._poll_s)
