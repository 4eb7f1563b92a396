"""Alerts of GitHub itself: only repositories that ask for them in `.github/autobuild.yml` have any."""

from dataclasses import asdict
from typing import Literal

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.repo_config import RepoSettingsInput
    from activities.github_activities import RepoConfigActivities
    from activities.history import RedBranch
    from activities.incidents.types import Alert, AlertBatch
    from activities.model import RepoRef
    from activities.workflow_activities import SignalWithStartInput, WorkflowActivities
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.monitoring.requests import MonitoringInput

_MONITORING = "ContinuousMonitoringWorkflow"


async def send_alert(alert: Alert, of: Literal["deployments", "red_branch"]) -> bool:
    """Whether the repository asks for alerts of this kind; then the monitoring has it. Sent twice it is the same."""
    assert alert.repo
    settings = await ask_for_person(RepoConfigActivities.get_repo_settings, RepoSettingsInput(alert.repo))
    if of not in settings.incident_alerts:
        return False
    start, message = asdict(MonitoringInput()), asdict(AlertBatch((alert,)))
    signalled = SignalWithStartInput(_MONITORING, ids.monitoring(), "alerted", start, message)
    await ask_for_person(WorkflowActivities.signal_with_start, signalled)
    return True


def red_branch_alert(repo: RepoRef, branch: str, before: RedBranch | None, red: RedBranch, at: float) -> Alert:
    """A default branch that became red, or red in more than before, with the head `red.sha` that did it."""
    checks = ", ".join(red.checks) or "its gate"
    more = "more checks fail" if before else "checks fail"
    return Alert(
        "github",
        _group(repo, branch),
        f"{branch} is red"[:100],
        summary=f"On {branch} {more} since {red.sha[:7]}: {checks}."[:200],
        starts_at=at,
        id=f"red {red.sha} {checks}"[:200],
        labels={"branch": branch[:100]},
        repo=repo,
        sha=red.sha,
    )


def green_branch_alert(repo: RepoRef, branch: str, before: RedBranch, at: float) -> Alert:
    """The branch that was red since `before.sha` passed."""
    return Alert(
        "github",
        _group(repo, branch),
        f"{branch} is red"[:100],
        status="resolved",
        summary=f"{branch} passes again."[:200],
        ends_at=at,
        id=f"green after {before.sha}",
        labels={"branch": branch[:100]},
        repo=repo,
        sha=before.sha,
    )


def _group(repo: RepoRef, branch: str) -> str:
    return f"{repo.full_name}:red:{branch}"
