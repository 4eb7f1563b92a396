"""Installations of the App: each change sends an event to the App, which needs no subscription for it."""

from collections.abc import Iterable

from simulator.github import serializers
from simulator.github.entities import Installation, Json, Repository
from simulator.github.errors import EntityNotFound
from simulator.github.services.events import Events
from simulator.github.store import Store


class InstallationService:
    """Installs the App on accounts. `installation` is an id."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store, self._events = store, events

    def add_installation(
        self, login: str, repositories: Iterable[str] | None = None, permissions: dict[str, str] | None = None
    ) -> Installation:
        """Installs the app on that account; on all its repositories unless some are named.

        EntityNotFound where no app is registered.
        """
        if not self._store.app.id:
            raise EntityNotFound("app")
        chosen = None if repositories is None else {self._store.repository(name).id for name in repositories}
        given = dict(permissions or self._store.app.permissions)
        installation = Installation(self._store.new_id(), self._store.add_user(login), chosen, given, self._store.now())
        self._store.installations[installation.id] = installation
        self._send_installation("created", installation)
        return installation

    def remove_installation(self, installation: int) -> None:
        """Its tokens become invalid, its events stop."""
        self._send_installation("deleted", self._store.installations.pop(installation))

    def suspend(self, installation: int) -> None:
        """Its events stop, tokens are refused until `unsuspend`."""
        it = self._store.installations[installation]
        it.suspended_at, it.suspended_by = self._store.now(), it.account
        self._send_installation("suspend", it)

    def unsuspend(self, installation: int) -> None:
        it = self._store.installations[installation]
        it.suspended_at = it.suspended_by = None
        self._send_installation("unsuspend", it)

    def accept_permissions(self, installation: int) -> None:
        """It grants what the app asks for now, see `AppService.set_app_permissions`."""
        it = self._store.installations[installation]
        it.permissions = dict(self._store.app.permissions)
        self._send_installation("new_permissions_accepted", it)

    def add_to_installation(self, installation: int, full_name: str) -> None:
        """Adds a repository of the account; no change where it is covered already."""
        it, repo = self._store.installations[installation], self._store.repository(full_name)
        if repo.owner is not it.account:
            raise ValueError(f"{full_name} does not belong to {it.account.login}")
        if it.repositories is not None and repo.id not in it.repositories:
            it.repositories.add(repo.id)
            self.send_repositories("added", it, [repo])

    def remove_from_installation(self, installation: int, full_name: str) -> None:
        """Removes a repository; an installation on all keeps the others. No change where it is not covered."""
        it, repo = self._store.installations[installation], self._store.repository(full_name)
        if it.covers(repo):
            it.repositories = {other.id for other in self.covered(it) if other is not repo}
            self.send_repositories("removed", it, [repo])

    def covered(self, it: Installation) -> list[Repository]:
        return [repo for repo in self._store.repositories.values() if it.covers(repo)]

    def send_repositories(self, action: str, it: Installation, repos: list[Repository]) -> None:
        """`action` is `added` or `removed`."""
        listed = [self._brief(repo) for repo in repos]
        self._events.send_to_app("installation_repositories", {
            "action": action,
            "installation": serializers.installation(self._store, it),
            "repository_selection": "all" if it.repositories is None else "selected",
            "repositories_added": listed if action == "added" else [],
            "repositories_removed": listed if action == "removed" else [],
            "requester": None,
            "sender": serializers.user(self._store, it.account),
        })  # fmt: skip

    def _send_installation(self, action: str, it: Installation) -> None:
        self._events.send_to_app("installation", {
            "action": action,
            "installation": serializers.installation(self._store, it),
            "repositories": [self._brief(repo) for repo in self.covered(it)],
            "sender": serializers.user(self._store, it.account),
        })  # fmt: skip

    def _brief(self, repo: Repository) -> Json:
        full = serializers.repository(self._store, repo)
        return {key: full[key] for key in ("id", "node_id", "name", "full_name", "private")}
