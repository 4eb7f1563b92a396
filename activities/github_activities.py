"""The activities that read and write GitHub, as the worker registers them: one class for each kind of resource.

Each activity may run again without doing anything twice. Importing this module is cheap, since workflows do it.
"""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from activities.github.baseline import BaselineActivities
from activities.github.branches import BranchActivities
from activities.github.changelog.activities import ChangelogActivities
from activities.github.check_runs import CheckRunActivities
from activities.github.ci import CiActivities
from activities.github.comments import CommentActivities
from activities.github.commits import CommitActivities
from activities.github.deploying.activities import DeploymentActivities
from activities.github.event_recovery import EventRecoveryActivities
from activities.github.first_configuration import FirstConfigActivities
from activities.github.incident_commands import IncidentCommandActivities
from activities.github.issues import IssueActivities
from activities.github.late_events import LateEventActivities
from activities.github.merging import MergeActivities
from activities.github.migrations import MigrationReportActivities
from activities.github.patch_requests.activities import PatchRequestActivities
from activities.github.permissions import PermissionActivities
from activities.github.planned_issues.activities import PlannedIssueActivities
from activities.github.pulls import PullActivities
from activities.github.pulls.states import PullStateActivities
from activities.github.rate_limit import RateLimitActivities
from activities.github.recent_changes.activities import RecentChangeActivities
from activities.github.red_branch import RedBranchActivities
from activities.github.releases import ReleaseActivities
from activities.github.repo_config import RepoConfigActivities
from activities.github.reviews import ReviewActivities
from activities.github.statuses import StatusActivities
from activities.incident_publishing import HotfixActivities, IncidentThreadActivities
from activities.incidents.store import IncidentStore
from activities.patch_publishing import PatchPublishingActivities
from activities.planned_publishing import PlannedPullActivities
from activities.registration import activity_methods

if TYPE_CHECKING:
    from activities.github.client import GitHub
    from activities.incidents.store import IncidentStore
    from activities.result_store import ResultStore
    from activities.workspace.mirror import Workspaces

__all__ = [
    "BaselineActivities",
    "BranchActivities",
    "ChangelogActivities",
    "CheckRunActivities",
    "CiActivities",
    "CommentActivities",
    "CommitActivities",
    "DeploymentActivities",
    "EventRecoveryActivities",
    "FirstConfigActivities",
    "HotfixActivities",
    "IncidentCommandActivities",
    "IncidentThreadActivities",
    "IssueActivities",
    "LateEventActivities",
    "MergeActivities",
    "MigrationReportActivities",
    "PatchPublishingActivities",
    "PatchRequestActivities",
    "PermissionActivities",
    "PlannedIssueActivities",
    "PlannedPullActivities",
    "PullActivities",
    "PullStateActivities",
    "RateLimitActivities",
    "RecentChangeActivities",
    "RedBranchActivities",
    "ReleaseActivities",
    "RepoConfigActivities",
    "ReviewActivities",
    "StatusActivities",
    "github_activities",
]


def github_activities(
    github: "GitHub",
    results: "ResultStore",
    workspaces: "Workspaces",
    incidents: "IncidentStore",
    commands: Collection[str] = (),
) -> list[Callable[..., Any]]:
    """All of them, ready to be registered; `results` holds what the checks of this host found, `workspaces` its
    mirrors, `incidents` the data of incidents. `commands` are the names of slash commands."""
    return activity_methods(
        CheckRunActivities(github, results),
        CiActivities(github, results),
        CommentActivities(github, results),
        PullActivities(github),
        PullStateActivities(github),
        ReviewActivities(github),
        StatusActivities(github),
        MergeActivities(github),
        BranchActivities(github),
        CommitActivities(github),
        ReleaseActivities(github),
        IssueActivities(github),
        IncidentCommandActivities(github),
        FirstConfigActivities(github, workspaces),
        MigrationReportActivities(github, results, workspaces),
        PatchRequestActivities(github, results),
        PatchPublishingActivities(github, results, workspaces),
        PlannedIssueActivities(github, results, commands),
        PlannedPullActivities(github, results, workspaces),
        PermissionActivities(github),
        RepoConfigActivities(github, workspaces),
        EventRecoveryActivities(github),
        BaselineActivities(github),
        LateEventActivities(github),
        RecentChangeActivities(github, incidents, workspaces),
        RedBranchActivities(github),
        RateLimitActivities(github),
        DeploymentActivities(github),
        ChangelogActivities(github, results),
        IncidentThreadActivities(github),
        HotfixActivities(github, workspaces, incidents),
    )
