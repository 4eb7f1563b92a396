"""What an incident writes on GitHub, from the host that has its data. Each activity may run again."""

from typing import TYPE_CHECKING

from activities.github.activity_errors import github_activity
from activities.github.comments import CommentResult, comment_for_key
from activities.github.issues import CreateIssueInput, CreateIssueResult, IssueActivities
from activities.incident_reporting.comment import comment
from activities.incident_reporting.sections import clock
from activities.incidents.acting import IncidentView
from activities.reporting.markdown import escape_markdown, one_line

if TYPE_CHECKING:
    from activities.github.client import GitHub


class IncidentThreadActivities:
    """The issue of an incident, and the one comment in it."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def open_incident_issue(self, view: IncidentView) -> CreateIssueResult:
        """Opens the issue of an incident that an alert has started, or finds it again."""
        alert, repo = view.input.alert, view.scope.repo
        assert repo
        body = [
            f"{escape_markdown(alert.summary or alert.name)}", "",
            f"Since {clock(view.scope.onset, day=True)}, from {escape_markdown(alert.source, 50)}.",
        ]  # fmt: skip
        title = one_line(f"Incident: {alert.name} ({view.scope.service})", 200)
        wanted = CreateIssueInput(repo, title, "\n".join(body), incident_key(view))
        return await IssueActivities(self._github).create_issue(wanted)

    @github_activity
    async def show_incident(self, view: IncidentView) -> CommentResult:
        """Writes the one comment of an incident."""
        repo = view.scope.repo
        assert repo
        return await comment_for_key(self._github, repo, view.issue, comment(view), incident_key(view))


def incident_key(view: IncidentView) -> str:
    """One incident of one group: the next one of the same group begins at another time."""
    return f"{view.scope.incident}|{view.began:.0f}"
