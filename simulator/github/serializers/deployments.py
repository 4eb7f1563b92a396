"""Deployments and their statuses as GitHub's JSON."""

from simulator.github.deployed import Deployment, DeploymentStatus
from simulator.github.entities import Json, Repository
from simulator.github.serializers import node, user
from simulator.github.store import Store


def deployment(store: Store, repo: Repository, it: Deployment) -> Json:
    api = f"{store.api_url}/repos/{repo.full_name}"
    return {
        "url": f"{api}/deployments/{it.id}",
        "id": it.id,
        "node_id": node("Deployment", it.id),
        "task": it.task,
        "original_environment": it.environment,
        "environment": it.environment,
        "description": it.description,
        "created_at": it.created_at,
        "updated_at": it.statuses[-1].created_at if it.statuses else it.created_at,
        "statuses_url": f"{api}/deployments/{it.id}/statuses",
        "repository_url": api,
        "creator": user(store, it.creator),
        "sha": it.sha,
        "ref": it.ref,
        "payload": it.payload,
        "transient_environment": it.transient,
        "production_environment": it.production,
        "performed_via_github_app": None,
    }


def status(store: Store, repo: Repository, it: Deployment, one: DeploymentStatus) -> Json:
    api = f"{store.api_url}/repos/{repo.full_name}"
    return {
        "url": f"{api}/deployments/{it.id}/statuses/{one.id}",
        "id": one.id,
        "node_id": node("DeploymentStatus", one.id),
        "state": one.state,
        "creator": user(store, one.creator),
        "description": one.description,
        "environment": one.environment,
        "target_url": one.log_url,
        "created_at": one.created_at,
        "updated_at": one.created_at,
        "deployment_url": f"{api}/deployments/{it.id}",
        "repository_url": api,
        "environment_url": one.environment_url,
        "log_url": one.log_url,
        "performed_via_github_app": None,
    }
