"""Deeds around installations of the App: each is told to the App, which needs no subscription for it."""

from collections.abc import Iterable

from simulator.github import serializers
from simulator.github.services.apps import Apps
from simulator.github.services.entities import AppInstallation, Json, Repository
from simulator.github.services.store import EntityNotFound


class Installations(Apps):
    """See the module. `installation` is its id."""

    def add_installation(
        self, login: str, repositories: Iterable[str] | None = None, permissions: dict[str, str] | None = None
    ) -> AppInstallation:
        """Installs the app on that account; on all its repositories unless some are named.

        Missing where no app is registered.
        """
        if not self.app.id:
            raise EntityNotFound("app")
        chosen = None if repositories is None else {self.repository(name).id for name in repositories}
        given = dict(permissions or self.app.permissions)
        installation = AppInstallation(self.new_id(), self.add_user(login), chosen, given, self.now())
        self.installations[installation.id] = installation
        self._tell_installation("created", installation)
        return installation

    def remove_installation(self, installation: int) -> None:
        """Its tokens end, its events stop."""
        self._tell_installation("deleted", self.installations.pop(installation))

    def suspend(self, installation: int) -> None:
        """Its events stop, tokens are refused until `unsuspend`."""
        it = self.installations[installation]
        it.suspended_at, it.suspended_by = self.now(), it.account
        self._tell_installation("suspend", it)

    def unsuspend(self, installation: int) -> None:
        it = self.installations[installation]
        it.suspended_at = it.suspended_by = None
        self._tell_installation("unsuspend", it)

    def accept_permissions(self, installation: int) -> None:
        """It gives what the app asks for by now, see `set_app_permissions`."""
        it = self.installations[installation]
        it.permissions = dict(self.app.permissions)
        self._tell_installation("new_permissions_accepted", it)

    def add_to_installation(self, installation: int, full_name: str) -> None:
        """One repository of the account more; nothing happens where it is covered."""
        it, repo = self.installations[installation], self.repository(full_name)
        if repo.owner is not it.account:
            raise ValueError(f"{full_name} is not of {it.account.login}")
        if it.repositories is not None and repo.id not in it.repositories:
            it.repositories.add(repo.id)
            self.tell_repositories("added", it, [repo])

    def remove_from_installation(self, installation: int, full_name: str) -> None:
        """All but this one, if it was on all; nothing happens where it is not covered."""
        it, repo = self.installations[installation], self.repository(full_name)
        if it.covers(repo):
            it.repositories = {other.id for other in self.covered(it) if other is not repo}
            self.tell_repositories("removed", it, [repo])

    def covered(self, it: AppInstallation) -> list[Repository]:
        return [repo for repo in self.repositories.values() if it.covers(repo)]

    def tell_repositories(self, action: str, it: AppInstallation, repos: list[Repository]) -> None:
        """`added` or `removed`."""
        listed = [self._listed(repo) for repo in repos]
        self.hooks.send("installation_repositories", {
            "action": action,
            "installation": serializers.installation(self, it),
            "repository_selection": "all" if it.repositories is None else "selected",
            "repositories_added": listed if action == "added" else [],
            "repositories_removed": listed if action == "removed" else [],
            "requester": None,
            "sender": serializers.user(self, it.account),
        })  # fmt: skip
        self.changed()

    def _tell_installation(self, action: str, it: AppInstallation) -> None:
        self.hooks.send("installation", {
            "action": action,
            "installation": serializers.installation(self, it),
            "repositories": [self._listed(repo) for repo in self.covered(it)],
            "sender": serializers.user(self, it.account),
        })  # fmt: skip
        self.changed()

    def _listed(self, repo: Repository) -> Json:
        whole = serializers.repository(self, repo)
        return {key: whole[key] for key in ("id", "node_id", "name", "full_name", "private")}
