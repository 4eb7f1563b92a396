"""Commit statuses; the newest of each context counts."""

from simulator.github import git
from simulator.github.entities import Repository, Status
from simulator.github.errors import Unprocessable
from simulator.github.serializers import statuses as status_json
from simulator.github.services.events import Events
from simulator.github.store import Store

STATES = ("error", "failure", "pending", "success")
LIMIT = 1000
"""Statuses of one commit and context."""


class StatusService:
    """Sets commit statuses."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store, self._events = store, events

    async def set_status(
        self, full_name: str, sha: str, state: str, context: str = "default", *, description: str | None = None,
        target_url: str | None = None, login: str = "octocat",
    ) -> Status:  # fmt: skip
        """Adds a status; Unprocessable for an unknown commit or too many."""
        repo, creator = self._store.repository(full_name), self._store.add_user(login)
        if state not in STATES:
            raise ValueError(f"{state!r} is none of {', '.join(STATES)}")
        if await git.resolve(repo.path, sha) != sha:
            raise Unprocessable(f"No commit found for SHA: {sha}")
        statuses = repo.statuses.setdefault(sha, [])
        if sum(status.context.lower() == context.lower() for status in statuses) >= LIMIT:
            raise Unprocessable("This SHA and context has reached the maximum number of statuses.")
        status = Status(self._store.new_id(), context, state, description, target_url, creator, self._store.now())
        statuses.append(status)
        if "status" in self._store.app.events:
            self._events.send("status", repo, creator, await status_json.event(self._store, repo, sha, status))
        self._store.changed()
        return status


def latest(repo: Repository, sha: str) -> list[Status]:
    """The newest of each context, whatever its case, in the order in which the contexts came."""
    return list({status.context.lower(): status for status in repo.statuses.get(sha, ())}.values())


def combined(statuses: list[Status]) -> str:
    """The combined state: failure before pending before success; pending without any status."""
    states = {status.state for status in statuses}
    if states & {"error", "failure"}:
        return "failure"
    return "pending" if not states or "pending" in states else "success"
