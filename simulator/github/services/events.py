"""Events for the app: whether it receives them, and what their payloads have in common."""

from simulator.github import serializers
from simulator.github.entities import Json, Repository, SimulatedIssue, User
from simulator.github.serializers import pull as pull_json
from simulator.github.store import Store
from simulator.github.webhooks import Webhooks


class Events:
    """Sends events to the app's hook, and wakes all who wait for a change."""

    def __init__(self, store: Store, webhooks: Webhooks) -> None:
        self._store, self._webhooks = store, webhooks

    def send(self, event: str, repository: Repository, sender: User, payload: Json) -> None:
        """An event of a repository: only if the app is installed there, not suspended, and subscribed to it."""
        installation = self._store.installation_of(repository)
        if installation and not installation.suspended_at and event in self._store.app.events:
            self._webhooks.send(event, {
                **payload,
                "repository": serializers.repository(self._store, repository),
                "sender": serializers.user(self._store, sender),
                "installation": {"id": installation.id, "node_id": serializers.node("Installation", installation.id)},
            })  # fmt: skip
        self._store.changed()

    def send_issue(
        self, action: str, repository: Repository, issue: SimulatedIssue, sender: User, more: Json | None = None
    ) -> None:
        """`issues`, or `pull_request` where it is one."""
        if issue.pull:
            pull = pull_json.pull(self._store, repository, issue)
            event, payload = "pull_request", {"number": issue.number, "pull_request": pull}
        else:
            event, payload = "issues", {"issue": serializers.issue(self._store, repository, issue)}
        self.send(event, repository, sender, {"action": action, **payload, **(more or {})})

    def send_to_app(self, event: str, payload: Json) -> None:
        """An event of an installation: every app receives it, without a subscription."""
        self._webhooks.send(event, payload)
        self._store.changed()
