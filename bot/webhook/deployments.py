"""A deployment's end as an alert: one that failed fires, and a later one that succeeds ends it."""

from activities.incidents.types import Alert
from activities.model import RepoRef
from bot.alert_bodies import plain_values as plain
from bot.webhook.payloads import DeploymentStatusPayload

_FAILED = ("error", "failure")


def deployment_alert(payload: DeploymentStatusPayload, repo: RepoRef) -> Alert | None:
    """None for a state that is no end."""
    deployment, status = payload.deployment, payload.deployment_status
    if status.state not in (*_FAILED, "success"):
        return None
    failed = status.state in _FAILED
    environment = plain.line(status.environment or deployment.environment) or "unnamed"
    ended = "failed" if failed else "succeeded"
    said = plain.filled(status.description, 100)
    sentence = f"The deployment of {deployment.sha[:7]} to {environment} {ended}"
    at = plain.seconds(status.created_at)
    return Alert(
        "github",
        plain.key(f"{repo.full_name}:deployment:{environment}"),
        f"Deployment to {environment} {ended}",
        severity="critical" if deployment.production_environment else "error",
        status="firing" if failed else "resolved",
        summary=plain.summary_of(f"{sentence}: {said}" if said else f"{sentence}."),
        starts_at=at,
        ends_at=0.0 if failed else at,
        id=f"deployment-status-{status.id}",
        url=plain.web_address(status.log_url, status.target_url),
        labels={"environment": environment},
        repo=repo,
        sha=deployment.sha,
    )
