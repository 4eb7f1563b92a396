"""Whether what a branch's workflow stands for is still there: the repository under that name, the branch, the pull.

An event that ends something may be lost for good, and one that begins something may come after it.
"""

import re
from typing import TYPE_CHECKING

from activities.github.branches import tip
from activities.github.errors import NotFound
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import GitHub

# What was there is looked at again after so long: a name is one request for all its branches.
_NAME_S, _BRANCH_S = 30 * 60.0, 3 * 3600.0
_KEPT = 20_000
_WORKFLOW = re.compile(r"quality:(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)(@(?P<branch>.+)|#(?P<pull>\d+))", re.DOTALL)
_READ = {"contents": "read", "pull_requests": "read"}


class ClosedBranches:
    """What it keeps in mind only saves requests."""

    def __init__(self, github: "GitHub") -> None:
        from cachetools import TTLCache

        self._github = github
        self._there: TTLCache[str, bool] = TTLCache(_KEPT, _BRANCH_S)
        self._names: TTLCache[str, int] = TTLCache(_KEPT, _NAME_S)

    def is_known(self, workflow_id: str) -> bool:
        """Whether it was there not long ago, under a name that was."""
        found = _WORKFLOW.fullmatch(workflow_id)
        name = f"{found['owner']}/{found['name']}" if found else ""
        return not found or (workflow_id in self._there and name in self._names)

    async def is_gone(self, workflow_id: str) -> bool:
        """For certain: while the installation sleeps nothing can be told. Raises `GitHubError`."""
        found = _WORKFLOW.fullmatch(workflow_id)
        if not found:
            return False
        installation = await self._installation(found["owner"], found["name"])
        if installation <= 0:
            return installation == 0
        repo = RepoRef(found["owner"], found["name"], installation)
        if gone := await self._is_gone(repo, found["branch"], found["pull"]):
            return gone
        self.leave(workflow_id)
        return False

    def leave(self, workflow_id: str) -> None:
        """Not to be looked for in some hours: it is there, or cannot be looked for."""
        self._there[workflow_id] = True

    async def _is_gone(self, repo: RepoRef, branch: str | None, pull: str | None) -> bool:
        api = await self._github.installation(repo, _READ)
        if self._github.full_name(repo).lower() != repo.full_name.lower():
            return True  # it has another name
        if branch:
            return not await tip(api, repo, branch)
        names = {"owner": repo.owner, "repo": repo.name, "number": str(pull)}
        return bool((await api.getitem("/repos/{owner}/{repo}/pulls/{number}", names))["state"] != "open")

    async def _installation(self, owner: str, name: str) -> int:
        """The one that has the repository; 0 for none, -1 for one that sleeps."""
        key = f"{owner}/{name}"
        if key not in self._names:
            try:
                data = await self._github.as_app.getitem(
                    "/repos/{owner}/{repo}/installation", {"owner": owner, "repo": name}
                )
                self._names[key] = -1 if data.get("suspended_at") else int(data["id"])
            except NotFound:
                return 0
        return self._names[key]
