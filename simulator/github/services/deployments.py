"""Deployments and their statuses. A successful one makes the earlier ones of its environment inactive, as on GitHub."""

from typing import Any

from simulator.github import git
from simulator.github.deployed import Deployment, DeploymentStatus
from simulator.github.entities import Repository
from simulator.github.errors import EntityNotFound, Unprocessable
from simulator.github.serializers import deployments as deployment_json
from simulator.github.services.events import Events
from simulator.github.store import Store

STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")


class DeploymentService:
    """Creates deployments, and says how they go."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store, self._events = store, events
        self._of_repository: dict[int, list[Deployment]] = {}

    async def add_deployment(
        self, full_name: str, ref: str, environment: str = "production", *, task: str = "deploy",
        description: str | None = None, payload: Any = "", production: bool | None = None, transient: bool = False,
        login: str = "octocat",
    ) -> Deployment:  # fmt: skip
        """Of a branch, tag or commit. Raises Unprocessable where there is none. `production` None: by the name."""
        repo, creator = self._store.repository(full_name), self._store.add_user(login)
        sha = await git.resolve(repo.path, ref)
        if not sha:
            raise Unprocessable(f"No ref found for: {ref}")
        is_production = environment == "production" if production is None else production
        made = Deployment(
            self._store.new_id(), sha, ref, task, environment, description, payload, creator, self._store.now(),
            is_production, transient,
        )  # fmt: skip
        self.deployments(full_name).append(made)
        payload = {"action": "created", "deployment": deployment_json.deployment(self._store, repo, made)}
        self._events.send("deployment", repo, creator, {**payload, "workflow": None, "workflow_run": None})
        return made

    def add_status(
        self, full_name: str, deployment_id: int, state: str, *, description: str = "", environment: str = "",
        log_url: str = "", environment_url: str = "", auto_inactive: bool = True, login: str = "octocat",
    ) -> DeploymentStatus:  # fmt: skip
        """How a deployment goes. Raises EntityNotFound."""
        if state not in STATES:
            raise ValueError(f"{state!r} is none of {', '.join(STATES)}")
        repo, it = self._store.repository(full_name), self.deployment(full_name, deployment_id)
        creator = self._store.add_user(login)
        it.environment = environment or it.environment
        status = self._append(it, state, description, log_url, login)
        status.environment_url = environment_url
        if state == "success" and auto_inactive:
            others = self.deployments(full_name)
            for other in others[: others.index(it)]:
                ended = other.environment != it.environment or other.production or other.transient
                if other.statuses and other.statuses[-1].state == "success" and not ended:
                    self._append(other, "inactive", "", "", login)
        self._send(repo, it, status, creator.login)
        return status

    def deployments(self, full_name: str) -> list[Deployment]:
        """The oldest first."""
        return self._of_repository.setdefault(self._store.repository(full_name).id, [])

    def deployment(self, full_name: str, deployment_id: int) -> Deployment:
        """Raises EntityNotFound."""
        found = [each for each in self.deployments(full_name) if each.id == deployment_id]
        if not found:
            raise EntityNotFound(f"deployment {deployment_id}")
        return found[0]

    def _append(self, it: Deployment, state: str, description: str, log_url: str, login: str) -> DeploymentStatus:
        creator = self._store.add_user(login)
        status = DeploymentStatus(
            self._store.new_id(), state, description, it.environment, log_url, creator, self._store.now()
        )
        it.statuses.append(status)
        return status

    def _send(self, repo: Repository, it: Deployment, status: DeploymentStatus, login: str) -> None:
        payload = {
            "action": "created",
            "deployment": deployment_json.deployment(self._store, repo, it),
            "deployment_status": deployment_json.status(self._store, repo, it, status),
        }
        self._events.send("deployment_status", repo, self._store.add_user(login), payload)
