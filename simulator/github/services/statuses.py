"""Commit statuses: what anybody who may write says of a commit, the newest of each context counting."""

from simulator.github import git
from simulator.github.serializers import statuses as shapes_statuses
from simulator.github.services.entities import Repository
from simulator.github.services.nouns import Status
from simulator.github.services.pulls import Unprocessable
from simulator.github.services.repositories import Repositories

STATES = ("error", "failure", "pending", "success")
MOST = 1000
"""Statuses of one commit and context."""


class Statuses(Repositories):
    """See the module."""

    async def set_status(
        self, full_name: str, sha: str, state: str, context: str = "default", *, description: str | None = None,
        target_url: str | None = None, login: str = "octocat",
    ) -> Status:  # fmt: skip
        """Adds a status; Refused for an unknown commit or too many."""
        repo, creator = self.repository(full_name), self.add_user(login)
        if state not in STATES:
            raise ValueError(f"{state!r} is none of {', '.join(STATES)}")
        if await git.resolve(repo.path, sha) != sha:
            raise Unprocessable(f"No commit found for SHA: {sha}")
        said = repo.statuses.setdefault(sha, [])
        if sum(_same(status, context) for status in said) >= MOST:
            raise Unprocessable("This SHA and context has reached the maximum number of statuses.")
        status = Status(self.new_id(), context, state, description, target_url, creator, self.now())
        said.append(status)
        if "status" in self.app.events:
            self.emit("status", repo, creator, await shapes_statuses.event(self, repo, sha, status))
        self.changed()
        return status


def latest(repo: Repository, sha: str) -> list[Status]:
    """The newest of each context, whose case does not matter; in the order in which the contexts came."""
    return list({status.context.lower(): status for status in repo.statuses.get(sha, ())}.values())


def combined(statuses: list[Status]) -> str:
    """GitHub's one word: failure before pending before success; pending where nobody has said anything."""
    states = {status.state for status in statuses}
    if states & {"error", "failure"}:
        return "failure"
    return "pending" if not states or "pending" in states else "success"


def _same(status: Status, context: str) -> bool:
    return status.context.lower() == context.lower()
