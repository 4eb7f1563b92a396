"""Which incident an issue is about: the bot's own issues name it in a hidden mark."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from activities.github.activity_errors import github_activity
from activities.github.errors import NotFound
from activities.github.urls import url_values
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import GitHub

_MARK = re.compile(r"<!-- autobuild:incident-workflow (incident:[A-Za-z0-9_.:/#@+-]{1,300}) -->")


def incident_mark(incident: str) -> str:
    """The hidden line of an issue that names the workflow of its incident."""
    return f"<!-- autobuild:incident-workflow {incident} -->"


@dataclass(frozen=True)
class FindIncidentInput:
    """An issue in which somebody commented."""

    repo: RepoRef
    issue: int


@dataclass(frozen=True)
class FindIncidentResult:
    """The id of the workflow that the issue names, "" for none. Whoever may edit the issue can write another: it counts
    only if that incident names this issue too."""

    incident: str = ""


class IncidentCommandActivities:
    """Reads only."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def find_incident(self, input: FindIncidentInput) -> FindIncidentResult:
        """Finds the incident that an issue of ours was opened for."""
        api = await self._github.installation(input.repo, {"issues": "read"})
        try:
            url = "/repos/{owner}/{repo}/issues/{number}"
            issue = await api.getitem(url, url_values(input.repo, number=str(input.issue)))
        except NotFound:
            return FindIncidentResult()
        found = _MARK.search(str(issue.get("body") or ""))
        ours = found and (await self._github.app()).wrote(issue)
        return FindIncidentResult(found[1] if found and ours else "")
