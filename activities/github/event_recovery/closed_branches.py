"""Whether the branch or pull request of a branch's workflow still exists, in a repository of that name.

An event that ends something may be lost for good, and one that begins something may come after it.
"""

from typing import TYPE_CHECKING

from activities.github.branches import tip
from activities.github.errors import NotFound
from activities.github.urls import url_values
from activities.model import RepoRef
from activities.workflow_ids import parse_quality

if TYPE_CHECKING:
    from activities.github.client import GitHub

# What existed is looked up again after so long: a name is one request for all its branches.
_NAME_S, _BRANCH_S = 30 * 60.0, 3 * 3600.0
_KEPT = 20_000
_READ = {"contents": "read", "pull_requests": "read"}


class ClosedBranches:
    """What it remembers only saves requests."""

    def __init__(self, github: "GitHub") -> None:
        from cachetools import TTLCache

        self._github = github
        self._open: TTLCache[str, bool] = TTLCache(_KEPT, _BRANCH_S)
        self._installations: TTLCache[str, int] = TTLCache(_KEPT, _NAME_S)

    def is_known_open(self, workflow_id: str) -> bool:
        """Whether it was open not long ago, under a name that existed. An id that is no branch's counts as open."""
        found = parse_quality(workflow_id)
        return not found or (workflow_id in self._open and f"{found.owner}/{found.name}" in self._installations)

    async def is_closed(self, workflow_id: str) -> bool:
        """For certain: while the installation is suspended nothing can be known. Raises `GitHubError`."""
        found = parse_quality(workflow_id)
        if not found:
            return False
        installation = await self._installation(found.owner, found.name)
        if installation <= 0:
            return installation == 0
        repo = RepoRef(found.owner, found.name, installation)
        api = await self._github.installation(repo, _READ)
        if self._github.full_name(repo).lower() != repo.full_name.lower():
            return True  # it has another name
        if found.branch:
            closed = not await tip(api, repo, found.branch)
        else:
            pull = await api.getitem("/repos/{owner}/{repo}/pulls/{number}", url_values(repo, number=str(found.pull)))
            closed = pull["state"] != "open"
        if not closed:
            self.skip(workflow_id)
        return closed

    def skip(self, workflow_id: str) -> None:
        """Not to be looked up for some hours: it is open, or cannot be looked up."""
        self._open[workflow_id] = True

    async def _installation(self, owner: str, name: str) -> int:
        """The one that has the repository; 0 for none, -1 for one that is suspended."""
        key = f"{owner}/{name}"
        if key not in self._installations:
            try:
                where = {"owner": owner, "repo": name}
                data = await self._github.as_app.getitem("/repos/{owner}/{repo}/installation", where)
            except NotFound:
                return 0
            self._installations[key] = -1 if data.get("suspended_at") else int(data["id"])
        return self._installations[key]
