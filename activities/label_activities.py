"""What a label on an issue needs to know."""

from temporalio import activity

from activities.github.client import GitHub
from activities.github.client.activity_errors import as_application_error
from activities.github.client.errors import NotFound
from activities.github.types.labels import IssueLabels, IssueLabelsInput


class LabelActivities:
    """Reads the labels as they are now."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    @activity.defn
    @as_application_error
    async def get_issue_labels(self, wanted: IssueLabelsInput) -> IssueLabels:
        """The labels of an issue as they are now; one that is gone has none."""
        repo = wanted.repo
        api = await self._github.installation(repo, {"issues": "read"})
        names = {"owner": repo.owner, "repo": repo.name, "number": str(wanted.issue)}
        try:
            data = await api.getitem("/repos/{owner}/{repo}/issues/{number}", names)
        except NotFound:
            return IssueLabels()
        labels = tuple(str(each["name"] if isinstance(each, dict) else each) for each in data.get("labels") or ())
        return IssueLabels(labels, data.get("state") == "open", bool(data.get("pull_request")))
